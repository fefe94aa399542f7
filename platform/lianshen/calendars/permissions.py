"""Rights of this module."""

READ = "calendars.read"
"""See which days are worked, under which notices, what is put up, and which dates wait for a decision."""
LOAD = "calendars.load"
"""Put up a notice, local days or an emergency, and see what they would move."""
PUBLISH = "calendars.publish"
"""Let it count: another person than whoever put it up, where it moves dates."""
DECIDE = "calendars.decide"
"""Decide about a last day that a calendar would move and that does not move by itself."""

ALL = (READ, LOAD, PUBLISH, DECIDE)
