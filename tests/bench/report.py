"""The table, and whether the goals are met."""

from collections.abc import Callable, Iterator, Sequence
from statistics import median
from typing import NamedTuple

from tests.bench.sweep import Swept


class Measure(NamedTuple):
    """One operation in one round. Seconds of CPU an operation; rps; milliseconds; bytes of a body."""

    web: float
    postgres: float
    rate: float = 0
    p50: float = 0
    p99: float = 0
    size: float = 0

    @property
    def cpu(self) -> float:
        return self.web + self.postgres


class Round(NamedTuple):
    """``others``: the share of this machine's CPU that programs other than ours took meanwhile."""

    bare: Measure
    limit_read: Measure
    read: Measure
    limit_list: Measure
    list: Measure
    limit_act: Measure
    act: Measure
    limit_create: Measure
    create: Measure
    others: float


class Prices(NamedTuple):
    """Prices of parts: seconds; bytes of PSS for each web worker."""

    assessment: float
    digest: float
    memory: tuple[int, ...]


class Goal(NamedTuple):
    """``most``: how many times the limit the operation may cost."""

    name: str
    limit: str
    product: str
    most: float

    def ratios(self, rounds: Sequence[Round]) -> list[float]:
        """By round: the product's CPU over that of a bare answer and the same SQL in one round trip."""
        return [getattr(one, self.product).cpu / (one.bare.cpu + getattr(one, self.limit).cpu) for one in rounds]


GOALS = (
    Goal("A  read a project, its history and deadlines", "limit_read", "read", 5),
    Goal("B  list 50 of a stage by nearest date, with total", "limit_list", "list", 4),
    Goal("C  return a project with remarks", "limit_act", "act", 7),
    Goal("D  declare a project", "limit_create", "create", 7),
)
_ROWS = (
    ("bare answer of 4 KB", "bare"),
    ("A  SQL alone, one round trip", "limit_read"),
    ("A  the product", "read"),
    ("B  SQL alone, one round trip", "limit_list"),
    ("B  the product", "list"),
    ("C  SQL alone, one round trip", "limit_act"),
    ("C  the product", "act"),
    ("D  SQL alone, one round trip", "limit_create"),
    ("D  the product", "create"),
)


def answered(rounds: Sequence[Round], prices: Prices, say: Callable[[str], None] = print) -> bool:
    """Print operations A to D; True when their goals are met."""
    for line in (*_table(rounds), "", *_ratios(rounds), "", *_parts(prices), "", *_noise(rounds)):
        say(line)
    return all(median(goal.ratios(rounds)) <= goal.most for goal in GOALS)


def swept(found: Swept, say: Callable[[str], None] = print) -> bool:
    """Print operation E; True when its goals are met."""
    goals = list(_sweep(found))
    for met, said in goals:
        say(f"{said}: {'met' if met else 'MISSED'}")
    return all(met for met, _ in goals)


def _sweep(swept: Swept) -> Iterator[tuple[bool, str]]:
    """Goals of operation E, each with whether it is met."""
    ratio = median(swept.ratios)
    seconds = median(one.seconds for one in swept.products)
    cost = median(one.cpu for one in swept.products) / swept.due
    per = seconds / swept.due * 100_000
    yield (
        ratio <= 2.5,
        f"E  sweep {swept.due:,} due, notices too, CPU {cost * 1e3:.3f} ms each: {ratio:.2f} x one statement, goal 2.5",
    )
    yield per < 60, f"   in {swept.tenants} tenants, one process: {seconds:.1f} s, {per:.0f} s for 100,000, goal 60"
    yield swept.again == 0, f"   a second run does {swept.again}, and looking in vain takes {swept.idle * 1e3:.1f} ms"
    p50, p99 = swept.latency
    yield p99 < 2, f"   due to notice in service p50 {p50:.2f} s, p99 {p99:.2f} s, goal 2"
    later = swept.beside[1] - p99
    yield later < 1, f"   beside {swept.backlog:,} due in another tenant p99 {later:+.2f} s, goal 1"


def _table(rounds: Sequence[Round]) -> Iterator[str]:
    columns = ("web ms", "PG ms", "rps", "p50 ms", "p99 ms", "bytes")
    yield f"{f'median of {len(rounds)} rounds':34}{''.join(f'{column:>9}' for column in columns)}"
    for label, name in _ROWS:
        measures = [getattr(one, name) for one in rounds]
        web, postgres, rate, p50, p99, size = (median(column) for column in zip(*measures, strict=True))
        seen = f"{rate:9,.0f}{p50:9.2f}{p99:9.2f}{size:9,.0f}" if rate else ""
        yield f"{label:34}{web * 1e3:9.3f}{postgres * 1e3:9.3f}{seen}"


def _ratios(rounds: Sequence[Round]) -> Iterator[str]:
    for goal in GOALS:
        ratios = goal.ratios(rounds)
        found = median(ratios)
        verdict = "met" if found <= goal.most else "MISSED"
        yield (
            f"{goal.name:50}{found:5.2f} x limit, goal {goal.most:g}: {verdict}"
            f"   (rounds {min(ratios):.2f} to {max(ratios):.2f})"
        )


def _parts(prices: Prices) -> Iterator[str]:
    yield f"assessment, whole answer       {prices.assessment * 1e6:9.1f} µs"
    yield f"sealing an event               {prices.digest * 1e6:9.1f} µs"
    yield f"PSS of the web workers         {', '.join(f'{size / 2**20:.0f}' for size in prices.memory):>9} MiB"


def _noise(rounds: Sequence[Round]) -> Iterator[str]:
    spread = ", ".join(
        f"{name.replace('_', ' ')} {min(found) / median(found) - 1:+.0%} {max(found) / median(found) - 1:+.0%}"
        for _, name in _ROWS
        if (found := [getattr(one, name).cpu for one in rounds])
    )
    yield f"noise: CPU an operation, lowest and highest round against the median: {spread}"
    shares = [one.others for one in rounds]
    yield f"       other programs took {median(shares):.0%} of this machine's CPU, {max(shares):.0%} at most"
