"""Every demand that stops a release has a test, or stands with its reason on the list of what has none (D220)."""

import re

import pytest

from tests.demands import OPEN, ROOT, STOPPING, proven_by
from tests.walls.catalogue import CHECKS

FOUND = proven_by(ROOT) | {number: [] for numbers in CHECKS.values() for number in numbers}


@pytest.mark.demand("D220")
@pytest.mark.parametrize("number", STOPPING)
def test_a_demand_is_proven_or_openly_not(number):
    assert number in FOUND or number in OPEN, (
        f"{number} {STOPPING[number]}: mark a test, or say in OPEN why there is none"
    )


def test_what_is_open_says_why():
    assert set(OPEN) <= set(STOPPING)
    for number, reason in OPEN.items():
        kind, _, said = reason.partition(": ")
        assert kind in ("not yet", "partly", "not software", "coming"), number
        assert said, number
        assert kind == "coming" or (number in FOUND) == (kind == "partly"), (
            f"{number}: has it a test now? Then it is no longer open"
        )


def test_marks_hold_numbers():
    assert [number for number in FOUND if not re.fullmatch(r"D[1-9][0-9]{0,2}", number)] == []
