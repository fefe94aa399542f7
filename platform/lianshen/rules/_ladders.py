"""How reminders, and leave for one deadline, are written down; see _schema for the rest of a pack."""

from typing import Literal

from lianshen.rules._entry import Entry


class Extension(Entry, frozen=True):
    """Who may give one deadline more time, with a reason: ``most`` in all, a parameter, at most ``times``, another."""

    by: list[str]
    clause: str
    most: str | None = None
    times: str | None = None


class Waiver(Entry, frozen=True):
    """Who may release one deadline, with a reason."""

    by: list[str]
    clause: str


class RungRule(Entry, frozen=True):
    """A step of a ladder, ``days`` from the last day: negative before it, 0 on it, positive after it."""

    rung: str
    label: str
    days: int
    unit: Literal["working_day", "day"]
    to: list[Literal["officer", "head", "organiser", "level_above"]]


class Ladder(Entry, frozen=True):
    """When people are reminded of a term: an arrangement of the house, no rule of the text; ``changed_by`` is the role
    that answers for it."""

    changed_by: str
    rungs: list[RungRule]
