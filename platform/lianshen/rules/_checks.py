"""What can be proved of a pack before it is compiled: every code is known and used, every band meets the next."""

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from lianshen.kernel.strict_yaml import Spot
from lianshen.rules import _schema as s
from lianshen.rules._source import Source
from lianshen.rules._vocabulary import Vocabulary, answers_kind, answers_to

UNIVERSAL_BODIES = frozenset({"project_unit", "opinions_pending"})
OPINIONS = ("opinions_asked", "opinions_pending")
_ARTICLE = re.compile(r"第[一二三四五六七八九十百]+条(（[一二三四五六七八九十]+）)?")
_VOCABULARY = "_vocabulary/"

# Which codes each key may hold: (entry, key) -> kind; for the kinds see _universe.
_REFERENCES: dict[tuple[type, str], str] = {
    (s.PaperRule, "paper"): "documents",
    (s.PaperRule, "for_"): "actions",
    (s.PaperRule, "at"): "events",
    (s.PaperRule, "with_"): "actions",
    (s.PaperRule, "enforced_by"): "own_blocks",
    (s.ChoiceRule, "papers"): "documents",
    (s.StepRule, "step"): "steps",
    (s.StepRule, "by"): "bodies",
    (s.StepRule, "before"): "events",
    (s.BlockRule, "block"): "blocks",
    (s.BlockRule, "closes"): "actions",
    (s.BlockRule, "at"): "events",
    (s.BlockRule, "overridable_by"): "bodies",
    (s.BlockRule, "decided_by"): "bodies",
    (s.ClockRule, "budget"): "parameters",
    (s.ClockRule, "from_"): "facts",
    (s.ClockRule, "owed_by"): "bodies",
    (s.ClockRule, "owed_to"): "bodies",
    (s.ClockRule, "events"): "events",
    (s.ClockRule, "leads_to"): "steps",
    (s.Expiry, "sets"): "facts",
    (s.Expiry, "stamps"): "facts",
    (s.NoticeRule, "at"): "events",
    (s.Ask, "body"): "bodies",
    (s.ActionRule, "by"): "bodies",
    (s.ActionRule, "due_clock"): "clocks",
    (s.ActionRule, "events"): "events",
    (s.ActionRule, "sets"): "facts",
    (s.ActionRule, "stamps"): "facts",
    (s.ActionRule, "clears"): "facts",
    (s.ActionRule, "appends"): "facts",
    (s.ActionRule, "adds"): "facts",
    (s.ActionRule, "revokes"): "own_blocks",
    (s.ActionRule, "starts"): "clocks",
    (s.ActionRule, "stops"): "clocks",
    (s.Tiers, "by"): "facts",
    (s.Band, "from_"): "parameters",
    (s.Band, "below"): "parameters",
}
_KINDS = {
    "documents": ("材料", _VOCABULARY + "documents.yaml"),
    "steps": ("步骤", _VOCABULARY + "steps.yaml"),
    "blocks": ("限制", _VOCABULARY + "blocks.yaml"),
    "events": ("事件", _VOCABULARY + "events.yaml"),
    "facts": ("事实", _VOCABULARY + "facts.yaml"),
    "bodies": ("机构", "bodies"),
    "actions": ("动作", "actions"),
    "clocks": ("期限", "clocks"),
    "own_blocks": ("限制", "blocks"),
    "parameters": ("参数", "parameters"),
    "clauses": ("条款", "clauses"),
}


def entries(law: s.Law) -> Iterator[tuple[Spot, Any]]:
    """Every entry of the pack with where it stands."""
    return _walk((), law)


def supplied(law: s.Law) -> frozenset[str]:
    """The facts that somebody can state: at intake, in an action, by the course of things."""
    stated = {"documents", "exceptions", *(field.fact for part in law.intake for field in part.fields)}
    for action in law.actions:
        stated |= {*action.sets, *action.appends, *action.adds, *_written(action), *(OPINIONS if action.asks else ())}
    for clock in law.clocks:
        stated |= {*clock.on_expiry.sets, *clock.on_expiry.stamps}
    return frozenset(name for name in stated if name is not None)


def check(source: Source, law: s.Law, vocabulary: Vocabulary, parameters: dict[str, int]) -> None:
    """Raise PackError on the first thing that cannot be right."""
    _codes(source, law, vocabulary)
    _answers(source, law, vocabulary)
    _once(source, law)
    _clauses(source, law)
    _bands(source, law, parameters)
    _clocks(source, law)
    judges = {body for action in law.actions if "grant_exception" in action.effects for body in action.by}
    for place, block in enumerate(law.blocks):
        if block.strength == "in_principle" and block.overridable_by not in judges:
            raise source.error(("blocks", place), "soft_without_judge", name=block.block)
        if block.strength == "absolute" and block.overridable_by is not None:
            raise source.error(("blocks", place), "hard_with_judge", name=block.block)
    ordered: dict[Spot, list[str]] = {
        ("phases",): [phase.when for phase in law.phases],
        ("scope", "ways"): [way.when for way in law.scope.ways],
    }
    for spot, conditions in ordered.items():
        for place, when in enumerate(conditions):
            last = place == len(conditions) - 1
            if last != (when == s.ALWAYS):
                raise source.error((*spot, place), "last_way" if last else "too_early")


def _walk(spot: Spot, value: Any) -> Iterator[tuple[Spot, Any]]:
    if isinstance(value, s.Entry):
        yield spot, value
        for field in msgspec.structs.fields(value):
            yield from _walk((*spot, field.encode_name), getattr(value, field.name))
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from _walk((*spot, place), item)
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _walk((*spot, name), item)


def _universe(law: s.Law, vocabulary: Vocabulary) -> dict[str, frozenset[str]]:
    return {
        "documents": frozenset(vocabulary.documents),
        "steps": frozenset(vocabulary.steps),
        "blocks": frozenset(vocabulary.blocks),
        "events": frozenset(vocabulary.events),
        "facts": frozenset(vocabulary.facts),
        "bodies": UNIVERSAL_BODIES | law.bodies.keys(),
        "actions": frozenset(action.action for action in law.actions),
        "clocks": frozenset(clock.clock for clock in law.clocks),
        "own_blocks": frozenset(block.block for block in law.blocks),
        "parameters": frozenset(law.parameters),
        "clauses": frozenset(law.clauses),
    }


def _codes(source: Source, law: s.Law, vocabulary: Vocabulary) -> None:
    known = _universe(law, vocabulary)
    for body in law.bodies:
        if body not in vocabulary.bodies:
            raise source.error(("bodies", body), "unknown", kind="机构", name=body, where="_vocabulary/bodies.yaml")
    for spot, entry in entries(law):
        for field in msgspec.structs.fields(entry):
            kind = "clauses" if field.name == "clause" else _REFERENCES.get((type(entry), field.name))
            said = getattr(entry, field.name)
            if kind is None or said is None:
                continue
            for name in [said] if isinstance(said, str) else said:
                if name not in known[kind]:
                    code = "unbound" if name in vocabulary.bodies else "unknown"
                    what, where = _KINDS[kind]
                    raise source.error((*spot, field.encode_name), code, kind=what, name=name, where=where)


def _answers(source: Source, law: s.Law, vocabulary: Vocabulary) -> None:
    """Notices put known questions and give answers of their kind; an answer that is computed is known later."""
    where = _VOCABULARY + "answers.yaml"
    for place, rule in enumerate(law.notices):
        spot: Spot = ("notices", place)
        question = vocabulary.answers.get(rule.notice)
        if question is None:
            raise source.error((*spot, "notice"), "unknown", kind="问题", name=rule.notice, where=where)
        if rule.value is None:
            continue
        if not answers_kind(question.type, rule.value):
            raise source.error((*spot, "value"), "answer", name=rule.notice, wanted=question.type)
        known = answers_to(vocabulary, rule.notice)
        codes = rule.value if isinstance(rule.value, list) else [rule.value]
        for code in codes if known else ():
            if code not in known:
                raise source.error((*spot, "value"), "unknown", kind="答案", name=code, where=where)


def _once(source: Source, law: s.Law) -> None:
    lists: dict[str, list[str]] = {
        "actions": [item.action for item in law.actions],
        "clocks": [item.clock for item in law.clocks],
        "phases": [item.phase for item in law.phases],
    }
    for key, names in lists.items():
        for place, name in enumerate(names):
            if name in names[:place]:
                raise source.error((key, place), "twice", name=name)


def _clauses(source: Source, law: s.Law) -> None:
    cited = {entry.clause for _, entry in entries(law) if hasattr(entry, "clause")}
    for name, clause in law.clauses.items():
        if not _ARTICLE.fullmatch(clause.article):
            raise source.error(("clauses", name, "article"), "article", name=name, text=clause.article)
        if name not in cited:
            raise source.error(("clauses", name), "unused", kind="条款", name=name)
    for name, parameter in law.parameters.items():
        if parameter.text not in law.clauses[parameter.clause].quotation:
            raise source.error(("parameters", name, "text"), "quotation", name=parameter.clause, text=parameter.text)


def _bands(source: Source, law: s.Law, parameters: dict[str, int]) -> None:
    bands = law.tiers.bands
    for place, band in enumerate(bands):
        spot: Spot = ("tiers", "bands", place)
        if place == 0 and band.from_ is not None:
            raise source.error(spot, "bands_first")
        if (place == len(bands) - 1) != (band.below is None):
            raise source.error(spot, "bands_last")
        low = 0 if band.from_ is None else parameters[band.from_]
        end = 0 if place == 0 else parameters[bands[place - 1].below or ""]
        if low != end:
            code = "bands_gap" if low > end else "bands_overlap"
            raise source.error(spot, code, low=f"{min(low, end) / 100:,.2f}", high=f"{max(low, end) / 100:,.2f}")
        if band.below is not None and parameters[band.below] <= low:
            raise source.error(spot, "bands_empty", name=band.tier)


def _clocks(source: Source, law: s.Law) -> None:
    started = {clock for action in law.actions for clock in action.starts}
    stopped = {clock for action in law.actions for clock in action.stops}
    for place, clock in enumerate(law.clocks):
        spot: Spot = ("clocks", place)
        if clock.clock not in started:
            raise source.error(spot, "never_starts", name=clock.clock)
        if clock.clock not in stopped:
            raise source.error(spot, "never_stops", name=clock.clock)
        if (clock.on_expiry.code == "none") == bool(clock.on_expiry.sets):
            raise source.error((*spot, "on_expiry"), "expiry_sets", name=clock.clock)
        if clock.budget is None and clock.from_ is None:
            raise source.error(spot, "clock_without_end", name=clock.clock)
        if clock.budget is not None and law.parameters[clock.budget].unit in ("yuan", "percent"):
            raise source.error((*spot, "budget"), "type", name=clock.budget, wanted="时间")
        written = supplied(law)
        for number, action in enumerate(law.actions):
            dates = written if clock.budget else _written(action)
            if clock.clock in action.starts and clock.from_ and clock.from_ not in dates:
                raise source.error(("actions", number, "starts"), "clock_start", name=clock.clock, fact=clock.from_)


def _written(action: s.ActionRule) -> set[str]:
    return {*action.stamps, *(field.fact for field in action.form if field.fact is not None)}
