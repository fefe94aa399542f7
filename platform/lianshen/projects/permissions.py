"""Rights of this module. Actions of a pack name one of ``ACTS``; on which projects is the scope's matter."""

READ = "projects.read"
"""Read projects, in one or more of three scopes."""
UNIT, OFFICE, TENANT = "unit", "office", "tenant"
"""What the own unit declared; what was handed to the own office, or it acted on; all that any unit has disclosed."""
SCOPED = tuple(f"{READ}/{scope}" for scope in (UNIT, OFFICE, TENANT))
DECLARE = "projects.declare"
SUBMIT = "projects.submit"
FILE_CONTRACT = "projects.file_contract"
RECEIVE = "projects.receive"
REVIEW_ESTIMATE = "projects.review_estimate"
APPROVE = "projects.approve"
EXEMPT = "projects.exempt"
PLAN = "projects.plan"
"""Compile the yearly plan and its lists."""
CONSENT = "projects.consent"
"""Decide as the people's government."""
FUND = "projects.fund"
"""Arrange and pay out money."""
SUPERVISE = "projects.supervise"
"""Check, order rectification, suspend, end; hold a unit and release it."""
ACCEPT = "projects.accept"
"""Hold an acceptance, confirm what it depends on."""
EVALUATE = "projects.evaluate"

ACTS = (
    SUBMIT, FILE_CONTRACT, RECEIVE, REVIEW_ESTIMATE, APPROVE, EXEMPT,
    PLAN, CONSENT, FUND, SUPERVISE, ACCEPT, EVALUATE,
)  # fmt: skip
ALL = (READ, *SCOPED, DECLARE, *ACTS)
