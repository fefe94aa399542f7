"""Offices, people, posts and sessions."""
