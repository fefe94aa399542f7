"""Two laws over the same projects: what differs is counted, with examples, and nothing else."""

import csv
import time
from argparse import Namespace
from pathlib import Path

import msgspec
import pytest

from lianshen.cli import what_if
from lianshen.rules.queries import FactsError, Filed, Law, Tally, WhatIf, declared, read_filed
from tests.rules.law import ON, TENANTS, declaration
from tests.support.successor import NEW, OLD, both, successor


@pytest.fixture(scope="module")
def law(tmp_path_factory: pytest.TempPathFactory) -> Law:
    home = tmp_path_factory.mktemp("law")
    successor(home)
    return both(home)


def tally(law: Law) -> Tally:
    return Tally(law.registry.pack(OLD), law.registry.pack(NEW))


def outcomes(found: WhatIf) -> dict[str, dict[str, int]]:
    return {one.kind: {outcome.said: outcome.projects for outcome in one.outcomes} for one in found.kinds}


TERM = "修改后再次申报：30 日 → 20 日"


def test_each_outcome_is_counted_with_the_numbers_of_some_projects(law: Law) -> None:
    counted = tally(law)
    for number, budget in (("小", "400000"), ("中", "550000"), ("大", "2000000")):
        counted.add(Filed(number, ON, declaration(budget)))
    found = counted.result()
    assert (found.old, found.new, found.projects, found.unchanged, found.unanswered) == (OLD, NEW, 3, 0, ())
    said = outcomes(found)
    assert said["clocks"] == {TERM: 3}
    assert said["management"] == {"审批 → 仅备案": 1}
    assert said["tiers"] == {"预算50万元（含）以上、100万元以下：联审 → 预算50万元以下：备案": 1}
    assert said["papers"] == {"取消 项目建议书": 1, "取消 可行性研究报告": 1, "取消 数据资源目录": 1}
    assert said["steps"]["增加 备案"] == said["steps"]["取消 联审"] == 1
    assert "blocks" not in said
    examples = {outcome.said: outcome.examples for one in found.kinds for outcome in one.outcomes}
    assert examples["取消 项目建议书"] == ("小",)
    assert examples["取消 可行性研究报告"] == ("中",)


def test_a_project_counts_once_for_a_kind_however_much_differs(law: Law) -> None:
    counted = tally(law)
    counted.add(Filed("中", ON, declaration("550000", builds_private_network="on")))
    found = counted.result()
    assert {one.kind: one.projects for one in found.kinds}["steps"] == 1


def test_the_same_law_changes_nothing(law: Law) -> None:
    counted = Tally(law.registry.pack(OLD), law.registry.pack(OLD))
    for budget in ("400000", "550000", "2000000"):
        assert counted.add(Filed(budget, ON, declaration(budget))) == ()
    assert (counted.result().unchanged, counted.result().kinds) == (3, ())


def test_what_it_holds_does_not_grow_with_the_projects_and_it_is_quick(law: Law) -> None:
    counted, project = tally(law), declaration("550000")
    started = time.process_time()
    for place in range(3000):
        counted.add(Filed(f"{place:05d}", ON, project))
    assert time.process_time() - started < 9, "10,000 projects take less than 30 s"
    found = counted.result()
    assert {len(outcome.examples) for one in found.kinds for outcome in one.outcomes} == {5}
    assert found.kinds[0].outcomes[0].examples[0] == "00000"


def test_facts_that_the_course_of_the_procedure_made_are_no_declaration(law: Law) -> None:
    names = declared([law.registry.pack(OLD), law.registry.pack(NEW)])
    assert {"project_budget", "documents", "in_approved_plan"} <= names
    assert not names & {"submitted", "approved", "joint_review_passed", "contract_signed"}


def test_a_project_without_an_answer_is_named(law: Law) -> None:
    counted = tally(law)
    counted.add(
        Filed(
            "坏",
            ON,
            declaration("550000")
            | {"total_investment": 2**63 - 1, "earlier_changes": 2**63 - 1, "change_amount": 2**63 - 1},
        )
    )
    assert counted.result().unanswered == ("坏",)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "不是一个项目"),
        ('{"number": "1"}', "不是一个项目"),
        ('{"number": "1", "facts": {}, "extra": 1}', "不是一个项目"),
        ('{"number": "1", "facts": {"budgett": 1}}', "budgett"),
        ('{"number": "1", "facts": {"project_budget": "500000.00"}}', "整数分"),
        ('{"number": "1", "facts": {"project_budget": true}}', "整数分"),
        ('{"number": "1", "facts": {"documents": ["a", 1]}}', "codes"),
    ],
)
def test_lines_that_are_no_projects_are_refused(law: Law, line: str, said: str) -> None:
    with pytest.raises(FactsError, match=said):
        read_filed(line.encode(), [law.registry.pack(OLD)], ON)


async def test_the_command_reads_a_file_and_writes_a_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = successor(tmp_path / "law")
    file, out = tmp_path / "filed.jsonl", tmp_path / "out.csv"
    lines = [
        {"number": f"2025-{place}", "on": on, "facts": declaration(budget)}
        for place, (budget, on) in enumerate([("400000", "2025-11-05"), ("550000", "2025-11-06"), ("1", "2024-05-05")])
    ]
    file.write_bytes(b"\n".join(map(msgspec.json.encode, lines)) + b"\n\n")
    home = tmp_path / "law"
    asked = Namespace(draft=str(folder), facts=file, tenant=None, year=2025, against=None, on=None, packs=home,
                      out=out, json=False)  # fmt: skip
    assert await what_if.run(asked, TENANTS) == 0
    said = capsys.readouterr().out
    assert f"{OLD} → {NEW}：比较 2 个项目，0 个不变，2 个有变化" in said
    assert "审批 → 仅备案" in said
    with out.open(encoding="utf-8-sig", newline="") as rows:
        kept = list(csv.reader(rows))
    assert kept[0] == ["项目编号", "类别", "变化"]
    assert ["2025-1", "管理方式", "审批 → 仅备案"] in kept
    assert {row[0] for row in kept[1:]} == {"2025-0", "2025-1"}
    asked.json, asked.out, asked.year = True, None, None
    assert await what_if.run(asked, TENANTS) == 0
    assert msgspec.json.decode(capsys.readouterr().out, type=WhatIf).projects == 3
    file.write_bytes(file.read_bytes() + b"{}")
    assert await what_if.run(asked, TENANTS) == 2
    assert f"{file}:5：不是一个项目" in capsys.readouterr().err
