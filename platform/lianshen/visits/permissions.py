ASK = "operations.visit"
"""Of the platform's operators: ask to look into one tenant, look, and stop looking."""
READ = "visits.read"
ANSWER = "visits.answer"
END = "visits.end"
ALL = (ASK, READ, ANSWER, END)
"""Of the tenant's administrators; who approves is its security administrator alone."""
