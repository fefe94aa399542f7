"""Questions of law and their answers: our own cases always, the oracle's when they lie beside the checkout."""

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from lianshen.rules.queries import answer
from tests.rules.law import BESIDE, calendar, guanyun
from tests.rules.oracle import agrees, differences

OWN = Path(__file__).parent / "cases" / "guanyun.yaml"
ORACLE = BESIDE / "golden" / "open.yaml"
OPEN = frozenset(
    {
        # 年度申报：期限自预算日期倒推
        "GY-026",
        "GY-027",
        "GY-028",
        "GY-030",
        # 第二十七条：严重逾期、未按时开工、重大损失
        "GY-090",
        "GY-111",
        "GY-115",
        "GY-117",
        "GY-118",
        "GY-147T",
    }
)
"""Oracle cases that the pack does not answer yet; a case that is answered must leave this list."""


def cases(file: Path) -> list[Any]:
    found = YAML(typ="safe").load(file) if file.exists() else []
    return [pytest.param(case, id=case["id"]) for case in found if case["jurisdiction"] == "guanyun"]


@pytest.mark.parametrize("case", cases(OWN))
def test_own_case(case: dict[str, Any]) -> None:
    assert differences(case["expect"], answer(guanyun(), calendar(), case["given"])) == [], case["why"]


@pytest.mark.parametrize("case", cases(ORACLE))
def test_oracle_case(case: dict[str, Any]) -> None:
    found = answer(guanyun(), calendar(), case["given"])
    assert agrees(case, found) == (case["id"] not in OPEN), differences(case["expect"], found)


def test_own_cases_are_many_and_each_has_its_reason() -> None:
    own = YAML(typ="safe").load(OWN)
    assert len({case["id"] for case in own}) == len(own) >= 40
    assert all(case["why"] and case["expect"] for case in own)
