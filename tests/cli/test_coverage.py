"""What ``lianshen pack coverage`` prints, and with which code it ends."""

import json
import shutil
import sys
from pathlib import Path

import pytest
from tests.rules.law import TENANTS

from lianshen.cli.main import main

HEAD = "id,jurisdiction,article,quote"
KNOWN, OPEN = "YL-5-1,yangli,5,实行审批", "YL-99-1,yangli,99,没有人管的一条"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    shutil.copytree(TENANTS / "_example", tmp_path / "law")

    def covered(*rows: str, options: tuple[str, ...] = ()) -> tuple[int, str]:
        file = tmp_path / "clauses.csv"
        file.write_text("\n".join([HEAD, *rows]), encoding="utf-8")
        where = ["--clauses", str(file), "--packs", str(tmp_path / "law"), "--on", "2026-06-01"]
        monkeypatch.setattr(sys, "argv", ["lianshen", "pack", "coverage", *where, *options])
        code = main()
        said = capsys.readouterr()
        return code, said.out + said.err

    return covered


def test_the_share_the_open_list_and_strangers_are_printed(run):
    code, said = run(KNOWN, OPEN)
    assert code == 1  # the rules of the example rest on clauses that this list does not have
    assert "yangli 990001@2026-01-01" in said
    assert "1/2 条已落实（50.0%）" in said
    assert "YL-99-1  99  未落实  「没有人管的一条」" in said
    assert "没有条款的规则：YL-6-1" in said
    assert "YL-5-1  5" not in said
    assert said.rstrip().rpartition("\n")[2].startswith("合计：1/2")


def test_each_clause_is_told_with_its_rules(run):
    said = run(KNOWN, options=("--each",))[1]
    line = next(line for line in said.splitlines() if "YL-5-1" in line)
    assert "parameter:approval_from" in line


def test_programs_get_json(run):
    (one,) = json.loads(run(KNOWN, OPEN, options=("--json",))[1])
    assert [clause["means"] for clause in one["clauses"]] == ["rules", "open"]


def test_every_clause_of_the_example_makes_it_whole(run):
    listed = json.loads(run(KNOWN, options=("--json",))[1])[0]["strangers"]
    rows = [f"{clause},yangli,附件1,原文" for clause in listed]
    code, said = run(KNOWN, *rows)
    assert code == 0
    assert "（100.0%）" in said
    assert "条号不一致" in said


@pytest.mark.parametrize("row", ["YL-5-1,yangli,5,", ""])
def test_a_list_that_does_not_read_is_told_with_its_line(run, row):
    code, said = run(row)
    assert code == 2
    assert "clauses.csv:" in said
