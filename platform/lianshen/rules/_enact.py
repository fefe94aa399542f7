"""What an act does to a project, and what the end of a term does by itself: pure functions."""

from collections.abc import Mapping, Sequence
from datetime import date

from lianshen.rules._acts import ActionRule
from lianshen.rules._checks import OPINIONS
from lianshen.rules._pack import Pack, number, stated
from lianshen.rules._ruled import RuledAction
from lianshen.rules.types import ClockStart, Effect, Facts, FactValue, Outcome, Reason


def enact(pack: Pack, facts: Facts, action: str, inputs: Mapping[str, FactValue], on: date, *, by: str = "") -> Outcome:
    """The facts after ``action`` on the day ``on``, the clocks it starts and stops, and what it asks of others.

    The caller has seen that the action is open and has read ``inputs`` with its form; ``by`` is the body that acts.
    Raises KeyError for an action that the pack does not have.
    """
    ruled = pack.actions[action]
    rule = ruled.rule
    asked = asked_of(ruled, pack.answers(facts, on)) if ruled.asks else ()
    after = facts_after(pack, facts, ruled, inputs, on, asked=asked, by=by)
    effects = [Effect(kind, (by,) if by else ()) for kind in rule.effects]
    if ruled.asks:
        effects.append(Effect("ask_opinions", asked))
    return Outcome(
        facts=after,
        changed=_changed(facts, after),
        starts=_starts(pack, rule.starts, after, on),
        stops=tuple(rule.stops),
        turns=ruled.turns,
        effects=tuple(effects),
    )


def asked_of(ruled: RuledAction, held: Sequence[bool]) -> tuple[str, ...]:
    """The bodies whose opinions the action asks for; ``held`` are the pack's answers before it."""
    return tuple(body for slot, body in ruled.asks if held[slot])


def facts_after(
    pack: Pack,
    facts: Facts,
    ruled: RuledAction,
    inputs: Mapping[str, FactValue],
    on: date,
    *,
    asked: tuple[str, ...],
    by: str,
) -> dict[str, FactValue]:
    """What an action leaves behind; ``asked`` are the bodies whose opinions it asks for."""
    rule = ruled.rule
    after = {name: value for name, value in facts.items() if name not in rule.clears}
    after |= _stated(rule, inputs)
    after |= {**dict.fromkeys(rule.stamps, on.isoformat()), **rule.sets}
    for name, field in rule.appends.items():
        after[name] = (*stated(facts, name), str(inputs[field]))
    if rule.revokes:
        after["exceptions"] = tuple(code for code in stated(facts, "exceptions") if code not in rule.revokes)
    for total, part in rule.adds.items():
        after[total] = number(pack, after, total) + number(pack, after, part)
    for count in rule.counts:
        after[count] = number(pack, after, count) + 1
    if ruled.asks:
        after |= dict.fromkeys(OPINIONS, asked)
    if "record_opinion" in rule.effects:
        pending = stated(facts, "opinions_pending")
        after["opinions_pending"] = tuple(body for body in pending if body != by)
    return after


def expire(pack: Pack, facts: Facts, clock: str, on: date) -> Outcome:
    """What follows of itself on the day ``on``, the term of ``clock`` being over: mostly nothing."""
    expiry = pack.clocks[clock].rule.on_expiry
    after = {**facts, **dict.fromkeys(expiry.stamps, on.isoformat()), **expiry.sets}
    return Outcome(facts=after, changed=_changed(facts, after), starts=_starts(pack, expiry.starts, after, on))


def amiss(pack: Pack, facts: Facts, action: str, inputs: Mapping[str, FactValue], on: date) -> dict[str, Reason]:
    """What the law does not allow in ``inputs``, by field of the action's form; empty if nothing."""
    ruled = pack.actions[action]
    if not ruled.checks:
        return {}
    held = pack.answers({**facts, **_stated(ruled.rule, inputs)}, on)
    return {field: reason for slot, field, reason in reversed(ruled.checks) if not held[slot]}


def _stated(rule: ActionRule, inputs: Mapping[str, FactValue]) -> dict[str, FactValue]:
    """Those inputs that are facts of the project; the others only the event keeps."""
    return {field.fact: inputs[field.fact] for field in rule.form if field.fact is not None and field.fact in inputs}


def _starts(pack: Pack, clocks: list[str], facts: Facts, on: date) -> tuple[ClockStart, ...]:
    """Those clocks that apply to the facts after the act."""
    held = pack.answers(facts, on) if clocks else []
    return tuple(start for code in clocks if (start := begun(pack, code, facts, on, held)))


def begun(pack: Pack, clock: str, facts: Facts, on: date, held: Sequence[bool]) -> ClockStart | None:
    """The start of a clock, from the day that its rule names, else from today; None where it does not apply.

    Outside the law's time none starts. ``held`` are the pack's answers on these facts.
    """
    ruled = pack.clocks[clock]
    if not held[ruled.when]:
        return None
    named = pack.dated(ruled, facts, on)
    trigger, due = (on, named) if ruled.clock.unit == "date" else (named or on, None)
    return ClockStart(ruled.clock, trigger, due) if pack.in_force(trigger) else None


def _changed(before: Facts, after: Facts) -> dict[str, tuple[FactValue | None, FactValue | None]]:
    return {
        name: (before.get(name), after.get(name))
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name)
    }
