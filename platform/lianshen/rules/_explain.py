"""What would have to be different for an item of an assessment to change: the smallest changes, to the last fen.

Every fact that the item depends on is varied by itself; if none changes it alone, every two of them. Of an action that
is shut each reason is explained by itself.
"""

from collections.abc import Iterator
from datetime import date
from itertools import combinations, product

import msgspec

from lianshen.rules import _messages
from lianshen.rules._assess import action_of, assess
from lianshen.rules._bounds import Bound, bounds_of
from lianshen.rules._origin import Origin, Source, origins_of, source_of
from lianshen.rules._pack import Pack
from lianshen.rules._sentences import Stem, label_of, sentence, stem, then
from lianshen.rules._subjects import Item, State, Subject, reason_of, stage_of, standing, subject_of
from lianshen.rules._vary import Other, Variation
from lianshen.rules.types import Assessment, Basis, Facts, FactValue

_TRIES = 500
"""How many pairs of values are tried at most."""
_WAYS = 12
"""How many pairs of facts are told at most."""


class Alteration(msgspec.Struct, frozen=True, rename={"from_": "from"}):
    """One fact that would be otherwise: any of ``to``; between ``low`` and ``high`` for numbers and days.

    ``source`` says who makes it so: the declaration, an act or a term in the course of the project, another project, or
    the day itself (fact ``today``). ``acts`` are the actions that set it. ``basis`` is the clause that then decides.
    """

    fact: str
    label: str
    from_: FactValue
    to: tuple[FactValue, ...]
    low: Bound | None
    high: Bound | None
    source: Source
    acts: tuple[str, ...]
    basis: Basis


class Way(msgspec.Struct, frozen=True):
    """Changes that together make the item stand otherwise, and how it would ``then`` stand."""

    changes: tuple[Alteration, ...]
    then: State
    sentence: str


class Part(msgspec.Struct, frozen=True):
    """One of several reasons that keep an action shut, and the ways to be rid of it."""

    code: str
    label: str
    remedy: str
    basis: Basis
    ways: tuple[Way, ...]


class Explanation(msgspec.Struct, frozen=True):
    """Why an item stands as it does (``state``; of a list, whether it is there), and each way for it to change.

    ``remark`` says so where there is no way, or what else must come. ``parts`` must all be dealt with. ``parameters``
    are the numbers of the law that count, with their words, article and level.
    """

    item: str
    label: str
    state: State
    bases: tuple[Basis, ...]
    ways: tuple[Way, ...]
    parts: tuple[Part, ...]
    remark: str
    parameters: tuple[Origin, ...]


def explain(pack: Pack, facts: Facts, event: str, on: date, item: Item) -> Explanation:
    """What would change ``item`` of the assessment of the same pack, facts, event and day. Raises UnknownItem."""
    subject = subject_of(pack, item, event)
    question = _Question(pack, facts, event, on, assess(pack, facts, event, on))
    ways, parts, remark = _of_action(question, subject) if item.kind == "action" else _of_item(question, subject)
    return Explanation(
        item=str(item),
        label=subject.label,
        state=question.state(item),
        bases=subject.bases,
        ways=ways,
        parts=parts,
        remark=remark,
        parameters=origins_of(pack, subject),
    )


class _Question(msgspec.Struct, frozen=True):
    pack: Pack
    facts: Facts
    event: str
    on: date
    assessment: Assessment

    def state(self, item: Item) -> State:
        return standing(self.assessment, item)

    def changed(self, variation: Variation, changes: dict[str, FactValue]) -> bool:
        """True when the whole assessment tells the item otherwise too."""
        item = variation.subject.item
        facts, on = variation.with_(changes)
        then = standing(assess(self.pack, facts, self.event, on), item)
        return variation.subject.differs(self.state(item), then)


_Found = tuple[tuple[Way, ...], tuple[Part, ...], str]


def _of_item(question: _Question, subject: Subject) -> _Found:
    variation = Variation(question.pack, subject, question.facts, question.on)
    if not variation.kinds:
        return (), (), _messages.text("explain_always")
    if variation.now is True and question.state(subject.item) is False:
        return (), (), _messages.text("explain_later")
    ways = tuple(way for way, changes in _ways(variation) if subject.whole or question.changed(variation, changes))
    return ways, (), "" if ways else _messages.text("explain_many")


def _of_action(question: _Question, subject: Subject) -> _Found:
    state = question.state(subject.item)
    if state == "hidden":
        return _of_item(question, stage_of(question.pack, subject))
    if state == "open":
        ways, _, remark = _of_item(question, subject)
        # That it is over once others have acted goes without saying.
        return tuple(way for way in ways if way.changes[0].source not in ("act", "term")), (), remark
    action = action_of(question.pack, subject.item.code, question.facts, question.on)
    parts = []
    for reason in action.reasons:
        variation = Variation(question.pack, reason_of(question.pack, subject, reason), question.facts, question.on)
        found = tuple(way for way, _ in _ways(variation))
        parts.append(Part(reason.code, reason.label, reason.remedy, reason.basis, found))
    return (), tuple(parts), _messages.text("explain_together") if len(parts) > 1 else ""


def _ways(variation: Variation) -> Iterator[tuple[Way, dict[str, FactValue]]]:
    found = False
    for name in variation.kinds:
        for other in variation.others(name):
            found = True
            yield _way(variation, (other,)), {name: other.values[0]}
    if not found:
        for one, other in _pairs(variation):
            yield _way(variation, (one, other)), {one.name: one.values[0], other.name: other.values[0]}


def _pairs(variation: Variation) -> Iterator[tuple[Other, Other]]:
    """Two facts that only together change the subject, the ends of each told while the other is as proposed."""
    tries = told = 0
    few = {name: variation.few(name) for name in variation.kinds}
    for one, other in combinations(variation.kinds, 2):
        for values in product(few[one], few[other]):
            tries += 1
            if tries > _TRIES or told == _WAYS:
                return
            state = variation.state({one: values[0], other: values[1]})
            if state is None or not variation.differs(state):
                continue
            mine = _refined(variation, one, {other: values[1]}, state, values[0])
            theirs = _refined(variation, other, {one: mine.values[0]}, state, values[1])
            told += 1
            yield mine, theirs
            break


def _refined(variation: Variation, name: str, given: dict[str, FactValue], state: State, value: FactValue) -> Other:
    """All that ``name`` may be for the subject to stand so, ``given`` the other change."""
    for other in variation.others(name, given):
        if other.state == state and (value in other.values or _within(other, value)):
            return other
    return Other(name, variation.kinds[name], (value,), state)


def _within(other: Other, value: FactValue) -> bool:
    if other.kind not in ("money", "int", "date") or value == "" or "" in other.values:
        return False
    place = date.fromisoformat(value).toordinal() if isinstance(value, str) else int(str(value))
    return (other.low is None or other.low <= place) and (other.high is None or place <= other.high)


def _way(variation: Variation, others: tuple[Other, ...]) -> Way:
    state = others[0].state
    ground = variation.ground({other.name: other.values[0] for other in others})
    told = [_change(variation, other, ground) for other in others]
    return Way(tuple(change for change, _ in told), state, sentence([stem for _, stem in told], then(variation, state)))


def _change(variation: Variation, other: Other, ground: Basis) -> tuple[Alteration, Stem]:
    """A change, and how a sentence tells it; ``ground`` decides then, if no number of the law does."""
    ends = bounds_of(variation, other)
    source, acts = source_of(variation.pack, other.name, other.values[0])
    stated = [end.basis for end in ends if end and end.basis]
    change = Alteration(
        fact=other.name,
        label=label_of(variation.pack, other.name),
        from_=variation.value(other.name),
        to=other.values,
        low=ends[0],
        high=ends[1],
        source=source,
        acts=acts,
        basis=stated[0] if stated else ground,
    )
    return change, stem(variation, other, ends, (source, acts))
