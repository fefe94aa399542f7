"""What a search for witnesses is after, and the ways on which it looks for it."""

from collections.abc import Callable

import msgspec

from lianshen.rules._declarations import Start
from lianshen.rules.types import Facts


class Target(msgspec.Struct, frozen=True):
    """Something not yet seen: the facts it asks about, how it wants them, and whether some facts would do.

    ``name`` is the place of a condition, the code of an action, or "" for what recasts.
    """

    name: int | str
    asked: frozenset[str]
    wanted: frozenset[tuple[str, bool]]
    holds: Callable[[Facts], bool]


class Stroll(msgspec.Struct, frozen=True):
    """A way of one project: where it starts, the acts that are useful, and how often each has been done."""

    start: Start
    useful: frozenset[str]
    times: dict[str, int]
