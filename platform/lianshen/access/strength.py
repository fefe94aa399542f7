"""How sure one has to be of somebody, by permission: second factor, asking anew, an administrator's shorter terms.

``policies/strength.csv`` lists it, so that no code names a role: a role that a tenant composes for itself asks what its
permissions ask.
"""

from collections.abc import Iterable
from pathlib import Path

import msgspec

from lianshen.access._policy import PolicyError
from lianshen.identity.types import Actor
from lianshen.kernel.errors import Refusal

_ASKED = ("factor", "step_up", "admin")


class StepUpRequired(Refusal):
    """A weighty act, and the person showed who they are too long ago (D111)."""

    status = 401
    code = "step_up_required"


class Strength(msgspec.Struct, frozen=True):
    """The permissions that ask each thing. ``minutes`` is how long showing who one is lasts, for telling people."""

    factor: frozenset[str]
    step_up: frozenset[str]
    admin: frozenset[str]
    minutes: int


_loaded: list[Strength] = []


def load_strength(folder: Path, permissions: Iterable[str], *, minutes: int) -> Strength:
    """What ``folder / "strength.csv"`` lists. Raises PolicyError for a permission or a word that nobody knows."""
    file, known = folder / "strength.csv", set(permissions)
    asked: dict[str, set[str]] = {word: set() for word in _ASKED}
    for line in file.read_text(encoding="utf-8").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        permission, _, words = (part.strip() for part in line.partition(","))
        if permission not in known:
            raise PolicyError(f"{file}: no module declares {permission}")
        if any(permission in found for found in asked.values()):
            raise PolicyError(f"{file}: {permission} is written twice")
        if not words or not set(words.split()) <= set(_ASKED):
            raise PolicyError(f"{file}: {permission} asks one or more of {', '.join(_ASKED)}")
        for word in words.split():
            asked[word].add(permission)
    return Strength(**{word: frozenset(found) for word, found in asked.items()}, minutes=minutes)


def use_strength(strength: Strength) -> None:
    """Make ``strength`` the one this process decides by."""
    _loaded[:] = [strength]


def is_weighty(permission: str | None) -> bool:
    """True when using ``permission`` asks for who it is once more."""
    return permission in _loaded[0].step_up


def require_fresh(actor: Actor) -> None:
    """Raise StepUpRequired unless the actor showed who they are shortly before."""
    if not actor.fresh:
        raise StepUpRequired(minutes=_loaded[0].minutes)


def require_strength(actor: Actor, permission: str) -> None:
    """Raise StepUpRequired when using ``permission`` asks for what the actor showed too long ago."""
    if not actor.fresh and is_weighty(permission):
        require_fresh(actor)
