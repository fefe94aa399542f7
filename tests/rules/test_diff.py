"""What changed between two versions is told in words: each change once, nothing else, whatever the files look like."""

from argparse import Namespace
from pathlib import Path

import pytest

from lianshen.cli import versions
from lianshen.rules._notes import NOTES
from lianshen.rules._reading import condition_said, key_said
from lianshen.rules.queries import Pack, diff, load_pack
from tests.rules.law import GUANYUN, TENANTS, calendar, guanyun, vocabulary
from tests.support.successor import NEW, OLD, both, successor

APPROVED = "  - {phase: approved, label: 已批准, when: approved}\n"
FILED = "  - {phase: filed, label: 已备案, when: filed}\n"


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Pack:
    """The invented successor as it stands."""
    return edited(tmp_path_factory.mktemp("plain"))


def edited(home: Path, *edits: tuple[str, str, str]) -> Pack:
    return load_pack(successor(home, *edits), vocabulary(), calendar())


def test_a_version_does_not_differ_from_itself() -> None:
    assert diff(guanyun(), guanyun()).changes == ()


def test_the_successor_is_told_change_by_change(tmp_path: Path) -> None:
    successor(tmp_path)
    registry = both(tmp_path).registry
    found = diff(registry.pack(OLD), registry.pack(NEW))
    assert (found.old, found.new) == (OLD, NEW)
    told = {(one.key, one.how, one.code): one for one in found.changes}
    assert set(told) == {
        ("instrument", "changed", ""),
        ("clauses", "changed", "GY-16-4"),
        ("clauses", "changed", "GY-15-14"),
        ("clauses", "changed", "GY-34-2"),
        ("parameters", "changed", "joint_review_from"),
        ("parameters", "changed", "reapplication_term"),
        ("papers", "changed", "project_proposal"),
        ("papers", "removed", "price_list"),
        ("papers", "added", "performance_report"),
        ("blocks", "changed", "private_network"),
    }
    bound = told["parameters", "changed", "joint_review_from"]
    assert [(one.what, one.before, one.after) for one in bound.details] == [
        ("数值", "500,000 元", "600,000 元"),
        ("原文", "50万元（含）以上", "60万元（含）以上"),
    ]
    assert bound.rests_on_it == ("金额档次",)
    assert "期限：修改后再次申报" in told["parameters", "changed", "reapplication_term"].rests_on_it
    assert told["papers", "removed", "price_list"].label == "软硬件报价清单"
    assert told["papers", "added", "performance_report"].label == "绩效评价报告"
    block = told["blocks", "changed", "private_network"]
    assert [(one.what, one.before, one.after) for one in block.details] == [
        ("刚性", "原则上", "绝对"),
        ("可准予例外的机构", "县数据局", "无"),
    ]


@pytest.mark.parametrize(
    ("edit", "key", "how", "code", "said"),
    [
        (("conditions.yaml", 'by_reference: unit == "town_or_park"', 'by_reference: unit == "school_or_hospital"'),
         "scope", "changed", "", "「申报单位性质」为“镇（街道）、园区” → 「申报单位性质」为“县属学校、医院”"),
        (("route.yaml", "  - {step: sign_contract, done: contract_signed, by: [project_unit]",
          "  - {step: sign_contract, done: contract_signed, by: [county_data_bureau]"),
         "steps", "changed", "sign_contract", " → 县数据局"),
        (("clocks.yaml", "    budget: revision_term\n    first_day: not_counted\n    rolling: none",
          "    budget: revision_term\n    first_day: not_counted\n    rolling: next_working_day"),
         "clocks", "changed", "revise", "末日遇休息日：无 → 顺延至下一工作日"),
        (("phases.yaml", "label: 已备案,", "label: 已经备案,"), "phases", "changed", "filed", "已备案 → 已经备案"),
        (("phases.yaml", APPROVED + FILED, FILED + APPROVED),
         "phases", "moved", "", "先后次序：视为自动放弃"),
        (("actions.yaml", "sets: {submitted: true}", "sets: {submitted: true, filing_returned: false}"),
         "actions", "changed", "submit", "→ 已申报：是；备案材料已退回：否"),
    ],
)  # fmt: skip
def test_one_edit_is_one_change(
    plain: Pack, tmp_path: Path, edit: tuple[str, str, str], key: str, how: str, code: str, said: str
):
    found = diff(plain, edited(tmp_path, edit)).changes
    assert {(one.key, one.how) for one in found} == {(key, how)}, found
    assert {one.code for one in found} == {code}
    assert said in "；".join(f"{one.what}：{one.before} → {one.after}" for change in found for one in change.details)


def test_another_way_of_writing_the_same_is_no_change(plain: Pack, tmp_path: Path) -> None:
    rewritten = (
        ("conditions.yaml", "  by_reference:", "  as_reference:"),
        ("scope.yaml", "by_reference", "as_reference"),
        ("conditions.yaml", 'operations: kind == "operations"', "operations: kind  ==  'operations'"),
    )
    assert diff(plain, edited(tmp_path, *rewritten)).changes == ()


def test_conditions_read_as_sentences() -> None:
    said = {
        "!in_approved_plan": "非「已列入国家、省、市或县信息化规划」",
        "unit == 'school_or_hospital' && submitted_via == 'direct'": "「申报单位性质」为“县属学校、医院”",
        "total_investment <= merge_two_up_to": "「总投资」不超过20,000,000 元",
        "(estimate_tier)": "「档次」为“预算100万元（含）及以上：先审核概算，再联审”",
    }
    for text, words in said.items():
        assert words in condition_said(guanyun(), text)


def test_every_key_has_a_chinese_name() -> None:
    for note in NOTES:
        shape, _, key = note.rpartition(".")
        assert not key_said(shape or "Any", key).isascii(), note


def test_the_command_compares_folders_and_references(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = successor(tmp_path)
    for old, new, packs in ((str(GUANYUN), str(folder), None), (OLD, NEW, tmp_path)):
        assert versions.diff(Namespace(old=old, new=new, packs=packs, json=False), TENANTS) == 0
        out = capsys.readouterr().out
        assert out.startswith(f"{OLD} → {NEW}：10 处变化")
        assert "      数值：500,000 元 → 600,000 元" in out
        assert "  － 软硬件报价清单（第二十五条）" in out
    assert versions.diff(Namespace(old=OLD, new="320723@1999-01-01", packs=None, json=False), TENANTS) == 2
    assert "320723@2025-09-06" in capsys.readouterr().err
