"""``make bench``: what an act costs, against the least that the same server and SQL could cost (decision 0010)."""
