"""What the tests of the keys ask of the invented county."""

from datetime import date
from typing import Any

from lianshen.rules.queries import Case

YUAN = 100
_CHECKED = {"event": "progress_check", "event_date": "2027-01-01", "plan_year": 2026, "acceptance_passed": False}
CASES = (
    Case(
        "answered otherwise", "yangli", {"event": "fund_allocation", "contract_signed": True}, {"money_withheld": False}
    ),
    Case("a code", "yangli", {"event": "annual_declaration"}, {"declared_through": "city_platform"}),
    Case("a day gone by", "yangli", _CHECKED, {"plan_overrun": True}),
)
"""Cases whose answers are told where they are wrong."""
DATES = (date(2026, 3, 2), date(2026, 6, 7), date(2028, 8, 3))
_PLAIN: dict[str, Any] = {"kind": "new_build", "project_budget": 700_000 * YUAN}
_SENT = _PLAIN | {"submitted": True, "documents": ("feasibility_report", "project_proposal")}
_REVIEWED = _SENT | {
    "joint_review_opened": True,
    "meeting_on": "2026-10-09",
    "opinions_pending": ("county_finance_bureau",),
}
_APPROVED = _SENT | {
    "joint_review_opened": True, "joint_review_passed": True, "approved": True,
    "approved_amount": 700_000 * YUAN, "approved_completion_on": "2026-08-31", "started": True, "contract_signed": True,
    "contracts_signed_on": "2026-03-01",
}  # fmt: skip
FACTS: tuple[dict[str, Any], ...] = (
    {},
    {"title": "教育数据平台", "summary": "汇聚数据", **_PLAIN, "item_type": "general_software_licences"},
    {"item_type": "office_terminals", "project_budget": 1},
    {"kind": "upgrade", "project_budget": 100_000 * YUAN},
    {
        "kind": "operations",
        "project_budget": 200_000 * YUAN,
        "main_project": "990001-2026-0001",
        "main_amount": 1_000_000 * YUAN,
    },
    _PLAIN
    | {
        "software_amount": 600_000 * YUAN,
        "security_amount": 400_000 * YUAN,
        "in_annual_plan": True,
        "has_security_section": False,
    },
    _PLAIN | {"failures": 3, "review_not_passed_on": "2026-02-01", "unit_barred": True, "skips_documents": True},
    _SENT | {"video_surveillance": True, "builds_infrastructure": True, "builds_private_network": True},
    _SENT | {"builds_infrastructure": True, "exceptions": ("own_infrastructure", "change_too_large")},
    _SENT | {"project_budget": 5_000_000 * YUAN, "joint_review_opened": True, "joint_review_passed": True},
    _SENT | {"project_budget": 5_000_000 * YUAN, "joint_review_passed": True, "readings": ("major=other",)},
    _REVIEWED | {"video_surveillance": True},
    _REVIEWED | {"opinions_pending": (), "expert_review_done": True},
    _APPROVED,
    _APPROVED | {"trial_started_on": "2026-03-06", "plan_year": 2025, "platform_in_use": True},
    _APPROVED | {"change_proposed": True, "change_amount": 50_000 * YUAN, "earlier_changes": 10_000 * YUAN},
    _APPROVED | {"change_proposed": True, "change_amount": 90_000 * YUAN, "exceptions": ("change_too_large",)},
    _APPROVED | {"acceptance_passed": True, "contract_filed": True, "trial_started_on": "2026-03-01"},
    _SENT | {"lapsed": True, "lapsed_on": "2026-09-01", "started": False},
    _PLAIN | {"filed": True, "submitted": True},
    _PLAIN | {"deemed_abandoned": True},
)
INPUTS: tuple[dict[str, Any], ...] = (
    {
        "panel_size": 5, "meeting_on": "2026-10-20", "contracts_signed_on": "2026-03-01",
        "approved_amount": 600_000 * YUAN, "approved_completion_on": "2026-12-31",
        "trial_started_on": "2026-03-01", "change_amount": 1_000 * YUAN,
        "change_kind": "amount", "exception": "own_infrastructure", "reading": "major=other", "filing_number": "1",
    },
    {
        "panel_size": 4, "contracts_signed_on": "2026-02-01", "approved_amount": 1,
        "approved_completion_on": "2026-12-31", "trial_started_on": "2026-02-01",
        "change_amount": 1, "change_kind": "content",
    },
)  # fmt: skip
_ASKED = {"kind": "new_build", "project_budget_cny": 700_000}
GIVEN: tuple[dict[str, Any], ...] = tuple(
    _ASKED | {"event": event, "event_date": day} | more
    for event in (
        "application_filed", "joint_review", "review_not_passed", "project_approval", "contract_signed",
        "progress_check", "unit_adjusts_itself", "fund_allocation", "annual_declaration", "annual_plan_formation",
        "project_described",
    )
    for day in ("2026-03-02", "2026-10-01")
    for more in (
        {},
        {"project_budget_cny": 5_000_000, "review_not_passed_on": "2026-03-01", "approved_completion_on": "2026-03-31"},
        {"approved_amount_cny": 1_000_000, "change_amount_cny": 200_000, "builds_infrastructure": True},
        {"contracts_signed_on": "2026-03-01"},
    )
)  # fmt: skip
