"""``lianshen tenant``: a county by hand, from its first day to its end."""

import asyncio
import re
import sys
import time
from datetime import date, timedelta

import msgspec
import pytest
from sqlalchemy import text
from tests.walk.driver import form, instant

from lianshen.cli import main as cli
from lianshen.identity.commands import add_person
from lianshen.identity.types import Actor
from lianshen.kernel import settings
from lianshen.kernel.clock import day_of, now
from lianshen.kernel.settings import Settings
from lianshen.projects.commands import declare
from lianshen.projects.queries import view
from lianshen.rules.queries import law_of, load_law


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


async def test_a_new_county_declares_under_a_pack_begun_with_anothers(lianshen, work, superuser, tmp_path):
    """Place, offices and rules from a template; two people let the rules count; then a unit declares."""
    for name in ("_vocabulary", "_calendar", "320723-guanyun", "320700-lianyungang"):
        (tmp_path / name).symlink_to(Settings().tenants_dir / name)
    began = time.monotonic()

    async def run(*words: str) -> str:
        return await asyncio.to_thread(lianshen, *words)  # the command has an event loop of its own

    at = ("--parent", "320700", "--since", "2026-01-01")
    said = await run("tenant", "create", "320796", "新海县", *at, "--template", "320723")
    assert "lianshen pack new 320796" in said, "what is missing, and how to get it"
    words = ("--slug", "xinhai", "--name", "新海县", "--title", "新海县政务信息化项目管理办法", "--since", "2026-01-01")
    await run("pack", "new", "320796", "--template", "320723", "--parent", "320700", *words, "--packs", str(tmp_path))
    folder = str(tmp_path / "320796-xinhai" / "pack-2026-01-01")
    await run("pack", "review", folder, "--drafter", "起草人", "--by", "审核人", "--on", "2026-01-05")
    await run("pack", "publish", folder, "--by", "公布人", "--on", "2026-01-05")
    law = load_law(tmp_path, drafts=False)
    assert time.monotonic() - began < 60

    find = text(
        "SELECT id, name, body FROM office WHERE tenant = '320796' AND body = 'project_unit' ORDER BY code LIMIT 1"
    )
    office = (await superuser.execute(find)).one()
    work.now = instant("2026-03-02")
    async with work() as uow:
        await uow.enter("320796")
        person, post = await add_person(uow, office.id, "xh-sb", "申报员", ("applicant",), date(2026, 1, 1), hashed="!")
        unit = Actor(
            person=person, name="申报员", post=post, office=office.id, office_name=office.name, body=office.body,
            tenant="320796", roles=("applicant",), form_key="", rights=0, on=date(2026, 3, 2),
        )  # fmt: skip
        done = await declare(uow, unit, await law_of(uow, law), form("700000.00"))
        found = await view(uow, unit, done.project)
        await uow.commit()
    assert found.pack == "320796@2026-01-01"


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
