"""What can be explained: one item of an assessment, what it depends on, and how it stands on any facts."""

from collections.abc import Callable, Iterable, Iterator
from datetime import date

import msgspec

from lianshen.rules import _messages
from lianshen.rules._assess import action_of, scope_of, way_of
from lianshen.rules._pack import Pack, stated
from lianshen.rules._ruled import RuledAction, Scope
from lianshen.rules.types import Assessment, Basis, Facts, Reason

State = bool | str
"""How an item stands: there or not; of scope, management and a tier, which; of an action open, shut or hidden.

Of a project that the law does not manage, management is scope_no or scope_undetermined.
"""


class UnknownItem(Exception):
    """The pack has no such item."""


class Item(msgspec.Struct, frozen=True):
    """``paper:contract``, ``scope``, ``notice:must_consult@GY-12-2``: of several of that code, those of one clause."""

    kind: str
    code: str = ""
    rule: str = ""

    @classmethod
    def named(cls, said: str) -> "Item":
        """An item as people write it."""
        named, _, rule = said.partition("@")
        kind, _, code = named.partition(":")
        return cls(kind, code, rule)

    def __str__(self) -> str:
        return self.kind + (f":{self.code}" if self.code else "") + (f"@{self.rule}" if self.rule else "")


class Subject(msgspec.Struct, frozen=True):
    """``names`` is all that its state depends on (facts, parameters, today), ``literals`` are codes in its conditions.

    ``whole``: its state takes everything into account that could hide it; else ``assess`` may tell it at other times.
    ``ground`` is the clause that decides on some facts, None where none of several does.
    """

    item: Item
    label: str
    bases: tuple[Basis, ...]
    names: frozenset[str]
    literals: frozenset[str]
    state: Callable[[Facts, date], State]
    whole: bool = False
    reason: Reason | None = None
    ground: Callable[[Facts, date], Basis | None] = lambda _, __: None

    def differs(self, now: State, then: State) -> bool:
        """True when the item stands otherwise: a tier that is asked for by its code comes or goes."""
        if self.item.code and isinstance(now, str) and self.item.kind != "action":
            return (now == self.item.code) != (then == self.item.code)
        return now != then


class _Entry(msgspec.Struct, frozen=True):
    """One rule of a list: it holds when all of its places do. ``told``: it is, at the event asked about."""

    code: str
    label: str
    basis: Basis
    slots: tuple[int, ...]
    told: bool


def subject_of(pack: Pack, item: Item, event: str) -> Subject:
    """What ``item`` is about. Raises UnknownItem."""
    match item.kind:
        case "scope" if not item.code:
            return _scope(pack, item)
        case "management":
            return _management(pack, item)
        case "tier":
            return _tier(pack, item)
        case "action" if item.code in pack.actions:
            return _action(pack, item)
        case kind if kind in _ENTRIES:
            return _listed(pack, item, event)
    raise UnknownItem(str(item))


def standing(assessment: Assessment, item: Item) -> State:
    """How ``item`` stands in an assessment."""
    match item.kind:
        case "scope":
            return assessment.in_scope
        case "management":
            return assessment.management or _unmanaged(assessment.in_scope)
        case "tier":
            codes = [tier.code for tier in assessment.tiers]
            return item.code if item.code in codes else ""
        case "action":
            found = next(action for action in assessment.actions if action.code == item.code)
            return "open" if found.open else "shut" if found.timely else "hidden"
        case "dispute":
            return any(item.code == dispute.basis.rule for dispute in assessment.disputes)
    listed = getattr(assessment, f"{item.kind}s")
    return any(one.code == item.code and item.rule in ("", one.basis.rule) for one in listed)


def _unmanaged(scope: str) -> str:
    return f"scope_{scope}"


def items_of(assessment: Assessment) -> Iterator[Item]:
    """Everything in an assessment that can be explained."""
    yield from (Item("scope"), *([Item("management")] if assessment.management else []))
    yield from (Item("tier", tier.code) for tier in assessment.tiers)
    for kind in _ENTRIES:
        if kind == "dispute":
            yield from (Item(kind, one.basis.rule) for one in assessment.disputes)
        else:
            yield from (Item(kind, one.code, one.basis.rule) for one in getattr(assessment, f"{kind}s"))
    yield from (Item("action", action.code) for action in assessment.actions)


def reason_of(pack: Pack, subject: Subject, reason: Reason) -> Subject:
    """Why an action is shut, as something that may go away by itself while the action stays timely."""
    code = subject.item.code
    rule = pack.actions[code]
    needs = [slot for slot, need in rule.needs if _same(need, reason)]
    papers = [one for one in pack.papers if one.missing and code in one.needed_for and _same(one.missing, reason)]
    blocks = [one for one in pack.blocks if code in one.closes and _same(one.reason, reason)]
    window = rule.window if rule.window and reason.basis == rule.window.basis and not (needs or blocks) else None
    slots = tuple(sorted({rule.when, *needs, *(one.when for one in (*papers, *blocks))}))
    wanted, literals = _reads(pack, slots)
    names = wanted if needs or papers or blocks else frozenset[str]()
    part = pack.program.part(slots)

    def state(facts: Facts, on: date) -> State:
        held = dict(zip(slots, part.answer(pack.recast_values(facts, on, wanted)), strict=True))
        documents, exceptions = stated(facts, "documents"), stated(facts, "exceptions")
        return (
            not held[rule.when]
            or not all(held[slot] for slot in needs)
            or any(held[one.when] and one.paper.code not in documents for one in papers)
            or any(held[one.when] and one.block.code not in exceptions for one in blocks)
            or (window is not None and not window.open(facts, pack.derived(facts, on), on))
        )

    if window:
        names |= pack.depends((*window.sources, *window.until, "today"))
    if papers:
        names, literals = names | {"documents"}, literals | {one.paper.code for one in papers}
    if any(one.block.overridable_by for one in blocks):
        names, literals = names | {"exceptions"}, literals | {one.block.code for one in blocks}
    return msgspec.structs.replace(
        subject, label=reason.label, bases=(reason.basis,), names=names, literals=literals, state=state, reason=reason
    )


def _same(one: Reason, other: Reason) -> bool:
    return (one.code, one.paper, one.basis.rule) == (other.code, other.paper, other.basis.rule)


def _reads(pack: Pack, slots: Iterable[int]) -> tuple[frozenset[str], frozenset[str]]:
    """All that conditions depend on, and the texts in them; what may recast the facts is among it."""
    part = pack.program.part(tuple(sorted(slots)))
    names, literals = pack.depends(part.reads), part.literals
    if any(rule.recast.fact in names for rule in pack.recasts):
        recast = pack.recasting.part(tuple(rule.when for rule in pack.recasts))
        names, literals = names | pack.depends(recast.reads), literals | recast.literals
    return names, literals


def _scope(pack: Pack, item: Item) -> Subject:
    slots = tuple(slot for slot, _ in pack.exclusions)
    part = pack.program.part(slots)
    names, literals = _reads(pack, slots)

    def scope(facts: Facts, on: date) -> Scope:
        return scope_of(pack, dict(zip(slots, part.answer(pack.recast_values(facts, on, names)), strict=True)))

    def state(facts: Facts, on: date) -> State:
        return scope(facts, on).answer

    def ground(facts: Facts, on: date) -> Basis:
        return scope(facts, on).basis

    bases = tuple(dict.fromkeys([pack.scope.basis, *(one.basis for _, one in pack.exclusions)]))
    return Subject(item, pack.title, bases, names, literals, state, whole=True, ground=ground)


def _management(pack: Pack, item: Item) -> Subject:
    if item.code and item.code not in pack.managements:
        raise UnknownItem(str(item))
    slots = tuple(dict.fromkeys([slot for slot, _ in pack.exclusions] + [slot for slot, _, _ in pack.ways]))
    part = pack.program.part(slots)
    names, literals = _reads(pack, slots)

    def way(facts: Facts, on: date) -> tuple[str, Basis]:
        held = dict(zip(slots, part.answer(pack.recast_values(facts, on, names)), strict=True))
        scope = scope_of(pack, held)
        return way_of(pack, held) if scope.answer == "yes" else (_unmanaged(scope.answer), scope.basis)

    def state(facts: Facts, on: date) -> State:
        return way(facts, on)[0]

    def ground(facts: Facts, on: date) -> Basis:
        return way(facts, on)[1]

    bases = tuple(basis for _, way, basis in pack.ways if item.code in ("", way))
    return Subject(item, pack.managements.get(item.code, ""), bases, names, literals, state, whole=True, ground=ground)


def _tier(pack: Pack, item: Item) -> Subject:
    for place, axis in enumerate(pack.axes):
        for tier in axis.tiers:
            if tier.code == item.code:

                def state(facts: Facts, _: date, place: int = place) -> State:
                    return pack.tiers_of(facts)[place].code

                def ground(facts: Facts, _: date, place: int = place) -> Basis:
                    return pack.tiers_of(facts)[place].basis

                names = pack.depends((axis.variable,))
                return Subject(item, tier.label, (tier.basis,), names, frozenset(), state, whole=True, ground=ground)
    raise UnknownItem(str(item))


def _action(pack: Pack, item: Item) -> Subject:
    rule = pack.actions[item.code]
    names, literals = _reads(pack, _slots_of(pack, rule))
    if rule.window:
        names |= pack.depends((*rule.window.sources, *rule.window.until, "today"))
    papers = {one.paper.code for one in pack.papers if one.missing and item.code in one.needed_for}
    blocks = {one.block.code for one in pack.blocks if item.code in one.closes and one.block.overridable_by}
    names |= {*(["documents"] if papers else []), *(["exceptions"] if blocks else [])}

    def state(facts: Facts, on: date) -> State:
        action = action_of(pack, item.code, facts, on)
        return "open" if action.open else "shut" if action.timely else "hidden"

    basis = (rule.shut.basis,)
    return Subject(item, rule.shut.label, basis, names, literals | papers | blocks, state, whole=True)


def stage_of(pack: Pack, subject: Subject) -> Subject:
    """The stage of an action alone: whether it has come, and there is something to choose in its form."""
    rule = pack.actions[subject.item.code]
    blocks = [one for one in pack.blocks if rule.grants and one.block.overridable_by in rule.shut.by]
    points = [one for one in pack.disputes if rule.settles and one.dispute.code]
    slots = tuple(sorted({rule.when, *(one.when for one in (*blocks, *points))}))
    names, literals = _reads(pack, slots)
    part = pack.program.part(slots)

    def state(facts: Facts, on: date) -> State:
        held = dict(zip(slots, part.answer(pack.recast_values(facts, on, names)), strict=True))
        exceptions, readings = stated(facts, "exceptions"), stated(facts, "readings")
        to_grant = any(held[one.when] and one.block.code not in exceptions for one in blocks)
        decided = {reading.partition("=")[0] for reading in readings}
        to_settle = any(held[one.when] and one.dispute.code not in decided for one in points)
        offered = (not rule.grants or to_grant) and (not rule.settles or to_settle)
        return "timely" if held[rule.when] and offered else "hidden"

    return msgspec.structs.replace(subject, names=names, literals=literals, state=state, whole=False)


def _slots_of(pack: Pack, rule: RuledAction) -> set[int]:
    code = rule.shut.code
    slots = {rule.when, *(slot for slot, _ in rule.needs)}
    slots |= {paper.when for paper in pack.papers if paper.missing and code in paper.needed_for}
    return slots | {block.when for block in pack.blocks if code in block.closes}


def _listed(pack: Pack, item: Item, event: str) -> Subject:
    entries = [
        one for one in _ENTRIES[item.kind](pack, event) if one.code == item.code and item.rule in ("", one.basis.rule)
    ]
    if not entries:
        raise UnknownItem(str(item))
    told = [one for one in entries if one.told]
    slots = tuple(sorted({slot for one in told for slot in one.slots}))
    part = pack.program.part(slots)
    names, literals = _reads(pack, slots)

    def ground(facts: Facts, on: date) -> Basis | None:
        held = dict(zip(slots, part.answer(pack.recast_values(facts, on, names)), strict=True))
        return next((one.basis for one in told if all(held[slot] for slot in one.slots)), None)

    def state(facts: Facts, on: date) -> State:
        return ground(facts, on) is not None

    bases = tuple(dict.fromkeys(one.basis for one in entries))
    return Subject(item, entries[0].label, bases, names, literals, state, ground=ground)


def _papers(pack: Pack, event: str) -> Iterator[_Entry]:
    for one in pack.papers:
        told = event in one.events if event else bool(one.needed_for)
        yield _Entry(one.paper.code, one.paper.label, one.paper.basis, (one.when,), told)


def _steps(pack: Pack, event: str) -> Iterator[_Entry]:
    other = any(event in one.events for one in pack.steps)
    for one in pack.steps:
        told = event in one.events if other else not one.events
        label = _messages.text("step_by", by=one.step.by_label, step=one.step.label)
        yield _Entry(one.step.code, label, one.step.basis, (one.when,), told)


def _contents(pack: Pack, event: str) -> Iterator[_Entry]:
    for one in pack.contents:
        told = not event or event in one.events
        yield _Entry(one.content.code, one.content.label, one.content.basis, (one.when,), told)


def _blocks(pack: Pack, event: str) -> Iterator[_Entry]:
    for one in pack.blocks:
        told = not event or event in one.events
        yield _Entry(one.block.code, one.block.label, one.block.basis, (one.when,), told)


def _clocks(pack: Pack, event: str) -> Iterator[_Entry]:
    for one in pack.clocks.values():
        told = not event or event in one.events
        yield _Entry(one.clock.code, one.clock.label, one.clock.basis, (one.when,), told)


def _choices(pack: Pack, _: str) -> Iterator[_Entry]:
    for one in pack.choices:
        yield _Entry(one.choice.code, one.choice.label, one.choice.basis, (one.when,), told=True)


def _notices(pack: Pack, event: str) -> Iterator[_Entry]:
    for one in pack.notices:
        slots = (one.when,) if one.value is not None else (one.when, one.computed)
        told = not event or not one.events or event in one.events
        yield _Entry(one.notice.code, one.notice.label, one.notice.basis, slots, told)


def _disputes(pack: Pack, _: str) -> Iterator[_Entry]:
    for one in pack.disputes:
        yield _Entry(one.dispute.basis.rule, one.dispute.point, one.dispute.basis, (one.when,), told=True)


_ENTRIES: dict[str, Callable[[Pack, str], Iterator[_Entry]]] = {
    "paper": _papers,
    "step": _steps,
    "content": _contents,
    "block": _blocks,
    "clock": _clocks,
    "choice": _choices,
    "notice": _notices,
    "dispute": _disputes,
}
