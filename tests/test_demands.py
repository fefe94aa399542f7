"""Every demand that stops a release has a test (D220)."""

import re

import pytest

from tests.demands import ALSO, ELSEWHERE, NOT_SOFTWARE, ROOT, STOPPING, proven_by, report
from tests.walls.catalogue import CHECKS

FOUND = proven_by(ROOT) | {number: [] for numbers in CHECKS.values() for number in numbers}


@pytest.mark.demand("D220")
@pytest.mark.parametrize("number", sorted({*STOPPING, *ALSO} - ELSEWHERE, key=lambda number: int(number[1:])))
def test_a_demand_is_proven(number):
    """Something that software cannot do does not excuse one that stops a release from what software can."""
    excused = number in NOT_SOFTWARE and number not in STOPPING
    assert number in FOUND or excused, f"{number} {(STOPPING | ALSO)[number]}: mark a test"


def test_what_is_proven_elsewhere_is_not_yet_proven_here():
    assert set(FOUND) & ELSEWHERE == set(), "take these off ELSEWHERE in tests/demands.py"


def test_what_software_cannot_do_says_who_does_it_and_how_it_is_checked():
    assert set(NOT_SOFTWARE) <= {*STOPPING, *ALSO}
    assert [number for number, said in NOT_SOFTWARE.items() if "checked" not in said.lower()] == []


def test_marks_hold_numbers():
    assert [number for number in FOUND if not re.fullmatch(r"D[1-9][0-9]{0,2}", number)] == []


def test_a_mark_of_a_whole_file_counts_for_each_of_its_tests():
    assert {"tests/cipher/test_sealing.py::test_any_bit_changed_is_noticed"} <= set(FOUND["D141"])


def test_the_table_says_what_has_no_test():
    said = report({"D1": {"tests/x.py::test_y": "passed"}})
    assert "| D1 | Powerless runtime roles | tests/x.py::test_y | passed |" in said
    assert "| D2 | Every table is declared | | **no test** |" in said
