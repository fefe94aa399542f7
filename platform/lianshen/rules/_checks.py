"""What can be proved of a pack before it is compiled: every code is known and used, every band meets the next."""

import re
from collections.abc import Collection, Iterator
from graphlib import CycleError, TopologicalSorter

from lianshen.kernel.strict_yaml import Spot
from lianshen.rules import _acts as a
from lianshen.rules import _ladders as l
from lianshen.rules import _schema as s
from lianshen.rules._entry import ALWAYS, Entry, entries, keys_of
from lianshen.rules._faults import Both, nearest, some
from lianshen.rules._source import PackError, Source
from lianshen.rules._vocabulary import Vocabulary, answers_kind, answers_to

UNIVERSAL_BODIES = frozenset({"project_unit", "opinions_pending"})
OPINIONS = ("opinions_asked", "opinions_pending")
_ARTICLE = re.compile(r"(第[一二三四五六七八九十百]+条|序言|附件\d*)(（[一二三四五六七八九十]+）)?")

# Which codes each key may hold: (entry, key) -> kind; for the kinds see _universe.
REFERENCES: dict[tuple[type, str], str] = {
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
    (s.DateRule, "year_of"): "amounts",
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
    (s.ClockRule, "ladder"): "ladders",
    (l.Extension, "by"): "bodies",
    (l.Extension, "most"): "parameters",
    (l.Extension, "times"): "parameters",
    (l.Waiver, "by"): "bodies",
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
    (a.ActionRule, "pauses"): "clocks",
    (a.ActionRule, "resumes"): "clocks",
    (a.ActionRule, "restarts"): "clocks",
    (a.ActionRule, "extends"): "clocks",
    (a.ActionRule, "waives"): "clocks",
    (a.ActionRule, "supersedes"): "clocks",
    (s.Tiers, "by"): "amounts",
    (s.Band, "from_"): "parameters",
    (s.Band, "below"): "parameters",
    (s.Covered, "feature"): "features",
    (s.Way, "management"): "managements",
    (a.Window, "from_"): "dated",
    (a.Window, "until"): "dated",
    (s.RecastRule, "fact"): "facts",
}


def _own(*keys: str) -> Both:
    """Where a pack defines words of its own."""
    return Both(f"本规则包的 {' 或 '.join(keys)} ", f"{' or '.join(keys)} of this pack")


# What each kind of code is called, and where it is defined.
_KINDS = {
    "documents": (Both("材料", "paper"), _own("documents")),
    "steps": (Both("步骤", "step"), _own("step_names")),
    "blocks": (Both("限制", "block"), _own("block_names")),
    "events": (Both("事件", "event"), _own("events")),
    "contents": (Both("内容", "content"), _own("content_names")),
    "facts": (Both("事实", "fact"), _own("facts")),
    "dated": (Both("日期", "date"), _own("dates", "facts")),
    "amounts": (Both("金额或数量", "amount or count"), _own("figures", "facts")),
    "bodies": (Both("机构", "body"), _own("bodies")),
    "actions": (Both("动作", "action"), _own("actions")),
    "clocks": (Both("期限", "clock"), _own("clocks")),
    "ladders": (Both("提醒安排", "ladder"), _own("ladders")),
    "own_blocks": (Both("限制", "block"), _own("blocks")),
    "parameters": (Both("参数", "parameter"), _own("parameters")),
    "clauses": (Both("条款", "clause"), _own("clauses")),
    "features": (Both("功能", "feature"), Both("_vocabulary/features.yaml ", "_vocabulary/features.yaml")),
    "managements": (Both("管理方式", "way of management"), _own("managements")),
    "answers": (Both("问题", "question"), _own("questions")),
}


def unknown(source: Source, spot: Spot, kind: str, name: str, known: Collection[str]) -> PackError:
    """The fault of a code of some kind that is none of those known."""
    word, where = _KINDS[kind]
    return source.error(spot, "unknown", kind=word, name=name, where=where, near=nearest(name, known))


def supplied(law: s.Law) -> frozenset[str]:
    """The facts that somebody can state: at intake, in an action, by the course of things."""
    stated = {"documents", "exceptions", "readings", *(field.fact for part in law.intake for field in part.fields)}
    for action in law.actions:
        stated |= {
            *action.sets,
            *action.appends,
            *action.adds,
            *action.counts,
            *written(action),
            *(OPINIONS if action.asks else ()),
        }
    for clock in law.clocks:
        stated |= {*clock.on_expiry.sets, *clock.on_expiry.stamps}
    stated |= {name for rule in law.links.values() for name in rule.facts}
    return frozenset(name for name in stated if name is not None)


def check(source: Source, law: s.Law, vocabulary: Vocabulary) -> Iterator[PackError]:
    """Everything that cannot be right."""
    yield from _codes(source, law, vocabulary)
    yield from _answers(source, law, vocabulary)
    yield from _once(source, law)
    yield from _clauses(source, law)
    yield from _links(source, law, vocabulary)
    yield from _notices(source, law)
    yield from _recasts(source, law, vocabulary)
    yield from _disputes(source, law)
    judges = {body for action in law.actions if a.chosen_in(action, "exceptions") for body in action.by}
    for place, block in enumerate(law.blocks):
        if block.strength == "in_principle" and block.overridable_by not in judges:
            yield source.error(("blocks", place), "soft_without_judge", name=block.block)
        if block.strength == "absolute" and block.overridable_by is not None:
            yield source.error(("blocks", place), "hard_with_judge", name=block.block)
    ordered: dict[Spot, list[str]] = {
        ("phases",): [phase.when for phase in law.phases],
        ("scope", "ways"): [way.when for way in law.scope.ways],
    }
    for spot, conditions in ordered.items():
        for place, when in enumerate(conditions):
            last = place == len(conditions) - 1
            if last != (when == ALWAYS):
                yield source.error((*spot, place), "last_way" if last else "too_early")


def check_permissions(source: Source, law: s.Law, known: Collection[str] | None) -> Iterator[PackError]:
    """Every action asks for a permission that actions may ask for, where that is known."""
    for place, action in enumerate(law.actions):
        if known is not None and action.permission not in known:
            near = nearest(action.permission, known)
            yield source.error(("actions", place, "permission"), "permission", name=action.permission, near=near)


def _universe(law: s.Law, vocabulary: Vocabulary) -> dict[str, frozenset[str]]:
    return {
        "documents": frozenset(vocabulary.documents),
        "steps": frozenset(vocabulary.steps),
        "blocks": frozenset(vocabulary.blocks),
        "events": frozenset(vocabulary.events),
        "contents": frozenset(vocabulary.contents),
        "facts": frozenset(vocabulary.facts),
        "amounts": frozenset(amounts(vocabulary)) | law.figures.keys(),
        "dated": frozenset(name for name, fact in vocabulary.facts.items() if fact.type == "date") | law.dates.keys(),
        "bodies": UNIVERSAL_BODIES | law.bodies.keys(),
        "actions": frozenset(action.action for action in law.actions),
        "clocks": frozenset(clock.clock for clock in law.clocks),
        "ladders": frozenset(law.ladders),
        "own_blocks": frozenset(block.block for block in law.blocks),
        "parameters": frozenset(law.parameters),
        "clauses": frozenset(law.clauses),
        "features": frozenset(vocabulary.features),
        "managements": frozenset(answers_to(vocabulary, "management")),
    }


def _codes(source: Source, law: s.Law, vocabulary: Vocabulary) -> Iterator[PackError]:
    known = _universe(law, vocabulary)
    for spot, entry in entries(law):
        shape: type[Entry] = type(entry)
        for attribute, key in keys_of(shape):
            kind = "clauses" if attribute == "clause" else REFERENCES.get((shape, attribute))
            said = getattr(entry, attribute)
            if kind is None or said is None:
                continue
            for name in [said] if isinstance(said, str) else said:
                if name in known[kind]:
                    continue
                if name in vocabulary.bodies:
                    yield source.error((*spot, key), "unbound", name=name, near=nearest(name, law.bodies))
                else:
                    yield unknown(source, (*spot, key), kind, name, known[kind])


def _answers(source: Source, law: s.Law, vocabulary: Vocabulary) -> Iterator[PackError]:
    """Notices put known questions and give answers of their kind; an answer that is computed is known later."""
    for place, rule in enumerate(law.notices):
        spot: Spot = ("notices", place)
        question = vocabulary.answers.get(rule.notice)
        if question is None:
            yield unknown(source, (*spot, "notice"), "answers", rule.notice, vocabulary.answers)
        if question is None or rule.value is None:
            continue
        if not answers_kind(question.type, rule.value):
            yield source.error((*spot, "value"), "answer", name=rule.notice, wanted=question.type)
        known = answers_to(vocabulary, rule.notice)
        codes = rule.value if isinstance(rule.value, list) else [rule.value]
        for code in codes if known else ():
            if code not in known:
                near, name = nearest(str(code), known), rule.notice
                yield source.error((*spot, "value"), "no_answer", name=name, text=code, known=some(known), near=near)


def _once(source: Source, law: s.Law) -> Iterator[PackError]:
    lists: dict[str, list[str]] = {
        "actions": [item.action for item in law.actions],
        "clocks": [item.clock for item in law.clocks],
        "phases": [item.phase for item in law.phases],
    }
    for key, names in lists.items():
        for place, name in enumerate(names):
            if name in names[:place]:
                yield source.error((key, place), "twice", name=name)


def _clauses(source: Source, law: s.Law) -> Iterator[PackError]:
    used = {entry.clause for _, entry in entries(law) if hasattr(entry, "clause")}
    for name, clause in law.clauses.items():
        if not _ARTICLE.fullmatch(clause.article):
            yield source.error(("clauses", name, "article"), "article", name=name, text=clause.article)
        if name not in used and ("clauses", name) not in source.inherited:
            yield source.error(("clauses", name), "unused", kind=_KINDS["clauses"][0], name=name)
    for name, covered in law.coverage.items():
        if name in law.clauses or (covered.feature is None) == (covered.not_software is None):
            yield source.error(("coverage", name), "coverage", name=name)
    for name, parameter in law.parameters.items():
        cited = law.clauses.get(parameter.clause)
        if cited is not None and parameter.text not in cited.quotation:
            yield source.error(("parameters", name, "text"), "quotation", name=parameter.clause, text=parameter.text)


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


def amounts(vocabulary: Vocabulary) -> list[str]:
    return [name for name, fact in vocabulary.facts.items() if fact.type in ("int", "money")]


def _links(source: Source, law: s.Law, vocabulary: Vocabulary) -> Iterator[PackError]:
    for name, rule in law.links.items():
        fact = vocabulary.facts.get(name)
        if fact is None or fact.type != "text":
            yield source.error(("links", name), "link_text", name=name)
        for mine, theirs in rule.facts.items():
            one, other = vocabulary.facts.get(mine), vocabulary.facts.get(theirs)
            if one is None or other is None or one.type != other.type:
                yield source.error(("links", name), "link_types", name=mine, other=theirs)


def _notices(source: Source, law: s.Law) -> Iterator[PackError]:
    for place, notice in enumerate(law.notices):
        if (notice.value is None) == (notice.computes is None):
            yield source.error(("notices", place), "notice_value", name=notice.notice)


def _recasts(source: Source, law: s.Law, vocabulary: Vocabulary) -> Iterator[PackError]:
    for place, rule in enumerate(law.recasts):
        if rule.fact in vocabulary.facts and rule.treated_as not in vocabulary.facts[rule.fact].options:
            yield source.error(("recasts", place, "treated_as"), "no_option", name=rule.treated_as, fact=rule.fact)


def _disputes(source: Source, law: s.Law) -> Iterator[PackError]:
    """What a person may decide has a form to decide it in, and the other way round."""
    decidable = any(a.chosen_in(action, "disputes") for action in law.actions)
    codes = [(place, rule.code) for place, rule in enumerate(law.disputes) if rule.code]
    for place, code in codes:
        if not decidable:
            yield source.error(("disputes", place), "dispute_without_judge", name=code)
        if [other for _, other in codes].count(code) > 1:
            yield source.error(("disputes", place), "twice", name=code)
    for place, action in enumerate(law.actions):
        if not codes and a.chosen_in(action, "disputes"):
            yield source.error(("actions", place), "judge_without_dispute", name=action.action)


def written(action: a.ActionRule) -> set[str]:
    return {*action.stamps, *(field.fact for field in action.form if field.fact is not None)}
