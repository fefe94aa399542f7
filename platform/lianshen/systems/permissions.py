"""Rights of this module."""

MANAGE = "systems.manage"
"""Enter other systems, hand out their keys, take them back."""

ALL = (MANAGE,)
