"""What the law costs: an assessment under every pack, against its bare conditions; reading and proving all packs."""

import gc
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from lianshen.rules.queries import Filed, Pack, Tally, assess, lint, load_law
from lianshen.rules.types import Facts, FactValue, FormField

_PROJECTS = 2000
_TURNS = 5
_MOST_P50, _MOST_P99 = 100e-6, 300e-6
_MOST_LOAD = 1.0
_MOST_WHAT_IF = 30.0
_WHAT_IF = 10_000


class Cost(NamedTuple):
    """Seconds: of a whole assessment, and of ``bare``, the conditions alone answered on the same values."""

    pack: str
    conditions: int
    p50: float
    p99: float
    bare: float

    @property
    def ratio(self) -> float:
        return self.p50 / self.bare


def projects(pack: Pack, count: int, seed: int) -> Iterator[tuple[Facts, str, date]]:
    """Declarations as people make them, some of them on their way; an event of the law; a day of its time."""
    random = Random(seed)
    events = ["", *pack.vocabulary.events, *pack.actions]
    course = [(name, fact) for name, fact in pack.vocabulary.facts.items() if fact.type == "bool"]
    for _ in range(count):
        facts = {field.name: _answer(pack, field, random) for field in pack.intake if random.random() < 0.9}
        for name, fact in random.sample(course, random.randint(0, 30)):
            facts[name] = not fact.neutral
        facts["documents"] = tuple(random.sample(sorted(pack.vocabulary.documents), random.randint(0, 12)))
        yield facts, random.choice(events), pack.since + timedelta(days=random.randint(0, 700))


def _answer(pack: Pack, field: FormField, random: Random) -> FactValue:
    match field.kind:
        case "bool":
            return random.random() < 0.3
        case "choice":
            return random.choice(field.options).code
        case "money":
            return random.choice([*pack.amounts, 0]) + random.randint(-1, 1)
        case "number":
            return random.randint(0, 60)
        case "date":
            return (pack.since + timedelta(days=random.randint(-400, 400))).isoformat()
        case _:
            return "教育数据平台"


def cost(pack: Pack) -> Cost:
    """The median of several turns over the same projects, each call timed for itself."""
    asked = list(projects(pack, _PROJECTS, seed=7))
    values = [pack.values(facts, on) for facts, _, on in asked]
    for facts, event, on in asked[:200]:
        assess(pack, facts, event, on)
    gc.collect()
    gc.freeze()
    whole, bare = [], []
    for _ in range(_TURNS):
        whole += _times(lambda one: assess(pack, *one), asked)
        bare += _times(pack.program.answer, values)
    whole.sort()
    bare.sort()
    conditions = len(pack.answers({}, pack.since))
    return Cost(pack.ref, conditions, whole[len(whole) // 2], whole[len(whole) * 99 // 100], bare[len(bare) // 2])


def _times(act: Callable[[Any], object], items: Sequence[Any]) -> list[float]:
    found = []
    for item in items:
        before = time.perf_counter()
        act(item)
        found.append(time.perf_counter() - before)
    return found


def what_if(pack: Pack) -> float:
    """Seconds to put so many projects to two versions of the law and to compare all outcomes."""
    filed = [Filed(str(n), on, facts) for n, (facts, _, on) in enumerate(projects(pack, _WHAT_IF, seed=11))]
    tally = Tally(pack, pack)
    before = time.perf_counter()
    for one in filed:
        list(tally.add(one))
    result = tally.result()
    assert result.unchanged + len(result.unanswered) == result.projects == _WHAT_IF
    return time.perf_counter() - before


def best(act: Callable[[], object], turns: int = 5) -> float:
    """Seconds of the quickest of several turns, after one that does not count."""
    act()
    return min(_times(lambda _: act(), list(range(turns))))


def report(tenants: Path, say: Callable[[str], None] = print) -> bool:
    """Measure, print, and tell whether the goals are met."""
    law = load_law(tenants)
    costs = [cost(pack) for pack in law.registry.packs()]
    columns = ("conditions", "p50 µs", "p99 µs", "bare µs", "× bare", "a second")
    say(f"{'assessment, one process, warm':30}{''.join(f'{column:>11}' for column in columns)}")
    for one in costs:
        micro = [f"{seconds * 1e6:11.0f}" for seconds in (one.p50, one.p99, one.bare)]
        say(f"{one.pack:30}{one.conditions:>11}{''.join(micro)}{one.ratio:11.1f}{1 / one.p50:11,.0f}")
    reading, linting = best(lambda: load_law(tenants)), best(lambda: lint([tenants], tenants))
    heaviest = law.registry.pack(max(costs, key=lambda one: one.p50).pack)
    asked = what_if(heaviest)
    say(f"all packs: read and proved {reading:.2f} s; linted {linting:.2f} s")
    say(f"what-if over {_WHAT_IF:,} projects of {heaviest.ref}: {asked:.1f} s")
    quick = all(one.p50 < _MOST_P50 and one.p99 < _MOST_P99 for one in costs)
    return quick and max(reading, linting) < _MOST_LOAD and asked < _MOST_WHAT_IF
