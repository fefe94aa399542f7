"""Asking why: the question of an assessment, and which of its items are to be explained."""

from datetime import date
from typing import Literal

import msgspec

from lianshen.kernel.errors import Invalid, Item
from lianshen.rules import _messages, _subjects
from lianshen.rules._explain import Explanation, explain
from lianshen.rules._in_force import pack_of
from lianshen.rules._question import Question, read_facts
from lianshen.rules._registry import Law

_MOST = 50


class Inquiry(Question, frozen=True, kw_only=True):
    """``items`` of the answer to explain: ``paper:contract``, ``scope``, ``notice:must_consult@GY-12-2``."""

    items: list[str]


class Explained(msgspec.Struct, frozen=True):
    """The explanations, and under which version of which text; ``status`` tells a draft from a law."""

    pack: str
    title: str
    status: Literal["law", "draft"]
    event: str
    on: date
    explanations: tuple[Explanation, ...]


def inquire(law: Law, inquiry: Inquiry, today: date) -> Explained:
    """One explanation for each item. Raises NoLaw and Invalid as ``ask`` does, Invalid for items that are unknown."""
    on = inquiry.on or today
    pack = pack_of(law, inquiry.tenant, on)
    facts = read_facts(pack, inquiry)
    if not 0 < len(inquiry.items) <= _MOST:
        raise Invalid((_wrong("item_count", most=_MOST),))
    found, unknown = [], []
    for said in inquiry.items:
        try:
            found.append(explain(pack, facts, inquiry.event, on, _subjects.Item.named(said)))
        except _subjects.UnknownItem:
            unknown.append(_wrong("unknown_item", name=said))
    if unknown:
        raise Invalid(tuple(unknown))
    return Explained(pack.ref, pack.title, pack.status, inquiry.event, on, tuple(found))


def _wrong(code: str, **values: object) -> Item:
    return Item(code="invalid", message=_messages.text(code, **values), field="items")
