"""Calendars that come into force: putting days up, looking at what they move, letting them count, deciding the rest."""
