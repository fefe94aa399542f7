"""Dates that follow from others: moved to a working day where a rule says so, and in the year that a fact states."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianshen.rules._derived import DateFormula, Figure, add_up, derive
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


@pytest.mark.parametrize("years", [-1, 0, 1, 20_000])
@given(year=st.integers())
def test_a_year_outside_the_calendar_is_unstated(years: int, year: int) -> None:
    formula = DateFormula("end", (), yearly=(12, 31), years=years, year_of="plan_year")
    (end,) = derive([formula], {"plan_year": year}, ON, calendar()).values()
    (unstated,) = derive([formula], {}, ON, calendar()).values()
    meant = year + years
    assert end == (f"{meant:04}-12-31" if year and 1 <= meant <= 9999 else unstated)
    assert (unstated == "") == (years > 9999)


@pytest.mark.parametrize("adds", [True, False])
def test_a_figure_of_which_nothing_is_stated_is_the_neutral_value_of_the_last(adds: bool) -> None:
    figure = Figure("whole", ("earlier", "amount"), adds=adds)
    neutral = {"earlier": 0, "amount": 900}.__getitem__
    assert add_up([figure], {}, neutral) == {"whole": 900}
    assert add_up([figure], {"earlier": 0}, neutral) == {"whole": 0}
    assert add_up([figure], {"earlier": 3, "amount": 4}, neutral) == {"whole": 7 if adds else 3}
