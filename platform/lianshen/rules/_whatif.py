"""What another version of the law would change for projects: the same facts, the same day, both laws, side by side."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from typing import Any, Literal

import msgspec

from lianshen.rules import _messages
from lianshen.rules._assess import assess
from lianshen.rules._expression import ExpressionError
from lianshen.rules._pack import Pack
from lianshen.rules._reading import number_said, strength_said
from lianshen.rules._vocabulary import CEL_KIND, frozen
from lianshen.rules.types import Assessment, Clock, Facts

Kind = Literal[
    "scope", "management", "tiers", "papers", "contents", "steps", "blocks", "clocks", "choices", "notices", "disputes",
    "actions", "phase",
]  # fmt: skip
Told = Mapping[str, tuple[str, str]]
"""What is told under a code: its name, and what there is to say about it."""
KINDS: dict[Kind, str] = {
    "scope": "是否适用",
    "management": "管理方式",
    "tiers": "档次",
    "papers": "材料",
    "contents": "须写明的内容",
    "steps": "办理环节",
    "blocks": "限制",
    "clocks": "期限",
    "choices": "可选的简化",
    "notices": "提示",
    "disputes": "两种理解",
    "actions": "轮到办理的事项",
    "phase": "状态",
}
_EXAMPLES = 5
_UNITS = {"working_days": "working_day", "days": "day", "months": "month"}
_SCOPES = {"yes": "适用", "no": "不适用", "undetermined": "未作定论"}


class Difference(msgspec.Struct, frozen=True):
    """One outcome that differs; ``said`` is Chinese: 增加 可行性研究报告, or 修改后再次申报：30 日 → 20 日."""

    kind: Kind
    said: str


class Filed(msgspec.Struct, frozen=True):
    """A project as it was filed: its number, the day, and what was known then. Money is fen."""

    number: str
    on: date
    facts: Facts


class Outcome(msgspec.Struct, frozen=True):
    """One difference, how many projects have it, and the numbers of some."""

    said: str
    projects: int
    examples: tuple[str, ...]


class OutcomesOfKind(msgspec.Struct, frozen=True):
    """How many projects differ in this kind at all, and in what, most frequent first."""

    kind: Kind
    label: str
    projects: int
    outcomes: tuple[Outcome, ...]


class WhatIf(msgspec.Struct, frozen=True):
    """Two laws over many projects. ``unanswered`` are numbers of projects on whose facts one of them has no answer.

    ``complete`` is false when not all projects were looked at.
    """

    old: str
    new: str
    projects: int
    unchanged: int
    kinds: tuple[OutcomesOfKind, ...]
    unanswered: tuple[str, ...]
    complete: bool = True


def differences(old: Pack, new: Pack, facts: Facts, on: date) -> tuple[Difference, ...]:
    """What differs between the answers of two laws about one project. Raises ExpressionError."""
    before, after = assess(old, facts, "", on), assess(new, facts, "", on)
    return tuple(compared(old, before, new, after))


def compared(old: Pack, before: Assessment, new: Pack, after: Assessment) -> Iterator[Difference]:
    """What differs between two assessments, in the order of KINDS."""
    if before.in_scope != after.in_scope:
        yield Difference("scope", _turned(_SCOPES[before.in_scope], _SCOPES[after.in_scope]))
    if before.management != after.management:
        yield Difference("management", _turned(before.management_label or "—", after.management_label or "—"))
    tiers = {axis.variable: tier for axis, tier in zip(old.axes, before.tiers, strict=True)}
    for axis, tier in zip(new.axes, after.tiers, strict=True):
        if axis.variable in tiers and tiers[axis.variable].code != tier.code:
            yield Difference("tiers", _turned(tiers[axis.variable].label, tier.label))
    for kind, told in _TOLD.items():
        yield from _listed(kind, told(before), told(after))
    if before.phase_label != after.phase_label:
        yield Difference("phase", _turned(before.phase_label, after.phase_label))


def _listed(kind: Kind, before: Told, after: Told) -> Iterator[Difference]:
    if before == after:
        return
    for code, (label, _) in before.items():
        if code not in after:
            yield Difference(kind, _messages.text("what_if_gone", label=label))
    for code, (label, detail) in after.items():
        if code not in before:
            yield Difference(kind, _messages.text("what_if_new", label=label))
        elif before[code][1] != detail:
            yield Difference(kind, f"{label}：{_turned(before[code][1], detail)}")


def _turned(before: str, after: str) -> str:
    return f"{before} → {after}"


def _length(clock: Clock) -> str:
    """How long a term is."""
    return "" if clock.budget is None else number_said(_UNITS[clock.unit], clock.budget)


_TOLD: dict[Kind, Callable[[Assessment], Told]] = {
    "papers": lambda said: {one.code: (one.label, "") for one in said.papers},
    "contents": lambda said: {one.code: (one.label, "") for one in said.contents},
    "steps": lambda said: {one.code: (one.label, one.by_label) for one in said.steps},
    "blocks": lambda said: {one.code: (one.label, strength_said(one.strength)) for one in said.blocks},
    "clocks": lambda said: {one.code: (one.label, _length(one)) for one in said.clocks},
    "choices": lambda said: {one.label: (one.label, "") for one in said.choices},
    "notices": lambda said: {one.label: (one.label, "") for one in said.notices},
    "disputes": lambda said: {one.point: (one.point, "") for one in said.disputes},
    "actions": lambda said: {one.code: (one.label, "") for one in said.actions if one.timely},
}


class Tally:
    """Counts what differs, project by project; what it holds does not grow with their number."""

    def __init__(self, old: Pack, new: Pack) -> None:
        self.old, self.new = old, new
        self.projects = 0
        self._unchanged = 0
        self._of_kind: dict[Kind, int] = dict.fromkeys(KINDS, 0)
        self._counts: dict[Difference, int] = {}
        self._examples: dict[Difference, list[str]] = {}
        self._unanswered: list[str] = []

    def add(self, project: Filed) -> tuple[Difference, ...]:
        """Compare one more project; returns what differs."""
        self.projects += 1
        try:
            found = differences(self.old, self.new, project.facts, project.on)
        except ExpressionError:
            self._unanswered.append(project.number)
            return ()
        self._unchanged += not found
        for kind in {one.kind for one in found}:
            self._of_kind[kind] += 1
        for one in dict.fromkeys(found):
            self._counts[one] = self._counts.get(one, 0) + 1
            examples = self._examples.setdefault(one, [])
            if len(examples) < _EXAMPLES:
                examples.append(project.number)
        return found

    def result(self, *, complete: bool = True) -> WhatIf:
        """The table as it stands."""
        ranked = sorted(self._counts, key=lambda one: (-self._counts[one], one.said))
        kinds = tuple(
            OutcomesOfKind(
                kind,
                label,
                self._of_kind[kind],
                tuple(
                    Outcome(one.said, self._counts[one], tuple(self._examples[one]))
                    for one in ranked
                    if one.kind == kind
                ),
            )
            for kind, label in KINDS.items()
            if self._of_kind[kind]
        )
        return WhatIf(
            self.old.ref, self.new.ref, self.projects, self._unchanged, kinds, tuple(self._unanswered), complete
        )


class FactsError(Exception):
    """A line that is no project: the message is Chinese and says what is wrong with it."""


def read_filed(line: bytes, packs: Iterable[Pack], on: date) -> Filed:
    """A project from a line of JSON: ``{"number": …, "on": …, "facts": {…}}``; without a day it is ``on``.

    Facts have the names and types of the vocabulary, money is fen. Raises FactsError.
    """
    try:
        said = msgspec.json.decode(line, type=_Line)
    except msgspec.DecodeError as error:
        raise FactsError(_messages.text("what_if_line", problem=error)) from error
    known = {name: fact for pack in packs for name, fact in pack.vocabulary.facts.items()}
    for name, value in said.facts.items():
        if name not in known:
            raise FactsError(_messages.text("what_if_unknown", name=name))
        if not _fits(CEL_KIND[known[name].type], value):
            raise FactsError(_messages.text("what_if_type", name=name, type=known[name].type))
    return Filed(said.number, said.on or on, {name: frozen(value) for name, value in said.facts.items()})


class _Line(msgspec.Struct, forbid_unknown_fields=True):
    number: str
    facts: dict[str, Any]
    on: date | None = None


def _fits(kind: str, value: Any) -> bool:
    if kind == "codes":
        return isinstance(value, list) and all(isinstance(one, str) for one in value)
    return type(value) is {"bool": bool, "int": int, "str": str}[kind]


def declared(packs: Iterable[Pack]) -> frozenset[str]:
    """The facts of a project that its procedure did not make.

    They are what the declarations of these laws ask, the papers handed in, what is known of its unit or of another one.
    """
    names = {"documents"}
    for pack in packs:
        names |= {field.name for field in pack.intake} | pack.of_unit | pack.linked
    return frozenset(names)
