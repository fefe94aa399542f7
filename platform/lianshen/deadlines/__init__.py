"""Deadlines: rows that say what is owed by whom until when, under which article, and what happened to it."""
