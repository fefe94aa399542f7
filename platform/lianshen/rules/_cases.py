"""Answering a question of law in the vocabulary of the oracle cases: facts given, an event, and what follows.

A question is hypothetical: it presumes what it does not mention (``presumed`` in the vocabulary), it gives money in
yuan under names that end in ``_cny``, and ``has_<paper>`` says whether a paper is there.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from lianshen.rules._assess import assess
from lianshen.rules._pack import Pack
from lianshen.rules._vocabulary import frozen
from lianshen.rules.types import Assessment, Clock, Facts, FactValue
from lianshen.workcalendar.queries import Calendar, due_date

Answer = dict[str, Any]
_YUAN = "_cny"
_HAS = "has_"
_NOT_SPECIFIED = "not_specified"


def answer(pack: Pack, calendar: Calendar, given: Mapping[str, Any]) -> Answer:
    """What the pack says to the question, key by key; a key on which it is silent is left out.

    Lists are sets but for ``steps``. Without ``event_date`` the question is put on the first day in force.
    """
    event = str(given["event"])
    on = date.fromisoformat(given["event_date"]) if "event_date" in given else pack.since
    facts = _facts(pack, given)
    said = assess(pack, facts, event, on)
    papers = [paper.code for paper in said.papers]
    found = _scope(said) | _papers(said, papers) | _route(pack, facts, event, on) | _gate(pack, said)
    found |= _notices(pack, facts, event, on) | _term(pack, calendar, said, facts, on)
    if "documents_filed" in given:
        missing = [paper for paper in papers if paper not in given["documents_filed"]]
        found |= {"complete": not missing, "missing": missing}
    return found


def _facts(pack: Pack, given: Mapping[str, Any]) -> dict[str, FactValue]:
    known, papers = pack.vocabulary.facts, pack.vocabulary.documents
    facts = {name: frozen(fact.presumed) for name, fact in known.items() if fact.presumed is not None}
    for key, value in given.items():
        name = key.removesuffix(_YUAN)
        if name in known:
            facts[name] = value * 100 if known[name].type == "money" else frozen(value)
    lacking = {paper for paper in papers if given.get(_HAS + paper) is False or given.get(paper) is False}
    facts["documents"] = tuple(paper for paper in given.get("documents_filed", papers) if paper not in lacking)
    return facts


def _scope(said: Assessment) -> Answer:
    found: Answer = {"rule_in_force": said.in_force}
    if said.in_scope != "undetermined":
        found["in_scope"] = said.in_scope == "yes"
    if said.management is not None:
        found["management"] = said.management
    return found


def _papers(said: Assessment, papers: list[str]) -> Answer:
    found: Answer = {"required_documents": papers, "may_combine": [], "may_skip": []}
    for choice in said.choices:
        found[choice.code].extend(choice.papers)
    return found


def _route(pack: Pack, facts: Facts, event: str, on: date) -> Answer:
    held = pack.answers(facts, on)
    steps = [rule for rule in pack.steps if held[rule.when]]
    return {
        "steps": [{"step": rule.step.code, "by": list(rule.step.by)} for rule in steps],
        "needs_before": [rule.step.code for rule in steps if event in rule.before],
    }


def _gate(pack: Pack, said: Assessment) -> Answer:
    standing = {block.code: block for block in said.blocks if not block.granted}
    found: Answer = {"allowed": not standing, "blocked_by": list(standing)}
    if standing:
        found["rule_strength"] = next(iter(standing.values())).strength
        found["decided_by"] = [body for rule in pack.blocks if rule.block.code in standing for body in rule.decided_by]
    return found


def _notices(pack: Pack, facts: Facts, event: str, on: date) -> Answer:
    held = pack.answers(facts, on)
    found: Answer = {}
    for rule in pack.notices:
        if held[rule.when] and (not rule.events or event in rule.events):
            if isinstance(rule.value, bool):
                found[rule.notice.code] = rule.value
            else:
                found.setdefault(rule.notice.code, []).extend(rule.value)
            if rule.strength is not None:
                found["rule_strength"] = rule.strength
    return found


def _term(pack: Pack, calendar: Calendar, said: Assessment, facts: Facts, on: date) -> Answer:
    """The term that the event starts or keeps; a trigger outside the law's time starts none."""
    for clock in said.clocks:
        rule = pack.clocks[clock.code].rule
        said_on = facts.get(rule.from_ or "")
        trigger = date.fromisoformat(str(said_on)) if said_on else on
        if clock.budget is not None and pack.in_force(trigger):
            return _running(clock, calendar, trigger, on) | ({"next_step": rule.leads_to} if rule.leads_to else {})
    return {"deadline_stated": False}


def _running(clock: Clock, calendar: Calendar, trigger: date, on: date) -> Answer:
    assert clock.budget is not None
    due = due_date(calendar, trigger, clock.budget, clock.unit, clock.rolling).on
    return {
        "due_on": due.isoformat(),
        "on_time": on <= due,
        "deadline_stated": True,
        "records_to": [clock.owed_to],
        "on_expiry": _NOT_SPECIFIED if clock.on_expiry == "none" else clock.on_expiry,
    }
