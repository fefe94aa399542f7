"""What people type, as facts of the law; and what the law answers, as items of a refusal."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from lianshen.kernel.database import UnitOfWork
from lianshen.kernel.errors import Invalid, Item
from lianshen.kernel.messages import text
from lianshen.projects import _seal_store
from lianshen.projects._known import numbers_named
from lianshen.rules import queries as rules
from lianshen.rules.queries import Pack
from lianshen.rules.types import Action, FactValue, FormField, Reason


def items_of(action: Action) -> tuple[Item, ...]:
    """Everything that keeps an action shut, each with its article and what to do about it."""
    return tuple(item_of(reason) for reason in action.reasons)


def item_of(reason: Reason, field: str | None = None) -> Item:
    """One reason of the law as a refusal tells it."""
    return Item(
        code=reason.code,
        message=reason.label,
        remedy=reason.remedy,
        article=reason.basis.article,
        quotation=reason.basis.quotation,
        field=field,
    )


async def declared(uow: UnitOfWork, pack: Pack, raw: Mapping[str, Any], on: date) -> dict[str, FactValue]:
    """What the form of the declaration says; a project that it names must be there."""
    facts = read_form(pack.intake, raw, on, partial=True)
    numbers = numbers_named(pack, facts)
    found = await _seal_store.facts_by_number(uow, [*numbers.values()]) if numbers else {}
    unknown = [name for name, number in numbers.items() if number not in found]
    if unknown:
        raise Invalid(tuple(Item(code="invalid", message=text("no_such_number"), field=name) for name in unknown))
    return facts


def read_form(
    form: tuple[FormField, ...], raw: Mapping[str, Any], on: date, *, partial: bool = False
) -> dict[str, FactValue]:
    """The facts that a form states. Raises Invalid with every fault, beside its field."""
    facts, errors = rules.read_inputs(form, raw, partial=partial, on=on)
    if partial and not facts.get("title"):
        errors = {"title": text("field.required"), **errors}
    if errors:
        raise Invalid(tuple(Item(code="invalid", message=said, field=name) for name, said in errors.items()))
    return facts
