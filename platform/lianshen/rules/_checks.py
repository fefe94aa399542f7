"""What can be proved of a pack before it is compiled: every code is known and used, every band meets the next."""

import re
from collections.abc import Iterator
from datetime import date
from graphlib import CycleError, TopologicalSorter
from typing import Any

import msgspec

from lianshen.kernel.strict_yaml import Spot
from lianshen.rules import _acts as a
from lianshen.rules import _schema as s
from lianshen.rules._entry import ALWAYS, Entry
from lianshen.rules._source import Source
from lianshen.rules._vocabulary import Vocabulary, answers_kind, answers_to

UNIVERSAL_BODIES = frozenset({"project_unit", "opinions_pending"})
OPINIONS = ("opinions_asked", "opinions_pending")
_ARTICLE = re.compile(r"第[一二三四五六七八九十百]+条(（[一二三四五六七八九十]+）)?|附件\d+")
_VOCABULARY = "_vocabulary/"
_CLOCK_UNITS = frozenset({"working_day", "day", "month", "year"})

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
    (s.StepRule, "at"): "events",
    (s.ContentRule, "content"): "contents",
    (s.ContentRule, "of"): "documents",
    (s.ContentRule, "at"): "events",
    (s.DateRule, "from_"): "dated",
    (s.FigureRule, "first_of"): "facts",
    (s.FigureRule, "sum_of"): "facts",
    (s.DateRule, "after"): "parameters",
    (s.DateRule, "before"): "parameters",
    (s.DateRule, "yearly"): "parameters",
    (s.BlockRule, "block"): "blocks",
    (s.BlockRule, "closes"): "actions",
    (s.BlockRule, "at"): "events",
    (s.BlockRule, "overridable_by"): "bodies",
    (s.BlockRule, "decided_by"): "bodies",
    (s.ClockRule, "budget"): "parameters",
    (s.ClockRule, "from_"): "dated",
    (s.ClockRule, "owed_by"): "bodies",
    (s.ClockRule, "owed_to"): "bodies",
    (s.ClockRule, "events"): "events",
    (s.ClockRule, "leads_to"): "steps",
    (s.Expiry, "sets"): "facts",
    (s.Expiry, "stamps"): "facts",
    (s.Expiry, "starts"): "clocks",
    (s.NoticeRule, "at"): "events",
    (a.Ask, "body"): "bodies",
    (a.ActionRule, "by"): "bodies",
    (a.ActionRule, "due_clock"): "clocks",
    (a.ActionRule, "events"): "events",
    (a.ActionRule, "sets"): "facts",
    (a.ActionRule, "stamps"): "facts",
    (a.ActionRule, "clears"): "facts",
    (a.ActionRule, "appends"): "facts",
    (a.ActionRule, "adds"): "facts",
    (a.ActionRule, "counts"): "facts",
    (a.ActionRule, "revokes"): "own_blocks",
    (a.ActionRule, "starts"): "clocks",
    (a.ActionRule, "stops"): "clocks",
    (s.Tiers, "by"): "amounts",
    (s.Band, "from_"): "parameters",
    (s.Band, "below"): "parameters",
    (s.Covered, "feature"): "features",
    (s.Way, "management"): "managements",
    (a.Window, "from_"): "dated",
    (a.Window, "until"): "dated",
    (s.RecastRule, "fact"): "facts",
}
_KINDS = {
    "documents": ("材料", _VOCABULARY + "documents.yaml"),
    "steps": ("步骤", _VOCABULARY + "steps.yaml"),
    "blocks": ("限制", _VOCABULARY + "blocks.yaml"),
    "events": ("事件", _VOCABULARY + "events.yaml"),
    "contents": ("内容", _VOCABULARY + "contents.yaml"),
    "facts": ("事实", _VOCABULARY + "facts.yaml"),
    "dated": ("日期", _VOCABULARY + "facts.yaml"),
    "amounts": ("金额或数量", _VOCABULARY + "facts.yaml"),
    "bodies": ("机构", "bodies"),
    "actions": ("动作", "actions"),
    "clocks": ("期限", "clocks"),
    "own_blocks": ("限制", "blocks"),
    "parameters": ("参数", "parameters"),
    "clauses": ("条款", "clauses"),
    "features": ("功能", _VOCABULARY + "features.yaml"),
    "managements": ("管理方式", "managements"),
}


def entries(law: s.Law) -> Iterator[tuple[Spot, Any]]:
    """Every entry of the pack with where it stands."""
    return _walk((), law)


def supplied(law: s.Law) -> frozenset[str]:
    """The facts that somebody can state: at intake, in an action, by the course of things."""
    stated = {"documents", "exceptions", "readings", *(field.fact for part in law.intake for field in part.fields)}
    for action in law.actions:
        stated |= {
            *action.sets,
            *action.appends,
            *action.adds,
            *action.counts,
            *_written(action),
            *(OPINIONS if action.asks else ()),
        }
    for clock in law.clocks:
        stated |= {*clock.on_expiry.sets, *clock.on_expiry.stamps}
    stated |= {name for rule in law.links.values() for name in rule.facts}
    return frozenset(name for name in stated if name is not None)


def check(source: Source, law: s.Law, vocabulary: Vocabulary, parameters: dict[str, int]) -> None:
    """Raise PackError on the first thing that cannot be right."""
    _codes(source, law, vocabulary)
    _answers(source, law, vocabulary)
    _once(source, law)
    _clauses(source, law)
    _parameters(source, law)
    _bands(source, law, parameters)
    _figures(source, law, vocabulary)
    _links(source, law, vocabulary)
    _dates(source, law)
    _clocks(source, law)
    _notices(source, law)
    _recasts(source, law, vocabulary)
    _disputes(source, law)
    judges = {body for action in law.actions if _offers(action, "exceptions") for body in action.by}
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
            if last != (when == ALWAYS):
                raise source.error((*spot, place), "last_way" if last else "too_early")


def _walk(spot: Spot, value: Any) -> Iterator[tuple[Spot, Any]]:
    if isinstance(value, Entry):
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
        "contents": frozenset(vocabulary.contents),
        "facts": frozenset(vocabulary.facts),
        "amounts": frozenset(_amounts(vocabulary)) | law.figures.keys(),
        "dated": frozenset(name for name, fact in vocabulary.facts.items() if fact.type == "date") | law.dates.keys(),
        "bodies": UNIVERSAL_BODIES | law.bodies.keys(),
        "actions": frozenset(action.action for action in law.actions),
        "clocks": frozenset(clock.clock for clock in law.clocks),
        "own_blocks": frozenset(block.block for block in law.blocks),
        "parameters": frozenset(law.parameters),
        "clauses": frozenset(law.clauses),
        "features": frozenset(vocabulary.features),
        "managements": frozenset(answers_to(vocabulary, "management")),
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
        if name not in cited and ("clauses", name) not in source.inherited:
            raise source.error(("clauses", name), "unused", kind="条款", name=name)
    for name, covered in law.coverage.items():
        if name in law.clauses or (covered.feature is None) == (covered.not_software is None):
            raise source.error(("coverage", name), "coverage", name=name)
    for name, parameter in law.parameters.items():
        if parameter.text not in law.clauses[parameter.clause].quotation:
            raise source.error(("parameters", name, "text"), "quotation", name=parameter.clause, text=parameter.text)


def axes_of(law: s.Law) -> dict[str, s.Tiers]:
    """Each classification by the name that conditions give it."""
    main = {} if law.tiers is None else {"tier": law.tiers}
    return main | {f"tier_{name}": tiers for name, tiers in law.axes.items()}


def listed(names: str | list[str] | None) -> tuple[str, ...]:
    """One name, several, or none."""
    return (names,) if isinstance(names, str) else tuple(names or ())


def dates_in_order(source: Source, law: s.Law) -> list[str]:
    """The derived dates, each after those that it follows from. Raises PackError on a ring."""
    graph = TopologicalSorter({name: listed(rule.from_) for name, rule in law.dates.items()})
    try:
        return [name for name in graph.static_order() if name in law.dates]
    except CycleError as error:
        raise source.error(("dates", error.args[1][0]), "ring", name=" → ".join(error.args[1])) from error


def _bands(source: Source, law: s.Law, parameters: dict[str, int]) -> None:
    if law.tiers is not None:
        _axis(source, ("tiers", "bands"), law.tiers.bands, parameters)
    for name, tiers in law.axes.items():
        _axis(source, ("axes", name, "bands"), tiers.bands, parameters)


def _axis(source: Source, where: Spot, bands: list[s.Band], parameters: dict[str, int]) -> None:
    for place, band in enumerate(bands):
        spot: Spot = (*where, place)
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


def _amounts(vocabulary: Vocabulary) -> list[str]:
    return [name for name, fact in vocabulary.facts.items() if fact.type in ("int", "money")]


def _figures(source: Source, law: s.Law, vocabulary: Vocabulary) -> None:
    known = _amounts(vocabulary)
    for name, rule in law.figures.items():
        spot: Spot = ("figures", name)
        if bool(rule.first_of) == bool(rule.sum_of):
            raise source.error(spot, "figure_shape", name=name)
        for part in (*rule.first_of, *rule.sum_of):
            if part not in known:
                raise source.error(spot, "type", name=part, wanted="money、int")
    for place, action in enumerate(law.actions):
        for name in (*action.counts, *action.adds, *action.adds.values()):
            if name not in known:
                raise source.error(("actions", place), "type", name=name, wanted="money、int")
        asked = {field.fact or field.name for field in action.form}
        for number, check in enumerate(action.checks):
            if check.field not in asked:
                raise source.error(("actions", place, "checks", number), "not_in_form", name=check.field)


def _links(source: Source, law: s.Law, vocabulary: Vocabulary) -> None:
    for name, rule in law.links.items():
        fact = vocabulary.facts.get(name)
        if fact is None or fact.type != "text":
            raise source.error(("links", name), "link_text", name=name)
        for mine, theirs in rule.facts.items():
            one, other = vocabulary.facts.get(mine), vocabulary.facts.get(theirs)
            if one is None or other is None or one.type != other.type:
                raise source.error(("links", name), "link_types", name=mine, other=theirs)


def _dates(source: Source, law: s.Law) -> None:
    for name, rule in law.dates.items():
        spot: Spot = ("dates", name)
        if not (rule.yearly or rule.from_) or len([key for key in (rule.yearly, rule.after, rule.before) if key]) > 1:
            raise source.error(spot, "date_shape", name=name)
        for key in (rule.after, rule.before):
            if key and law.parameters[key].unit not in _CLOCK_UNITS:
                raise source.error(spot, "type", name=key, wanted="工作日、日、月、年")
        if rule.yearly and law.parameters[rule.yearly].unit != "month_day":
            raise source.error(spot, "type", name=rule.yearly, wanted="month_day")


def _parameters(source: Source, law: s.Law) -> None:
    for name, parameter in law.parameters.items():
        if (parameter.unit == "month_day") != isinstance(parameter.value, str):
            raise source.error(("parameters", name, "value"), "type", name="value", wanted=parameter.unit)
        if isinstance(parameter.value, str) and not _month_day(parameter.value):
            raise source.error(("parameters", name, "value"), "month_day", text=parameter.value)


def _month_day(said: str) -> bool:
    try:
        return bool(date.fromisoformat(f"2001-{said}"))
    except ValueError:
        return False


def _clocks(source: Source, law: s.Law) -> None:
    started = {clock for action in law.actions for clock in action.starts}
    started |= {clock for rule in law.clocks for clock in rule.on_expiry.starts}
    stopped = {clock for action in law.actions for clock in action.stops}
    for place, clock in enumerate(law.clocks):
        spot: Spot = ("clocks", place)
        if clock.standing and (clock.clock in started | stopped or not clock.events):
            raise source.error(spot, "standing", name=clock.clock)
        if not clock.standing and clock.clock not in started:
            raise source.error(spot, "never_starts", name=clock.clock)
        if not clock.standing and clock.clock not in stopped:
            raise source.error(spot, "never_stops", name=clock.clock)
        if (clock.on_expiry.code == "none") == bool(clock.on_expiry.sets) and not clock.standing:
            raise source.error((*spot, "on_expiry"), "expiry_sets", name=clock.clock)
        if clock.budget is None and clock.from_ is None:
            raise source.error(spot, "clock_without_end", name=clock.clock)
        if clock.budget is not None and law.parameters[clock.budget].unit not in _CLOCK_UNITS:
            raise source.error((*spot, "budget"), "type", name=clock.budget, wanted="时间")
        _dated_when_started(source, law, clock)


def _dated_when_started(source: Source, law: s.Law, clock: s.ClockRule) -> None:
    """A date that somebody sets by hand is part of the act that starts the clock; others come from somewhere."""
    stated = supplied(law)
    for number, action in enumerate(law.actions):
        if clock.clock in action.starts:
            dates = stated if clock.budget else _written(action)
            for name in listed(clock.from_):
                if name not in law.dates and name not in dates:
                    raise source.error(("actions", number, "starts"), "clock_start", name=clock.clock, fact=name)


def _notices(source: Source, law: s.Law) -> None:
    for place, notice in enumerate(law.notices):
        if (notice.value is None) == (notice.computes is None):
            raise source.error(("notices", place), "notice_value", name=notice.notice)


def _recasts(source: Source, law: s.Law, vocabulary: Vocabulary) -> None:
    for place, rule in enumerate(law.recasts):
        if rule.treated_as not in vocabulary.facts[rule.fact].options:
            raise source.error(("recasts", place, "treated_as"), "no_option", name=rule.treated_as, fact=rule.fact)


def _disputes(source: Source, law: s.Law) -> None:
    """What a person may decide has a form to decide it in, and the other way round."""
    decidable = any(_offers(action, "disputes") for action in law.actions)
    codes = [(place, rule.code) for place, rule in enumerate(law.disputes) if rule.code]
    for place, code in codes:
        if not decidable:
            raise source.error(("disputes", place), "dispute_without_judge", name=code)
        if [other for _, other in codes].count(code) > 1:
            raise source.error(("disputes", place), "twice", name=code)
    for place, action in enumerate(law.actions):
        if not codes and _offers(action, "disputes"):
            raise source.error(("actions", place), "judge_without_dispute", name=action.action)


def _offers(action: a.ActionRule, what: str) -> bool:
    return any(field.options_from == what for field in action.form)


def _written(action: a.ActionRule) -> set[str]:
    return {*action.stamps, *(field.fact for field in action.form if field.fact is not None)}
