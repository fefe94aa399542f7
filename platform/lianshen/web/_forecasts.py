"""When the clocks of an assessment would run out if they began today."""

from datetime import date

import msgspec

from lianshen.projects.types import Law
from lianshen.rules.types import Assessment
from lianshen.workcalendar.queries import due_date


class Forecast(msgspec.Struct, frozen=True):
    """When a clock would run out if it began today; ``provisional`` while the year's calendar is unpublished."""

    clock: str
    label: str
    due_on: date
    provisional: bool


def forecasts(law: Law, assessment: Assessment, today: date) -> tuple[Forecast, ...]:
    """One for each clock of the assessment but those whose date a person sets."""
    made = []
    for clock in assessment.clocks:
        if clock.budget is not None:
            due = due_date(law.calendar, today, clock.budget, clock.unit, clock.rolling)
            made.append(Forecast(clock.code, clock.label, due.on, due.provisional))
    return tuple(made)
