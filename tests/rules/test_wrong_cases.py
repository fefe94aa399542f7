"""A case that is wrong itself is told so, word by word, and never passes; what a pack leaves open can be asserted."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from lianshen.cli.packs import check
from lianshen.rules.queries import Case, Law, answer, judge, load_law, read_cases
from tests.rules.law import TENANTS

EXAMPLE = TENANTS / "_example"
GIVEN = {
    "kind": "new_build",
    "project_budget_cny": 700000,
    "event": "project_described",
    "event_date": "2026-03-02",
}


@pytest.fixture(scope="module")
def law() -> Law:
    return load_law(EXAMPLE, TENANTS)


def said(law: Law, given: dict[str, Any], expect: dict[str, Any] | None = None, **more: Any) -> tuple[str, ...]:
    given = {key: value for key, value in (GIVEN | given).items() if value is not ...}
    return judge(law, Case("one", "yangli", given, expect or {"management": "approval"}, **more)).differences


@pytest.mark.parametrize(
    ("given", "key", "word"),
    [
        ({"kind": "new_bild"}, "kind", "是否为“new_build”？"),
        ({"project_budgt_cny": 1}, "project_budgt_cny", "是否为“project_budget_cny”？"),
        ({"total_investment": 700000}, "total_investment", "是否为“total_investment_cny”？"),
        ({"kind_cny": 1}, "kind_cny", "已有的事实"),
        ({"project_budget_cny": "7.001"}, "project_budget_cny", "金额"),
        ({"project_budget_cny": True}, "project_budget_cny", "金额"),
        ({"classified": "maybe"}, "classified", "true、false"),
        ({"event": "nonsense"}, "event", " 等 "),
        ({"event": "project_aproval"}, "event", "是否为“project_approval”？"),
        ({"event": ...}, "event", "没有写明"),
        ({"event_date": "2026-02-30"}, "event_date", "日期"),
        ({"event_date": 2026}, "event_date", "日期"),
        ({"trial_started_on": "soon"}, "trial_started_on", "日期"),
        ({"plan_year": "2027"}, "plan_year", "整数"),
        ({"documents_filed": ["contrct"]}, "documents_filed", "是否为“contract”？"),
        ({"documents": ["contrct"]}, "documents", "是否为“contract”？"),
        ({"documents": "contract"}, "documents", "代码的列表"),
        ({"has_contract": "yes"}, "has_contract", "true、false"),
    ],
    ids=str,
)
def test_what_is_given_must_read(law: Law, given: dict[str, Any], key: str, word: str) -> None:
    (line,) = said(law, given)
    assert line.startswith("用例有误")
    assert key in line
    assert word in line


@pytest.mark.parametrize(
    ("expect", "key", "word"),
    [
        ({"managment": "approval"}, "managment", "是否为“management”？"),
        ({"management": "aproval"}, "management", "是否为“approval”？"),
        ({"not_blocked_by": ["nonsense"]}, "not_blocked_by", "nonsense"),
        ({"not_steps": [{"step": "joint_review", "by": "x"}]}, "not_steps", "joint_review"),
        ({"steps": [{"step": "joint_review"}]}, "steps", "joint_review"),
        ({"disputed": [{}]}, "disputed", "代码的列表"),
        ({"in_scope": "perhaps"}, "in_scope", "bool"),
        ({"due_on": True}, "due_on", "date"),
    ],
    ids=str,
)
def test_what_is_expected_must_read_in_both_readings(law: Law, expect: dict[str, Any], key: str, word: str) -> None:
    for lines in (said(law, {}, expect), said(law, {}, ambiguous=True, alt_expect=expect)):
        (line,) = lines
        assert key in line
        assert word in line


def test_a_year_that_no_calendar_has_and_what_the_pack_cannot_answer_are_told(law: Law) -> None:
    assert said(law, {"plan_year": 0, "event_date": ...}) == ()
    assert said(law, {"plan_year": 10**9, "event_date": ...}) == ()
    late = {"contracts_signed_on": "9999-12-31", "trial_started_on": "9999-12-31"}
    for beyond in (late, {"project_budget_cny": 10**30}):
        (line,) = said(law, {"event": "acceptance_application", **beyond})
        assert "得不出答案" in line


def test_what_a_pack_leaves_to_a_person_or_does_not_answer_can_be_asserted(law: Law) -> None:
    software = {"item_type": "general_software_licences"}
    assert said(law, software, {"in_scope": "undetermined", "management": None, "due_on": None}) == ()
    assert said(law, software, {"in_scope": True})
    assert said(law, {}, {"in_scope": "undetermined"})
    (line,) = said(law, {}, {"management": None})
    assert "应为 （未回答）；规则包答 审批" in line


def test_the_command_counts_a_wrong_case_as_failed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "cases.yaml"
    file.write_text(
        "- {id: A-1, jurisdiction: yangli, given: {kind: new_bild, classified: maybe, event: nonsense}, expect: {}}\n"
        "- {id: A-2, jurisdiction: yangli, given: {event: project_described}, expect: {due_on: null}}\n",
        encoding="utf-8",
    )
    assert check([file], EXAMPLE, TENANTS) == 1
    printed = capsys.readouterr().out
    assert "A-1" in printed
    assert "A-2" not in printed
    assert printed.count("用例有误") == 3
    assert "1 passed, 1 failed" in printed
    assert read_cases(file)[1].expect == {"due_on": None}


def test_what_may_not_be_done_yet_is_not_in_time_and_a_question_in_general_knows_no_window(law: Law) -> None:
    pack = law.registry.pack("990001@2026-01-01")
    window = msgspec.structs.replace(pack.actions["accept"].window, sources=("trial_started_on",), until=())
    signing = msgspec.structs.replace(pack.actions["start_work"], window=window)
    pack = msgspec.structs.replace(pack, actions={**pack.actions, "start_work": signing})
    asked = {"event": "contract_signed", "contracts_signed_on": "2026-03-02", "trial_started_on": "2026-03-09"}

    def answers(**given: str) -> tuple[object, object]:
        found = answer(pack, law.calendar, asked | given)
        return found["allowed"], found["on_time"]

    assert answers(event_date="2026-03-06") == (False, False)
    assert answers(event_date="2026-03-09") == (True, True)
    assert answers(event_date="2026-03-06", trial_started_on="") == (True, True)
    assert answers()[0] is True
