"""A pack begun with a copy of another's: a draft that says whose words it has, and answers as that does."""

import shutil
import sys
from datetime import date

import pytest

from lianshen.cli import main as cli
from lianshen.rules.commands import Beginning, ReleaseRefused, begin
from lianshen.rules.queries import assess, lint, load_law, load_pack
from tests.rules.law import GUANYUN, TENANTS, calendar, declaration, guanyun, vocabulary

NEW = Beginning(
    "320797",
    "xinshu",
    "新沭县",
    "新沭县政务信息化项目管理办法",
    date(2026, 1, 1),
    parents=(("320700", date(2020, 1, 1)),),
)


@pytest.fixture
def packs(tmp_path):
    for name in ("_vocabulary", "_calendar", "320723-guanyun", "320700-lianyungang"):
        (tmp_path / name).symlink_to(TENANTS / name)
    return tmp_path


def test_the_copy_is_a_draft_of_the_new_law_and_answers_as_the_template(packs):
    folder = begin(NEW, guanyun(), GUANYUN, packs, TENANTS).folder
    made = load_pack(folder, vocabulary(), calendar())
    assert (made.ref, made.title, made.status, made.published) == ("320797@2026-01-01", NEW.title, "draft", False)
    assert made.until == date(2026, 1, 1) + (guanyun().until - guanyun().since), "in force as long"
    assert "灌云县县级政务信息化项目建设管理办法" in (folder / "instrument.yaml").read_text(encoding="utf-8")
    there, here = (assess(pack, declaration("700000.00"), "", date(2026, 3, 2)) for pack in (guanyun(), made))
    assert [(one.code, one.open, one.reasons) for one in here.actions] == [
        (one.code, one.open, one.reasons) for one in there.actions
    ]
    assert (here.phase, here.papers, here.steps) == (there.phase, there.papers, there.steps)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"code": "32079"}, "begin_code"),
        ({"code": "３20797"}, "begin_code"),
        ({"slug": "../etc"}, "begin_slug"),
        ({"slug": ""}, "begin_slug"),
    ],
)
def test_a_name_that_is_none_is_refused(packs, changed, code):
    with pytest.raises(ReleaseRefused) as refused:
        begin(
            Beginning(**{name: changed.get(name, getattr(NEW, name)) for name in NEW.__struct_fields__}),
            guanyun(),
            GUANYUN,
            packs,
            TENANTS,
        )
    assert refused.value.code == code
    assert sorted(path.name for path in packs.iterdir()) == [
        "320700-lianyungang",
        "320723-guanyun",
        "_calendar",
        "_vocabulary",
    ]


def test_what_stands_there_is_never_written_over(packs):
    folder = begin(NEW, guanyun(), GUANYUN, packs, TENANTS).folder
    (folder / "scope.yaml").write_text("mine", encoding="utf-8")
    with pytest.raises(ReleaseRefused) as refused:
        begin(NEW, guanyun(), GUANYUN, packs, TENANTS)
    assert refused.value.code == "begin_there"
    assert (folder / "scope.yaml").read_text(encoding="utf-8") == "mine"


@pytest.fixture
def lianshen(monkeypatch, capsys):
    def run(*arguments: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["lianshen", "pack", *arguments])
        code = cli.main()
        said = capsys.readouterr()
        return code, said.out + said.err

    return run


def test_two_people_bring_it_from_a_template_into_force(packs, lianshen):
    words = ("--template", "guanyun", "--title", NEW.title, "--since", "2026-01-01", "--packs", str(packs))
    county = ("320797", "--slug", "xinshu", "--name", "新沭县", "--parent", "320700")
    code, said = lianshen("new", *county, *words)
    folder = packs / "320797-xinshu" / "pack-2026-01-01"
    assert (code, "lianshen pack review" in said) == (0, True), said
    assert load_law(packs, drafts=False).registry.in_force("320797", date(2026, 3, 2)) is None, "a draft counts nowhere"
    on = ("--on", "2026-01-05")
    assert lianshen("review", str(folder), "--drafter", "甲", "--by", "甲", *on)[0] == 1
    assert lianshen("review", str(folder), "--drafter", "甲", "--by", "乙", *on)[0] == 0
    assert lianshen("publish", str(folder), "--by", "甲", *on)[0] == 1
    assert lianshen("publish", str(folder), "--by", "乙", *on)[0] == 0
    assert load_law(packs, drafts=False).registry.in_force("320797", date(2026, 3, 2)).title == NEW.title


def test_an_unknown_template_is_told(packs, lianshen):
    words = ("--title", NEW.title, "--since", "2026-01-01", "--packs", str(packs))
    code, said = lianshen("new", "320797", "--slug", "xinshu", "--template", "999999", *words)
    assert (code, "320723" in said) == (1, True)


@pytest.mark.parametrize("template", sorted(path.parent.name[:6] for path in TENANTS.glob("*/pack-*")))
def test_every_shipped_law_is_a_template_without_faults(tmp_path, lianshen, template):
    """On another day too: rules that speak of days before the text was issued are left out, and told."""
    home = tmp_path / "tenants"
    home.mkdir()
    for path in (TENANTS / "_vocabulary", TENANTS / "_calendar", *TENANTS.glob(f"{template}-*")):
        (home / path.name).symlink_to(path)
    words = ("--template", template, "--title", NEW.title, "--since", "2026-12-01", "--packs", str(home))
    code, said = lianshen("new", "320797", "--slug", "xinshu", "--name", "新沭县", *words)
    assert code == 0, said
    assert ("disputes: " in said) == (template in ("140800", "421000")), said
    found = lint([home / "320797-xinshu"], TENANTS)
    assert (found.packs, found.faults) == (1, ())


@pytest.mark.parametrize("newest", ["pack-2026-01-01", "pack-2028-07-01"])
def test_a_law_upon_law_is_copied_joined(tmp_path, lianshen, newest):
    """Of a county that takes rules over from its city, and of a second text over the first: one pack without layers."""
    home = tmp_path / "990001-yangli"
    shutil.copytree(TENANTS / "_example", tmp_path, dirs_exist_ok=True)
    if newest == "pack-2026-01-01":
        shutil.rmtree(home / "pack-2028-07-01")
    words = ("--template", "yangli", "--title", NEW.title, "--since", "2029-01-01", "--packs", str(tmp_path))
    code, said = lianshen("new", "990002", "--slug", "other", "--name", "他县", *words)
    assert code == 0, said
    folder = tmp_path / "990002-other" / "pack-2029-01-01"
    made, there = (load_pack(path, vocabulary(), calendar()) for path in (folder, home / newest))
    assert (made.written.inherits, made.status, made.title) == ([], "draft", NEW.title)
    on = date(2029, 1, 2)
    for facts in ({}, {"kind": "new_build", "project_budget": 65_000_000, "builds_private_network": True}):
        mine, theirs = (assess(pack, facts, "approve", on) for pack in (made, there))
        assert (mine.management, mine.phase, [tier.code for tier in mine.tiers]) == (
            theirs.management,
            theirs.phase,
            [tier.code for tier in theirs.tiers],
        )
        for key in ("papers", "steps", "blocks", "clocks", "actions", "disputes"):
            assert [one.label if key != "disputes" else one.point for one in getattr(mine, key)] == [
                one.label if key != "disputes" else one.point for one in getattr(theirs, key)
            ]
