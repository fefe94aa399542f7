"""Signing in and out, for people and for programs."""
