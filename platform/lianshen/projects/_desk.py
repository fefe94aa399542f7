"""Pure decisions of the desk: who may do which of the law's actions, which papers one may add, whose duty what is."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import msgspec

from lianshen.identity.types import Actor
from lianshen.projects._known import facts_of
from lianshen.rules.types import Action, Assessment, Facts, FactValue

UNIT = "project_unit"
"""In an action's ``by``: the office that owns the project, whatever body it is."""


class Held(msgspec.Struct, frozen=True):
    """A project's row while an act is under way, and how it is spelled for its code (``canon``).

    ``duties`` are those of whoever acts, and of whom they stand in for; ``clocks`` maps (clock, owing body) to the open
    due date; those of ``paused`` have none for now.
    """

    number: str
    office: UUID
    pack: str
    facts: dict[str, FactValue]
    version: int
    disclosed: bool
    duties: frozenset[str]
    clocks: dict[tuple[str, str], date]
    canon: str
    paused: frozenset[tuple[str, str]] = frozenset()


def held(row: Any) -> Held:
    """From a row of the store."""
    return Held(
        number=row.number,
        office=row.office,
        pack=row.pack,
        facts=facts_of(row.facts),
        version=row.version,
        disclosed=row.disclosed,
        duties=frozenset(row.duties),
        clocks={(clock, body): date.fromisoformat(due) for clock, body, due, state in row.clocks if state == "open"},
        canon=row.canon,
        paused=frozenset((clock, body) for clock, body, _, state in row.clocks if state == "paused"),
    )


def blank(number: str, office: UUID, pack: str, canon: str) -> Held:
    """A project before its first act."""
    return Held(
        number=number,
        office=office,
        pack=pack,
        facts={},
        version=0,
        disclosed=False,
        duties=frozenset(),
        clocks={},
        canon=canon,
    )


def bodies_of(entry: str, facts: Facts) -> tuple[str, ...]:
    """The bodies that an entry of an action's ``by`` or a clock's ``owed_by`` stands for: a fact's list, or itself."""
    return _listed(facts, entry) if isinstance(facts.get(entry), tuple) else (entry,)


def _listed(facts: Facts, name: str) -> tuple[str, ...]:
    listed = facts.get(name, ())
    return listed if isinstance(listed, tuple) else ()


def acts_for(action: Action, actor: Actor, owner: UUID, facts: Facts) -> bool:
    """True when the action belongs to the actor's office: as the owner, or as one of the bodies named."""
    bodies = {body for entry in action.by for body in bodies_of(entry, facts)}
    return actor.body in bodies or (UNIT in bodies and actor.office == owner)


def mine(assessment: Assessment, actor: Actor, owner: UUID, facts: Facts) -> tuple[Action, ...]:
    """The actions of the actor's office."""
    return tuple(action for action in assessment.actions if acts_for(action, actor, owner, facts))


def papers_i_may_add(assessment: Assessment, actor: Actor, owner: UUID, facts: Facts) -> set[str]:
    """Papers of my timely actions; and, once it is out of the owner's hands, what the owner still owes a review."""
    now = {paper for action in mine(assessment, actor, owner, facts) if action.timely for paper in action.papers}
    if actor.office != owner or assessment.amendable:
        return now
    return now | {paper.code for paper in assessment.papers} - set(_listed(facts, "documents"))


def duties(assessment: Assessment, facts: Facts, clocks: Mapping[tuple[str, str], date]) -> list[dict[str, Any]]:
    """One entry for each body and thing to do: what stands in inboxes now; alternatives of one decision are one."""
    tasks: dict[str, list[Action]] = {}
    for action in assessment.actions:
        if action.task and action.timely:
            tasks.setdefault(action.task, []).append(action)
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for ways in tasks.values():
        for action, body, label in _owed(ways, facts):
            due = clocks.get((action.due_clock or "", body))
            entry = {"body": body, "action": action.code, "label": label, "due_on": due and due.isoformat()}
            found.setdefault((body, label), entry)
    return list(found.values())


def _owed(ways: Sequence[Action], facts: Facts) -> Iterator[tuple[Action, str, str]]:
    """Who owes what, when any one of the ``ways`` would do.

    What waits for others is no duty yet; where it waits for papers of the unit, handing them in is the unit's. What
    the unit itself must do is always its duty: what is missing is then its to bring.
    """
    for action in ways:
        lacking = [reason for reason in action.reasons if reason.paper and reason.paper not in action.papers]
        if lacking and UNIT not in action.by:
            yield from ((action, UNIT, reason.label) for reason in lacking)
            return
    for action in ways:
        if action.open or action.papers or UNIT in action.by:
            yield from ((action, body, action.task) for entry in action.by for body in bodies_of(entry, facts))
