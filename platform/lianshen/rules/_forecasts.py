"""When the clocks of an assessment run out, as far as that can be told on its day, and why on that day."""

from datetime import date

import msgspec

from lianshen.rules._pack import Pack
from lianshen.rules.types import Assessment, Facts
from lianshen.workcalendar.queries import Calendar, DayReason, due_date, explain


class Forecast(msgspec.Struct, frozen=True):
    """When a clock runs out, counted from ``trigger_on``; ``provisional`` while the year's calendar is unpublished.

    ``supposed``: the trigger is not known yet, and the day of the question is taken for it. ``days`` tells of each day
    why it counts or not; a date that is given as such has none.
    """

    clock: str
    label: str
    trigger_on: date
    supposed: bool
    due_on: date
    provisional: bool
    calendar_version: str
    days: tuple[DayReason, ...]


def forecasts(calendar: Calendar, pack: Pack, facts: Facts, assessment: Assessment) -> tuple[Forecast, ...]:
    """One for each clock of the assessment but those whose date only a person, or a date not yet stated, can tell."""
    made = []
    for clock in assessment.clocks:
        rule = pack.clocks[clock.code]
        known = pack.dated(rule, facts, assessment.on) if rule.sources else None
        if known is not None or (clock.budget is not None and clock.budget > 0 and not clock.standing):
            trigger = known or assessment.on
            term = (calendar, trigger, clock.budget or 0, clock.unit, clock.first_day, clock.rolling)
            due = due_date(*term)
            made.append(
                Forecast(
                    clock=clock.code,
                    label=clock.label,
                    trigger_on=trigger,
                    supposed=known is None,
                    due_on=due.on,
                    provisional=due.provisional,
                    calendar_version=due.calendar_version,
                    days=explain(*term),
                )
            )
    return tuple(made)
