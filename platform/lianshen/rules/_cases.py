"""Answering a question of law in the vocabulary of the oracle cases: facts given, an event, and what follows.

A question is hypothetical: it presumes what it does not mention (``presumed`` in the vocabulary), it gives money in
yuan under names that end in ``_cny``, whole or as text to the fen ("499999.99"), and ``has_<paper>`` says whether a
paper is there.
"""

from collections.abc import Mapping, Sequence
from datetime import MAXYEAR, MINYEAR, date
from decimal import Decimal
from operator import or_
from typing import Any

from lianshen.rules._assess import assess
from lianshen.rules._pack import Pack, stated
from lianshen.rules._vocabulary import frozen
from lianshen.rules.types import Assessment, Clock, Facts, FactValue
from lianshen.workcalendar.queries import Calendar, due_date

Answer = dict[str, Any]
YUAN = "_cny"
"""How the name of an amount in yuan ends."""
HAS = "has_"
"""How the question begins whether a paper is there."""
_PLANNED_FOR = "plan_year"
_NOT_SPECIFIED = "not_specified"


def answer(pack: Pack, calendar: Calendar, given: Mapping[str, Any]) -> Answer:
    """What the pack says to the question, key by key; a key on which it is silent is left out.

    Lists are sets but for ``steps``. Without ``event_date`` the question is put in general: see ``_day_of``.
    """
    event = str(given["event"])
    on = _day_of(pack, given)
    facts = _facts(pack, given)
    said, held = assess(pack, facts, event, on), pack.answers(facts, on)
    found = _scope(said) | _papers(said, stated(facts, "documents")) | _route(pack, said, held, event)
    notices, term = _notices(pack, held, event), _term(pack, calendar, said, facts, on)
    found |= notices | term | _gate(pack, said, held, event, notices)
    if {"records_to"} <= notices.keys() & term.keys():
        found["records_to"] = list(dict.fromkeys([*term["records_to"], *notices["records_to"]]))
    found["disputed"] = [dispute.point for dispute in said.disputes]
    found["disputed"] += [clock.disputed for clock in said.clocks if clock.disputed]
    return found if "event_date" not in given else found | _windowed(pack, given, facts, event, on, found)


def _day_of(pack: Pack, given: Mapping[str, Any]) -> date:
    """The day of a question. One in general is put when the rule has been in force for a while and nobody disputes that
    it is: on New Year's Day after its first, or of the year before the one that is planned for."""
    if "event_date" in given:
        return date.fromisoformat(given["event_date"])
    year = int(given[_PLANNED_FOR]) - 1 if _PLANNED_FOR in given else pack.since.year + 1
    new_year = max(pack.since, date(year, 1, 1)) if MINYEAR <= year <= MAXYEAR else pack.since
    return new_year if pack.until is None or new_year <= pack.until else pack.since


def _facts(pack: Pack, given: Mapping[str, Any]) -> dict[str, FactValue]:
    known, papers = pack.vocabulary.facts, pack.vocabulary.documents
    facts = {name: frozen(fact.presumed) for name, fact in known.items() if fact.presumed is not None}
    for key, value in given.items():
        name = key.removesuffix(YUAN)
        if name in known:
            facts[name] = int(Decimal(value) * 100) if known[name].type == "money" else frozen(value)
    lacking = {paper for paper in papers if given.get(HAS + paper) is False or given.get(paper) is False}
    facts["documents"] = tuple(paper for paper in given.get("documents_filed", papers) if paper not in lacking)
    return facts


def _scope(said: Assessment) -> Answer:
    found: Answer = {"rule_in_force": said.in_force}
    found["in_scope"] = said.in_scope if said.in_scope == "undetermined" else said.in_scope == "yes"
    if said.management is not None:
        found["management"] = said.management
    return found


def _papers(said: Assessment, handed_in: Sequence[str]) -> Answer:
    papers = [paper.code for paper in said.papers]
    found: Answer = {"required_documents": papers, "may_combine": [], "may_skip": []}
    for choice in said.choices:
        found[choice.code].extend(choice.papers)
    missing = [paper for paper in papers if paper not in handed_in]
    missing += [content.code for content in said.contents if not content.present]
    contents = [content.code for content in said.contents]
    return found | {"contents_must_include": contents, "complete": not missing, "missing": missing}


def _route(pack: Pack, said: Assessment, held: Sequence[bool], event: str) -> Answer:
    return {
        "steps": [{"step": step.code, "by": list(step.by)} for step in said.steps],
        "needs_before": [rule.step.code for rule in pack.steps if held[rule.when] and event in rule.before],
    }


def _gate(pack: Pack, said: Assessment, held: Sequence[bool], event: str, notices: Answer) -> Answer:
    standing = {block.code: block for block in said.blocks if not block.granted}
    found: Answer = {"allowed": not standing, "blocked_by": list(standing)}
    if standing:
        found["rule_strength"] = next(iter(standing.values())).strength
        rules = [rule for rule in pack.blocks if held[rule.when] and event in rule.events]
        deciders = [body for rule in rules if rule.block.code in standing for body in rule.decided_by]
        found["decided_by"] = deciders or notices.get("decided_by", [])
    return found


def _windowed(
    pack: Pack, given: Mapping[str, Any], facts: Facts, event: str, on: date, found: Mapping[str, Any]
) -> Answer:
    """Outside the windows of all acts that the event may be it cannot go ahead, and before them it is not in time.

    Only dates that the question states count: what it leaves out shuts nothing. Nor do the other requirements of an
    act: a question about one rule states facts on which another one would refuse.
    """
    said = {name: facts[name] for name in (key.removesuffix(YUAN) for key in given) if name in facts}
    rules = [rule for rule in pack.actions.values() if event in rule.events]
    derived = pack.derived(said, on)
    days = [rule.window.days(said, derived) if rule.window else (None, None) for rule in rules]
    early = [first is not None and on < first for first, _ in days]
    late = [last is not None and last < on for _, last in days]
    if not days or not all(map(or_, early, late)):
        return {}
    return {"allowed": False} | ({"on_time": False} if all(early) and "on_time" in found else {})


def _notices(pack: Pack, held: Sequence[bool], event: str) -> Answer:
    """Lists add up, and a yes counts over a no."""
    found: Answer = {}
    for rule in pack.notices:
        if not held[rule.when] or (rule.events and event not in rule.events):
            continue
        code, value = rule.notice.code, held[rule.computed] if rule.value is None else rule.value
        if isinstance(value, tuple):
            found[code] = list(dict.fromkeys([*found.get(code, []), *value]))
        elif isinstance(value, bool):
            found[code] = found.get(code, False) or value
        else:
            found[code] = value
        if rule.strength is not None:
            found["rule_strength"] = rule.strength
    return found


def _term(pack: Pack, calendar: Calendar, said: Assessment, facts: Facts, on: date) -> Answer:
    """The term that the event starts or keeps; a trigger outside the law's time starts none, nor does anything that
    happens before it."""
    for clock in said.clocks if on >= pack.since else ():
        rule = pack.clocks[clock.code]
        trigger = pack.dated(rule, facts, on)
        if trigger is None and clock.budget is not None and not clock.standing:
            trigger = on
        if trigger is not None and pack.in_force(trigger):
            leads_to = {"next_step": rule.rule.leads_to} if rule.rule.leads_to else {}
            return _running(clock, calendar, trigger, on) | leads_to
    return {"deadline_stated": False}


def _running(clock: Clock, calendar: Calendar, trigger: date, on: date) -> Answer:
    due = due_date(calendar, trigger, clock.budget or 0, clock.unit, clock.first_day, clock.rolling).on
    return {
        "due_on": due.isoformat(),
        "on_time": on <= due,
        "deadline_stated": True,
        "records_to": [clock.owed_to],
        "on_expiry": _NOT_SPECIFIED if clock.on_expiry == "none" else clock.on_expiry,
    }
