"""Actions of the audit administrator."""

SEARCH = "audit.search"
EXPORT = "audit.export"
VERIFY = "audit.verify"
ALL = (SEARCH, EXPORT, VERIFY)
