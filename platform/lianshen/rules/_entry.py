"""What everything written in YAML has in common."""

import msgspec

ALWAYS = "true"


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Anything written in YAML: an unknown key is an error."""
