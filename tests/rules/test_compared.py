"""Texts in conditions that are compared with codes are codes; the syntax tree of CEL is read to find them."""

from pathlib import Path

import pytest

from lianshen.rules._expression import Program
from lianshen.rules._syntax import Call, Items, Loop, Name, Other, Text
from lianshen.rules.queries import lint
from tests.rules.law import TENANTS
from tests.rules.test_damages import RICHER, home_of
from tests.rules.test_loader import SOUND

SPOT = "when: emergency, clause"
WRONG = [
    ('kind == "new_bild"', "new_bild", "是否为“new_build”？"),
    ('"new_bild" == kind', "new_bild", "是否为“new_build”？"),
    ('kind != "new_bild"', "new_bild", "是否为“new_build”？"),
    ('emergency && (kind == "upgrade" || !(kind in ["upgrade", "new_bild"]))', "new_bild", "是否为“new_build”？"),
    ('(emergency ? kind : "none") == "nne"', "nne", "是否为“none”？"),
    ('kind == (emergency ? "upgrade" : "upgrad")', "upgrad", "是否为“upgrade”？"),
    ('["upgrade", "upgrad"].exists(one, one == kind || kind == "upgrad")', "upgrad", "是否为“upgrade”？"),
    ('tier == "middle"', "middle", "可能的是：filing、review。"),
    ('tier_size == "x"', "x", "可能的是：large、small。"),
    ('"project_propsal" in documents', "project_propsal", "是否为“project_proposal”？"),
    ('documents.exists(one, one == "project_propsal")', "project_propsal", "是否为“project_proposal”？"),
    ('size(documents) > 0 && documents[0] == "project_propsal"', "project_propsal", "是否为“project_proposal”？"),
    ('"scale=othr" in readings', "scale=othr", "是否为“scale=other”？"),
    ('"own_infrastucture" in exceptions', "own_infrastucture", "是否为“own_infrastructure”？"),
    ('"kinds" in given', "kinds", "是否为“kind”？"),
    (
        'size(opinions_pending) > 0 && opinions_pending[0] in ["county_data_buro"]',
        "county_data_buro",
        "county_data_bureau",
    ),
]
FREE = [
    'today == "2025-01-05"',
    'approval_number != "no number"',
    'kind.startsWith("new") && kind == "new" + "_build"',
    'kind in ["new_build"] && (emergency ? approval_number : kind) != "none"',
    '"scale=other" in readings || "scale=reading" in readings',
    '"opinions_pending" in opinions_pending || "project_unit" in opinions_asked',
    '"new" == "old" || kind == "new_build"',
]


def codes(folder: Path, condition: str) -> list[tuple[str, str, str]]:
    written = SOUND.replace(SPOT, f"when: '{condition}', clause")
    assert written != SOUND
    faults = lint([home_of(folder, written, RICHER)], TENANTS).faults
    at = SOUND[: SOUND.index(SPOT)].count("\n") + 1
    assert all((fault.file.name, fault.line) == ("law.yaml", at) for fault in faults if fault.code == "no_code")
    return [(fault.code, fault.message, fault.remedy) for fault in faults if fault.code in ("no_code", "expression")]


@pytest.mark.parametrize(("condition", "said", "hint"), WRONG)
def test_what_a_code_can_never_be_is_told_with_what_it_can_be(
    tmp_path: Path, condition: str, said: str, hint: str
) -> None:
    ((code, message, remedy),) = codes(tmp_path, condition)
    assert code == "no_code"
    assert f"“{said}”" in message
    assert hint in remedy


@pytest.mark.parametrize("condition", FREE)
def test_dates_texts_and_what_is_put_together_are_left_alone(tmp_path: Path, condition: str) -> None:
    assert codes(tmp_path, condition) == []


def test_a_set_of_the_packs_own_holds_what_acts_put_into_it(tmp_path: Path) -> None:
    marks = "  marks: {type: codes, label: 标记, neutral: []}\n"
    asked = RICHER.replace("facts:\n", f"facts:\n{marks}", 1)
    act = """
  - action: mark
    label: 标记
    tone: neutral
    permission: projects.receive
    by: [county_data_bureau]
    when: submitted && !("%s" in marks)
    form:
      - {name: mark, label: 标记, kind: choice, options: {urgent: 加急, plain: 普通}}
    appends: {marks: mark}
    clause: R-1
"""
    for mark, expected in (("urgent", []), ("urgnt", ["no_code"])):
        more = asked.replace("actions:\n", f"actions:\n{(act % mark).lstrip(chr(10))}", 1)
        assert more.count("action: mark") == 1
        faults = lint([home_of(tmp_path / mark, SOUND, more)], TENANTS).faults
        assert [fault.code for fault in faults] == expected


def test_the_tree_of_an_expression() -> None:
    kinds = {"kind": "str", "size_of": "int", "papers": "codes"}
    program = Program(kinds, {})
    assert program.tree('kind in ["a", "乙"]') == Call("@in", (Name("kind"), Items((Text("a"), Text("乙")))))
    assert program.tree("size_of > -5") == Call("_>_", (Name("size_of"), Other()))
    assert program.tree('kind.startsWith("a")') == Call("startsWith", (Name("kind"), Text("a")))
    assert program.tree("1.5 < 2.0") == Call("_<_", (Other(), Other()))
    loop = program.tree('papers.all(one, one == "a")')
    assert isinstance(loop, Loop)
    assert (loop.variable, loop.over) == ("one", Name("papers"))
    assert Call("_==_", (Name("one"), Text("a"))) in [
        operand for part in loop.parts if isinstance(part, Call) for operand in part.operands
    ]
    long = "x" * 300
    assert program.tree(f'kind == "{long}"') == Call("_==_", (Name("kind"), Text(long)))
