"""Writes of the floor that modules above may call."""

from lianshen.kernel._store import Remembered, claim, next_number, remember

__all__ = ["Remembered", "claim", "next_number", "remember"]
