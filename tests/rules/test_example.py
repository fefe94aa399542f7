"""The invented county is what ``tenants/README.md`` says: free of faults, its cases pass, no clause is left over."""

from datetime import date

import pytest

from lianshen.cli.keys import table
from lianshen.rules.queries import Case, Law, coverage, judge, lint, load_law, read_cases, read_clauses, reference
from tests.rules.keys import KEYS
from tests.rules.law import TENANTS

EXAMPLE = TENANTS / "_example"
VERSIONS = sorted((EXAMPLE / "990001-yangli").glob("pack-*"))
CASES = read_cases(EXAMPLE / "cases.yaml")


@pytest.fixture(scope="module")
def law() -> Law:
    return load_law(EXAMPLE, TENANTS)


def test_nothing_is_wrong_with_it_and_it_quotes_its_texts() -> None:
    found = lint([EXAMPLE], TENANTS, EXAMPLE / "texts")
    assert found.packs == len(VERSIONS) == 2
    assert [str(fault) for fault in found.faults] == []


@pytest.mark.parametrize("case", CASES, ids=[case.id for case in CASES])
def test_it_answers_its_cases(law: Law, case: Case) -> None:
    assert judge(law, case).differences == ()


def test_a_case_tells_by_name_what_is_otherwise_and_what_is_of_the_wrong_kind(law: Law) -> None:
    said = {"event": "annual_declaration", "event_date": "2026-03-02"}
    (difference,) = judge(law, Case("wrong", "yangli", said, {"declared_through": "city_platform"})).differences
    assert "申报渠道（declared_through）" in difference
    assert "市政务协同平台" in difference
    assert "县政务协同平台" in difference
    (difference,) = judge(law, Case("wrong", "yangli", said, {"due_on": True})).differences
    assert "date" in difference


def test_a_case_is_told_with_the_names_of_the_bodies_too(law: Law) -> None:
    said = {"event": "application_filed", "event_date": "2026-03-02", "kind": "new_build", "project_budget_cny": 600000}
    wrong = Case("wrong", "yangli", said, {"steps": [{"step": "acceptance", "by": "county_archives"}]})
    (told,) = judge(law, wrong).differences
    assert "验收 acceptance（样例县档案馆 county_archives）" in told
    assert "验收 acceptance（项目建设单位 project_unit、样例县档案馆 county_archives）" in told


def test_a_case_asks_of_blocks_alone_whether_something_is_allowed(law: Law) -> None:
    said = {"event": "application_filed", "event_date": "2026-03-02", "kind": "new_build", "project_budget_cny": 600000}
    expected = {"allowed": True, "complete": False}
    assert judge(law, Case("lacking", "yangli", said | {"has_feasibility_report": False}, expected)).differences == ()
    barred = Case("barred", "yangli", said | {"unit_barred": True}, {"allowed": False, "complete": True})
    assert judge(law, barred).differences == ()


def test_of_several_terms_a_case_is_told_the_first(law: Law) -> None:
    said = {"event": "joint_review", "event_date": "2026-09-24", "meeting_on": "2026-11-20"}
    said |= {"kind": "new_build", "project_budget_cny": 700000}
    assert judge(law, Case("two terms", "yangli", said, {"due_on": "2026-10-09"})).differences == ()


def test_every_clause_of_its_text_is_accounted_for() -> None:
    (found,) = coverage(EXAMPLE, TENANTS, read_clauses(EXAMPLE / "clauses.csv"), date(2026, 3, 2))
    assert found.count("open") == found.count("planned") == 0
    assert found.strangers == {}
    assert [clause.id for clause in found.clauses if clause.cited_as] == []


def test_the_table_of_keys_is_that_of_the_language_and_names_a_test_for_each() -> None:
    kept = (TENANTS / "KEYS.md").read_text(encoding="utf-8")
    assert kept == table(VERSIONS), "run `lianshen pack keys tenants/_example/990001-yangli/pack-* > tenants/KEYS.md`"
    keys = [key for part in reference(VERSIONS) for key in part.keys]
    assert [(key.entry, key.key) for key in keys] == [(struct.__name__, key) for struct, key in KEYS]
    assert [f"{key.entry}.{key.key}" for key in keys if not key.example] == []
    assert kept.count("test_keys.py[") == len(KEYS)
