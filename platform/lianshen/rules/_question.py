"""A question about the law that no project asks: whose law, which facts, on which day; and the whole answer."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import msgspec

from lianshen.kernel.errors import Invalid, Item
from lianshen.rules import _messages
from lianshen.rules._assess import assess
from lianshen.rules._forecasts import Forecast, forecasts
from lianshen.rules._form import KIND
from lianshen.rules._in_force import pack_of
from lianshen.rules._inputs import read_inputs
from lianshen.rules._pack import Pack
from lianshen.rules._registry import Law
from lianshen.rules.types import Assessment, Basis, Facts, FactValue, FormField, Option
from lianshen.workcalendar.queries import Calendar

_ESCALATING = ("escalates_to", "escalation_path")
_OF_CODES = {"documents": "documents", "exceptions": "blocks"}
"""Sets of codes whose codes a list of the vocabulary knows."""


class Question(msgspec.Struct, frozen=True):
    """``facts`` as a form would have them: money in yuan ("480000.00"), days as 2026-03-18; one left out is unstated.

    ``event`` narrows the answer to one event or action, "" leaves the project as it stands. ``on`` is the day whose law
    is asked, None for today.
    """

    tenant: str
    facts: dict[str, Any] = {}
    event: str = ""
    on: date | None = None


class Escalation(msgspec.Struct, frozen=True):
    """How far up the matter must go: ``escalates_to``, the highest body, or ``escalation_path``, all in order."""

    question: str
    label: str
    bodies: tuple[str, ...]
    bodies_label: str
    basis: Basis


class Answered(msgspec.Struct, frozen=True):
    """Everything that the law says to a question. ``pack`` names the version of the rules, ``facts`` what was read.

    Amounts in ``facts`` are fen. ``until`` is the last day on which the version is in force, if there is one.
    """

    pack: str
    until: date | None
    event: str
    facts: Facts
    assessment: Assessment
    forecasts: tuple[Forecast, ...]
    escalation: tuple[Escalation, ...]


def ask(law: Law, question: Question, today: date) -> Answered:
    """The answer. Raises NoLaw for a day on which none is in force, saying why, Invalid for what does not read."""
    on = question.on or today
    pack = pack_of(law, question.tenant, on)
    return consider(law.calendar, pack, read_facts(pack, question), question.event, on)


def consider(calendar: Calendar, pack: Pack, facts: Facts, event: str, on: date) -> Answered:
    """What a pack says of facts that were read: the one answer behind the command, the API and the page."""
    assessment = assess(pack, facts, event, on)
    return Answered(
        pack=pack.ref,
        until=pack.until,
        event=event,
        facts=facts,
        assessment=assessment,
        forecasts=forecasts(calendar, pack, facts, assessment),
        escalation=_escalation(pack, facts, event, on),
    )


def read_facts(pack: Pack, question: Question) -> dict[str, FactValue]:
    """The facts of a question. Raises Invalid naming every one that is unknown or does not read, and the event."""
    known = {name: _field(pack, name) for name in pack.vocabulary.facts} | {f.name: f for f in pack.intake}
    asked = {name: value for name, value in question.facts.items() if value is not None}
    errors = {name: _messages.text("unknown_fact", name=name) for name in asked.keys() - known.keys()}
    sets = {name: value for name, value in asked.items() if name in known and known[name] is None}
    form = [field for name, field in known.items() if field is not None and name in asked]
    facts, unread = read_inputs(form, asked, partial=True)
    for name, value in sets.items():
        codes = _codes(pack, name, value)
        if codes is None:
            unread[name] = _messages.text("codes")
        else:
            facts[name] = codes
    items = [Item(code="invalid", message=said, field=name) for name, said in sorted((errors | unread).items())]
    if question.event and question.event not in pack.vocabulary.events.keys() | pack.actions.keys():
        said = _messages.text("unknown_event", name=question.event)
        items.append(Item(code="invalid", message=said, field="event"))
    if items:
        raise Invalid(tuple(items))
    return facts


def _field(pack: Pack, name: str) -> FormField | None:
    """A question about a fact, as a form would put it; None for a set of codes."""
    fact = pack.vocabulary.facts[name]
    if fact.type not in KIND:
        return None
    options = tuple(Option(code, label) for code, label in fact.options.items())
    return FormField(name, fact.label, KIND[fact.type], required=False, options=options)


def _codes(pack: Pack, name: str, said: Any) -> tuple[str, ...] | None:
    if not isinstance(said, list) or not all(isinstance(code, str) for code in said):
        return None
    known: Mapping[str, str] | None = getattr(pack.vocabulary, _OF_CODES[name]) if name in _OF_CODES else None
    return tuple(said) if known is None or all(code in known for code in said) else None


def _escalation(pack: Pack, facts: Facts, event: str, on: date) -> tuple[Escalation, ...]:
    held = pack.answers(facts, on)
    return tuple(
        Escalation(
            question=rule.notice.code,
            label=rule.notice.label,
            bodies=rule.value,
            bodies_label=_names(pack, rule.value),
            basis=rule.notice.basis,
        )
        for rule in pack.notices
        if rule.notice.code in _ESCALATING
        and isinstance(rule.value, tuple)
        and held[rule.when]
        and not (event and rule.events and event not in rule.events)
    )


def _names(pack: Pack, bodies: Sequence[str]) -> str:
    return " → ".join(pack.vocabulary.bodies.get(body, body) for body in bodies)
