READ = "duties.read"
RESOLVE = "duties.resolve"
ALL = (READ, RESOLVE)
"""Of the tenant's administrators; they see which act a duty follows from, and nothing of what it would have said."""
