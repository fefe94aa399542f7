"""When the clocks of an assessment run out, as far as that can be told today."""

from datetime import date

import msgspec

from lianshen.rules.queries import Law, Pack
from lianshen.rules.types import Assessment, Facts
from lianshen.workcalendar.queries import due_date


class Forecast(msgspec.Struct, frozen=True):
    """When a clock runs out, counted from ``trigger_on``; ``provisional`` while the year's calendar is unpublished.

    ``supposed``: the trigger is not known yet, and today is taken for it.
    """

    clock: str
    label: str
    trigger_on: date
    supposed: bool
    due_on: date
    provisional: bool


def forecasts(law: Law, pack: Pack, facts: Facts, assessment: Assessment) -> tuple[Forecast, ...]:
    """One for each clock of the assessment but those whose date only a person, or a date not yet stated, can tell."""
    made = []
    for clock in assessment.clocks:
        rule = pack.clocks[clock.code]
        known = pack.dated(rule, facts, assessment.on) if rule.sources else None
        if known is not None or (clock.budget is not None and clock.budget > 0 and not clock.standing):
            trigger = known or assessment.on
            due = due_date(law.calendar, trigger, clock.budget or 0, clock.unit, clock.rolling)
            made.append(Forecast(clock.code, clock.label, trigger, known is None, due.on, due.provisional))
    return tuple(made)
