"""What is known of a project and is not its own: facts of its unit, and of another project that it names."""

from collections.abc import Mapping
from typing import Any

from lianshen.kernel.database import UnitOfWork
from lianshen.kernel.errors import Altered
from lianshen.kernel.messages import text
from lianshen.projects import _seal_store
from lianshen.rules.queries import Pack
from lianshen.rules.types import Facts, FactValue


def facts_of(stored: Mapping[str, Any]) -> dict[str, FactValue]:
    """Facts as the rules take them: JSON's lists are tuples."""
    return {name: tuple(value) if isinstance(value, list) else value for name, value in stored.items()}


def own_facts(pack: Pack, facts: Facts) -> dict[str, FactValue]:
    """What the project keeps itself: not what is known of its unit, nor what it reads from another project."""
    return {name: value for name, value in facts.items() if name not in pack.of_unit and name not in pack.linked}


def numbers_named(pack: Pack, facts: Facts) -> dict[str, str]:
    """The numbers of other projects that the facts name, by the fact that names them."""
    return {name: str(facts[name]) for name in pack.links if facts.get(name)}


def with_linked(pack: Pack, facts: Facts, found: Mapping[str, Mapping[str, Any] | None]) -> dict[str, FactValue]:
    """The facts, and those of the projects that they name, as ``found`` by number; what is not found is unstated.

    Raises Altered for what was found altered (None): nothing is to rest on it.
    """
    known = {name: value for name, value in facts.items() if name not in pack.linked}
    for name, number in numbers_named(pack, facts).items():
        told = found.get(number, {})
        if told is None:
            raise Altered(what=text("altered.linked", number=number))
        theirs = facts_of(told)
        known |= {mine: theirs[other] for mine, other in pack.links[name].items() if other in theirs}
    return known


async def linked(uow: UnitOfWork, pack: Pack, facts: Facts) -> dict[str, FactValue]:
    """The facts, with those that the law reads from the projects that they name."""
    numbers = numbers_named(pack, facts)
    return with_linked(pack, facts, await _seal_store.facts_by_number(uow, [*numbers.values()]) if numbers else {})
