"""Dates people have to keep: whose they are, which are late, a feed of one's own, and who was late on a past day."""
