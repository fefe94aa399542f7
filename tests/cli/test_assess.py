"""The short answer: everything that the long one says to the point, a line each, with its article."""

import argparse
from datetime import date
from pathlib import Path

import msgspec
import pytest
from tests.rules.law import TENANTS

from lianshen.cli import assess
from lianshen.kernel.settings import Settings

EXAMPLE = TENANTS / "_example"
DAY = date(2026, 3, 2)


def told(
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    facts: dict[str, object],
    event: str = "",
    explain: tuple[str, ...] = (),
) -> list[str]:
    file = folder / "q.json"
    file.write_bytes(msgspec.json.encode({"tenant": "990001", "event": event, "on": DAY, "facts": facts}))
    arguments = argparse.Namespace(file=str(file), packs=EXAMPLE, on=None, explain=[*explain], brief=True, indent=False)
    settings = Settings(tenants_dir=TENANTS)
    assert assess.run(arguments, settings, DAY) == 0
    return capsys.readouterr().out.splitlines()


def test_scope_papers_steps_blocks_terms_and_disputes_stand_with_their_articles(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = told(tmp_path, capsys, {"kind": "new_build", "project_budget": "700000"}, "project_approval")
    assert lines[0] == "样例县政务信息化项目管理办法（样政发〔2025〕6号），规则版本 2026-01-01，按 2026年3月2日的规定"
    for line in (
        "本规则版本尚未公布，仅供试用",
        "在本办法管理范围内（第二条）",
        "管理方式：审批（第五条）",
        "  不得：缺数据资源目录。请编制并上传数据资源目录。（第十一条）",
        "  数据资源目录，“批准”时交（第十一条）",
        "  样例县数据局：联审（第十三条）",
        "  提交申报：缺少材料：可行性研究报告。请上传该材料。（第八条）",
        "  开工：批准起算；如当天起算，截止 2027年3月2日（第十六条）",
    ):
        assert line in lines
    large = told(tmp_path, capsys, {"kind": "new_build", "project_budget": "7000000"})
    assert any(line.startswith("  何为“重大项目”：本系统采用“") and line.endswith("（第二十三条）") for line in large)
    assert len(large) < 60


def test_what_a_person_decides_is_told_and_so_is_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    facts = {"item_type": "general_software_licences"}
    assert "是否在管理范围内，条文未作定论，由人认定（第二条）" in told(tmp_path, capsys, facts)
    found = told(tmp_path, capsys, {"project_budget": "700000"}, explain=("management",))
    assert "  特定内容为“通用软件（成品）”时，是否属于本办法管理范围，条文未作定论，由人认定。（第二条）" in found
