"""Rights of this module: to create, to empower and to watch are three people's (D117)."""

READ = "staff.read"
"""See people, offices and posts, with their history."""
CREATE = "staff.create"
"""Enter people and offices: disabled, and with no role."""
EMPOWER = "staff.empower"
"""Enable and disable, give and take roles, end posts, hand out first passwords."""
PROPOSE = "staff.propose"
"""Ask that somebody be made an administrator."""
APPOINT = "staff.appoint"
"""Decide on it: another person than whoever asked."""
DELEGATE = "staff.delegate"
"""Let a colleague stand in for one's own post."""

ALL = (READ, CREATE, EMPOWER, PROPOSE, APPOINT, DELEGATE)
