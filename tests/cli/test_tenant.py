"""``lianshen tenant``: a county by hand, from its first day to its end."""

import re
import sys
from datetime import timedelta

import msgspec
import pytest

from lianshen.cli import main as cli
from lianshen.kernel import settings
from lianshen.kernel.clock import day_of, now


@pytest.fixture
def lianshen(configured, monkeypatch, capsys):
    def run(*arguments: str, code: int = 0) -> str:
        monkeypatch.setattr(sys, "argv", ["lianshen", *arguments])
        assert cli.main() == code
        said = capsys.readouterr()
        return said.err if code else said.out

    return run


def test_a_county_is_made_moved_merged_and_taken_out_by_hand(lianshen):
    where = ("--parent", "320700", "--since", "2026-01-01")
    made = lianshen("tenant", "create", "320798", "新沭县", *where, "--template", "320723")
    assert float(re.search(r"用时 ([0-9.]+) 秒", made)[1]) < 60
    assert len(re.findall(r"(?:[A-Za-z0-9]{4}-){3}[A-Za-z0-9]{4}", made)) == 3
    assert "还没有规则包" in made
    assert "已登记为新沭县" in lianshen("tenant", "create", "320798", "别县", "--parent", "320700", code=2)

    assert "一行不动" in lianshen("tenant", "merge", "320798", "--into", "320723", "--dry-run")
    assert re.search(r"^    320798", lianshen("tenant", "tree"), re.MULTILINE), "a rehearsal changes nothing"
    soon = (day_of(now()) + timedelta(days=30)).isoformat()
    lianshen("tenant", "move", "320798", "320000", "--on", soon)
    later = [lianshen("tenant", "tree", "--on", on) for on in (soon, "2030-01-01")]
    assert all(re.search(r"^  320798", said, re.MULTILINE) for said in later), "directly below the province"
    assert re.search(r"^    320798", lianshen("tenant", "tree"), re.MULTILINE)

    assert "不能登记" in lianshen("tenant", "merge", "320798", "--into", "320723", "--dry-run", code=2), "a move is due"
    assert "下级地区" in lianshen("tenant", "merge", "320700", "--into", "320723", "--dry-run", code=2)
    assert "320798" in lianshen("tenant", "export", "320798")
    lianshen("tenant", "suspend", "320798", "--reason", "试")
    assert "已暂停" in lianshen("tenant", "list")
    assert "已暂停" in lianshen("tenant", "merge", "320798", "--into", "320723", code=2)
    assert "已暂停" in lianshen("tenant", "merge", "320798", "--into", "320723", "--dry-run", code=2)


@pytest.mark.parametrize(
    "words",
    [
        ("tenant", "export"),
        ("tenant", "resume", "--reason", "试"),
        ("keys", "rotate", "--tenant"),
        ("keys", "list", "--tenant"),
    ],
)
def test_a_code_that_nobody_has_is_refused_in_a_line(lianshen, stack, name, monkeypatch, words):
    owner = msgspec.structs.replace(settings.settings(), owner_database_url=stack.url("lianshen_owner", name))
    monkeypatch.setattr(settings, "settings", lambda: owner)
    assert "没有这项内容" in lianshen(*words, "999999", code=2)
