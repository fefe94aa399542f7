EXTEND = "deadlines.extend"
"""Give one deadline more time, where the law lets one's office."""
WAIVE = "deadlines.waive"
"""Release one deadline, where the law lets one's office."""
ANSWER = "deadlines.answer"
"""Answer for an office: hear of what is late, and let go on what the sweep has set aside."""

ALL = (EXTEND, WAIVE, ANSWER)
