"""Questions of law and their answers: our own cases always, the oracle's when they lie beside the checkout."""

from functools import cache
from pathlib import Path

import pytest

from lianshen.rules.queries import Case, Law, judge, load_law, read_cases
from tests.rules.law import BESIDE, TENANTS

OWN = sorted((Path(__file__).parent / "cases").glob("*.yaml"))
SECOND = sorted((Path(__file__).parent / "cases" / "second").glob("*.yaml"))
"""From the texts once more, by other eyes."""
ORACLE = BESIDE / "golden" / "open.yaml"


@cache
def law() -> Law:
    return load_law(TENANTS)


def cases(*files: Path) -> list[Case]:
    return [case for file in files if file.exists() for case in read_cases(file)]


@pytest.mark.parametrize("case", cases(*OWN, ORACLE), ids=lambda case: case.id)
def test_case(case: Case) -> None:
    if law().registry.named(case.jurisdiction, None) is None:
        pytest.skip(f"no pack of {case.jurisdiction}")
    differences = judge(law(), case).differences
    assert not differences, (differences, case.why)


@pytest.mark.parametrize("file", OWN, ids=lambda file: file.stem)
def test_own_cases_are_many_and_each_has_its_reason(file: Path) -> None:
    own = cases(file)
    assert len({case.id for case in own}) == len(own) >= 40
    assert all(case.why and case.expect and case.jurisdiction == file.stem for case in own)


@pytest.mark.parametrize("file", SECOND, ids=lambda file: file.stem)
def test_a_second_reading_of_the_text_comes_to_the_same_answers(file: Path) -> None:
    read = cases(file)
    assert len({case.id for case in read}) == len(read) >= 240
    assert {case.id: found for case in read if (found := judge(law(), case).differences)} == {}
