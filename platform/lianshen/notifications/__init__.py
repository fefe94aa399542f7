"""Notices to people about what others did; what they have to do themselves is computed from rows, not from these."""
