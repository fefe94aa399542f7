"""Where along a line of whole numbers an answer changes: points are tried, then the gap between two is halved."""

from collections.abc import Callable, Hashable, Iterable
from itertools import groupby

import msgspec


class Stretch(msgspec.Struct, frozen=True):
    """Numbers from ``low`` to ``high``, both included, None where it has no end, that have the same answer."""

    low: int | None
    high: int | None
    answer: Hashable

    def near(self, start: int) -> int:
        """The number of the stretch that is nearest to ``start``."""
        if self.low is not None and start < self.low:
            return self.low
        return self.high if self.high is not None and self.high < start else start


def stretches(ask: Callable[[int], Hashable], points: Iterable[int]) -> list[Stretch]:
    """The line cut where the answer changes between two of the points, the outermost of which are its ends."""
    asked = [(point, ask(point)) for point in sorted(set(points))]
    runs = [(answer, [point for point, _ in run]) for answer, run in groupby(asked, key=lambda one: one[1])]
    found = []
    for place, (answer, run) in enumerate(runs):
        low = high = None
        if place:
            low = -_last(lambda point: ask(-point), -run[0], -runs[place - 1][1][-1], answer)
        if place + 1 < len(runs):
            high = _last(ask, run[-1], runs[place + 1][1][0], answer)
        found.append(Stretch(low, high, answer))
    return found


def _last(ask: Callable[[int], Hashable], inside: int, outside: int, answer: Hashable) -> int:
    """The last number with ``answer``, going up from one that has it to one that has not."""
    while outside - inside > 1:
        middle = (inside + outside) // 2
        if ask(middle) == answer:
            inside = middle
        else:
            outside = middle
    return inside
