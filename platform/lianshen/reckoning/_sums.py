"""Whether numbers add up: pure, from what was counted and what was counted before."""

from collections.abc import Sequence

from lianshen.reckoning.types import Counted, Fault, Numbers

_NAMED = 50
"""So many things that are amiss are named one by one."""


def faults_of(now: Counted, before: Numbers | None, declared_since: int) -> list[Fault]:
    """What does not add up. ``declared_since`` is how many declarations the ledger has gained since ``before``."""
    numbers = now.numbers
    found: list[Fault] = [("gone", str(one)) for one in now.gone[:_NAMED]]
    found += [("unknown", one) for one in now.unknown[:_NAMED]]
    if numbers.total != numbers.created:
        found.append(("sum", f"{numbers.total} ≠ {numbers.created}"))
    if now.numbered != numbers.created:
        found.append(("numbered", f"{now.numbered} ≠ {numbers.created}"))
    if before is not None:
        found += _since(numbers, before, declared_since)
    return found


def _since(numbers: Numbers, before: Numbers, declared_since: int) -> Sequence[Fault]:
    found: list[Fault] = []
    if numbers.created != before.created + declared_since or numbers.seq < before.seq:
        found.append(("yesterday", f"{before.created} + {declared_since} ≠ {numbers.created}"))
    if numbers.filings < before.filings:
        found.append(("filings", f"{before.filings} > {numbers.filings}"))
    return found
