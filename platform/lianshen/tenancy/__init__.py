"""Jurisdictions: who is hosted here and who stood above whom, when."""
