"""Dates that follow from others: moved to a working day where a rule says so, and in the year that a fact states."""

from datetime import date

import pytest

from lianshen.rules._derived import DateFormula, derive
from lianshen.rules.types import Facts
from tests.rules.law import calendar

ON = date(2025, 11, 5)


@pytest.mark.parametrize(
    ("count", "rolling", "end"),
    [
        (10, "none", "2026-01-01"),
        (10, "next_working_day", "2026-01-04"),
        (14, "next_working_day", "2026-01-05"),
        (-10, "none", "2025-12-12"),
    ],
)
def test_an_end_on_a_day_off_moves_only_if_the_rule_says_so(count: int, rolling: str, end: str) -> None:
    """Thursday 2026-01-01 to Saturday 01-03 are off, Sunday 01-04 is worked."""
    formula = DateFormula("end", ("approved_on",), "days", count, rolling=rolling)  # type: ignore[arg-type]
    assert derive([formula], {"approved_on": "2025-12-22"}, ON, calendar()) == {"end": end}


@pytest.mark.parametrize(
    ("facts", "end"),
    [
        ({}, "2025-12-31"),
        ({"implementation_year": 0}, "2025-12-31"),
        ({"implementation_year": 2026}, "2026-12-31"),
        ({"implementation_year": 99999}, "2025-12-31"),
    ],
)
def test_a_day_of_the_year_falls_in_the_year_that_a_fact_states(facts: Facts, end: str) -> None:
    formula = DateFormula("year_end", (), yearly=(12, 31), year_of="implementation_year")
    assert derive([formula], facts, ON, calendar()) == {"year_end": end}


def test_a_year_before_the_first_of_the_calendar_is_none() -> None:
    formula = DateFormula("year_before", (), yearly=(7, 31), years=-1, year_of="implementation_year")
    assert derive([formula], {"implementation_year": 1}, ON, calendar()) == {"year_before": "2024-07-31"}
