"""Rights of this module."""

READ = "rules.read"
"""See the versions of the law, what changed between them, and what would change; hear when one ends."""
MANAGE = "rules.manage"
"""Try what moving running projects to another version would do, and put it up for approval."""
APPROVE = "rules.approve"
"""Let it take effect: another person than whoever put it up."""

ALL = (READ, MANAGE, APPROVE)
