"""Processes behind the web: relay, worker, scheduler. They call the same commands; nothing is decided here."""
