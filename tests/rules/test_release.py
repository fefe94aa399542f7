"""A version counts once a second person has reviewed it and it is published; then its files never change again."""

import shutil
from datetime import date
from pathlib import Path

import pytest

from lianshen.cli.releases import run
from lianshen.rules.commands import ReleaseRefused, publish, review
from lianshen.rules.queries import Law, PackError, assess, lint, load_law
from tests.rules.law import TENANTS

SOUND = (Path(__file__).parent / "minimal.yaml").read_text(encoding="utf-8")
ON = date(2025, 6, 1)
TENANT = "999999"
COMMON = "990000-yangli-city/common-2024-01-01"


def written(home: Path, since: str, until: str | None = None, replaces: str | None = None) -> Path:
    """A sound version that begins on the day ``since``."""
    force = SOUND.partition("in_force: {")[2].partition("}")[0]
    said = [f'from: "{since}"', *([f'until: "{until}"'] if until else [])]
    said += [*([f"replaces: {replaces}"] if replaces else []), "clause: " + force.rpartition("clause: ")[2]]
    folder = home / f"{TENANT}-test" / f"pack-{since}"
    folder.mkdir(parents=True)
    (folder / "law.yaml").write_text(SOUND.replace(force, ", ".join(said)), encoding="utf-8")
    return folder


def released(folder: Path, on: date = ON) -> None:
    review(folder, by="审核人", drafter="起草人", on=on, shipped=TENANTS)
    publish(folder, by="审核人", on=on, shipped=TENANTS)


def law(home: Path, *, drafts: bool = False) -> Law:
    return load_law(home, TENANTS, drafts=drafts)


def refusal(call, *arguments, **options) -> str:
    with pytest.raises(ReleaseRefused) as refused:
        call(*arguments, on=ON, shipped=TENANTS, **options)
    assert "。" in str(refused.value)
    return refused.value.code


def test_from_draft_to_published(tmp_path: Path) -> None:
    folder = written(tmp_path, "2025-01-01")
    ref = f"{TENANT}@2025-01-01"
    assert law(tmp_path).registry.in_force(TENANT, ON) is None
    assert law(tmp_path).registry.named("test", ON).ref == law(tmp_path).registry.pack(ref).ref == ref
    assert law(tmp_path, drafts=True).registry.in_force(TENANT, ON).ref == ref
    assert refusal(publish, folder, by="审核人") == "release_no_review"
    assert refusal(review, folder, by="审核人") == "release_no_drafter"
    assert refusal(review, folder, by="起草人", drafter="起草人") == "release_own_review"
    review(folder, by="审核人", drafter="起草人", until=date(2025, 7, 1), on=ON, shipped=TENANTS)
    assert law(tmp_path).registry.in_force(TENANT, ON) is None
    assert refusal(publish, folder, by="起草人") == "release_own_publication"
    done = publish(folder, by="公布人", on=ON, shipped=TENANTS)
    pack = law(tmp_path).registry.in_force(TENANT, ON)
    assert pack is not None
    assert pack.release == done
    assert (done.drafted_by, done.reviewed_by, done.published_by) == ("起草人", "审核人", "公布人")
    assert (done.published_on, done.reviewed_until, done.digest) == (ON, date(2025, 7, 1), pack.digest)
    assert refusal(publish, folder, by="公布人") == refusal(review, folder, by="审核人") == "release_published"


def test_the_reviewer_vouches_for_days_of_the_law_alone(tmp_path: Path) -> None:
    folder = written(tmp_path, "2025-01-01", "2025-12-31")
    for until in (date(2024, 12, 31), date(2026, 1, 1)):
        assert refusal(review, folder, by="审核人", drafter="起草人", until=until) == "release_until"


def test_what_was_changed_since_its_review_is_reviewed_anew(tmp_path: Path) -> None:
    folder = written(tmp_path, "2025-01-01")
    review(folder, by="审核人", drafter="起草人", on=ON, shipped=TENANTS)
    (folder / "more.yaml").write_text("coverage: {}\n", encoding="utf-8")
    with pytest.raises(ReleaseRefused, match=r"more\.yaml") as refused:
        publish(folder, by="审核人", on=ON, shipped=TENANTS)
    assert refused.value.code == "release_changed"
    review(folder, by="另一审核人", on=ON, shipped=TENANTS)
    assert publish(folder, by="另一审核人", on=ON, shipped=TENANTS).drafted_by == "起草人"


def test_a_faulty_version_is_neither_reviewed_nor_published(tmp_path: Path) -> None:
    folder = written(tmp_path, "2025-01-01")
    review(folder, by="审核人", drafter="起草人", on=ON, shipped=TENANTS)
    file = folder / "law.yaml"
    file.write_text(SOUND.replace("when: emergency, clause", "when: emergncy, clause"), encoding="utf-8")
    assert refusal(review, folder, by="审核人") == refusal(publish, folder, by="审核人") == "release_faults"
    assert [fault.code for fault in law(tmp_path).registry.faults] == ["expression"]
    with pytest.raises(PackError):
        law(tmp_path, drafts=True)


@pytest.mark.parametrize("damage", ["changed", "added", "gone"])
def test_a_published_version_whose_files_changed_does_not_load(tmp_path: Path, damage: str) -> None:
    folder = written(tmp_path, "2025-01-01")
    (folder / "more.yaml").write_text("coverage: {}\n", encoding="utf-8")
    released(folder)
    law(tmp_path)
    if damage == "changed":
        (folder / "more.yaml").write_text("coverage: {}\n# 批注\n", encoding="utf-8")
    elif damage == "added":
        (folder / "evenmore.yaml").write_text("documents: {}\n", encoding="utf-8")
    else:
        (folder / "more.yaml").unlink()
    for drafts in (False, True):
        with pytest.raises(PackError, match="已公布的版本不得修改") as refused:
            law(tmp_path, drafts=drafts)
    error = refused.value
    assert (error.file.name, error.code) == ("release.yaml", "published_changed")
    assert error.file.read_text(encoding="utf-8").splitlines()[error.line - 1].startswith("digest:")
    assert "请另建新版本" in error.remedy
    assert {"changed": "more.yaml", "added": "evenmore.yaml", "gone": "more.yaml"}[damage] in error.message
    assert [fault.code for fault in lint([folder], TENANTS).faults] == ["published_changed"]
    assert refusal(publish, folder, by="审核人") == "release_faults"


@pytest.mark.parametrize(
    ("file", "sound", "damage", "kind"),
    [
        ("facts.yaml", "紧急建设项目", "应急项目", "facts"),
        ("steps.yaml", "project_approval: ", "project_approval: 县级", "steps"),
        ("facts.yaml", "  emergency: {type: bool,", "  emergency: {type: bool, subject: unit,", "facts"),
        ("facts.yaml", "facts:\n", "facts:\n  of_another_county: {type: bool, label: 他县的词, neutral: false}\n", ""),
        ("features.yaml", "state: planned", "state: built, where: web/x.py", ""),
    ],
)
def test_the_shared_words_of_a_published_version_do_not_change_either(
    tmp_path: Path, file: str, sound: str, damage: str, kind: str
) -> None:
    """Those that it uses: words that others add, and what the platform has built, are not its business."""
    shutil.copytree(TENANTS / "_vocabulary", tmp_path / "_vocabulary")
    folder = written(tmp_path, "2025-01-01")
    released(folder)
    words = tmp_path / "_vocabulary" / file
    before = words.read_text(encoding="utf-8")
    assert sound in before
    words.write_text(before.replace(sound, damage), encoding="utf-8")
    faults = lint([folder], TENANTS).faults
    assert [fault.code for fault in faults] == (["published_changed"] if kind else [])
    assert not kind or faults[0].message.endswith(f"：_vocabulary/{kind}")


def test_what_others_rule_is_published_with_the_version_that_takes_it_over(tmp_path: Path) -> None:
    """Rules for the levels below are not published by themselves, and do not change under a version of theirs."""
    shutil.copytree(TENANTS / "_example", tmp_path, dirs_exist_ok=True)
    common, folder = (tmp_path / name for name in (COMMON, "990001-yangli/pack-2026-01-01"))
    assert refusal(review, common, by="审核人", drafter="起草人") == "release_common"
    assert refusal(review, folder.parent, by="审核人", drafter="起草人") == "release_no_pack"
    released(folder, date(2026, 1, 5))
    assert f"{COMMON}/law.yaml" in (folder / "release.yaml").read_text(encoding="utf-8")
    law_above = common / "law.yaml"
    law_above.write_text(law_above.read_text(encoding="utf-8").replace("政务外网", "外网"), encoding="utf-8")
    (fault,) = lint([folder], TENANTS).faults
    assert (fault.code, f"{COMMON}/law.yaml" in fault.message) == ("published_changed", True)


def test_a_release_that_does_not_read_is_no_draft(tmp_path: Path) -> None:
    folder = written(tmp_path, "2025-01-01")
    released(folder)
    release = folder / "release.yaml"
    release.write_text(release.read_text(encoding="utf-8").replace("drafted_by", "drafter"), encoding="utf-8")
    with pytest.raises(PackError) as refused:
        law(tmp_path)
    assert (refused.value.file, refused.value.code) == (release, "unknown_key")


def test_a_successor_ends_its_predecessor_if_it_says_so(tmp_path: Path) -> None:
    first, ref = written(tmp_path, "2025-01-01", "2026-12-31"), f"{TENANT}@2025-01-01"
    released(first)
    second = written(tmp_path, "2026-01-01")
    review(second, by="审核人", drafter="起草人", on=ON, shipped=TENANTS)
    assert refusal(publish, second, by="审核人") == "release_overlap"
    registry = law(tmp_path).registry
    assert [(one.ends, one.counts) for one in registry.versions(TENANT)] == [(date(2026, 12, 31), True), (None, False)]
    shutil.rmtree(second)
    second = written(tmp_path, "2026-01-01", replaces=ref)
    released(second)
    registry = law(tmp_path).registry
    assert [one.ends for one in registry.versions(TENANT)] == [date(2025, 12, 31), None]
    days = {"2024-12-31": None, "2025-12-31": ref, "2026-01-01": f"{TENANT}@2026-01-01"}
    found = {day: registry.in_force(TENANT, date.fromisoformat(day)) for day in days}
    assert {day: pack and pack.ref for day, pack in found.items()} == days
    assert registry.pack(ref).until == date(2026, 12, 31)


def test_nothing_is_published_before_what_counts_already(tmp_path: Path) -> None:
    released(written(tmp_path, "2026-01-01"))
    earlier = written(tmp_path, "2025-01-01")
    review(earlier, by="审核人", drafter="起草人", on=ON, shipped=TENANTS)
    assert refusal(publish, earlier, by="审核人") == "release_overlap"
    shutil.rmtree(earlier)
    released(written(tmp_path, "2025-01-01", "2025-12-31"))
    assert len(law(tmp_path).registry.versions(TENANT)) == 2


def test_published_versions_that_overlap_do_not_load(tmp_path: Path) -> None:
    for since in ("2025-01-01", "2026-01-01"):
        released(written(tmp_path / since, since))
        shutil.copytree(tmp_path / since / f"{TENANT}-test", tmp_path / "both" / f"{TENANT}-test", dirs_exist_ok=True)
    with pytest.raises(PackError) as refused:
        law(tmp_path / "both")
    assert (refused.value.code, refused.value.file.parent.name) == ("versions_overlap", "pack-2026-01-01")


@pytest.mark.parametrize("named", ["999999@2024-01-01", "999999@2026-01-01", "320723@2025-09-06", "去年的"])
def test_only_an_earlier_version_of_ones_own_is_replaced(tmp_path: Path, named: str) -> None:
    written(tmp_path, "2025-01-01", "2026-12-31")
    folder = written(tmp_path, "2026-01-01", replaces=named)
    assert "replaces" in {fault.code for fault in lint([folder], TENANTS).faults}


def test_an_answer_says_for_which_days_nobody_vouches(tmp_path: Path) -> None:
    folder = written(tmp_path, "2025-01-01")
    draft = assess(law(tmp_path).registry.named("test", None), {}, "", ON)
    assert (draft.published, draft.reviewed_until, draft.beyond_review) == (False, None, True)
    released(folder)
    pack = law(tmp_path).registry.in_force(TENANT, ON)
    assert pack is not None
    said = {on: assess(pack, {}, "", on) for on in (ON, date(2025, 6, 2))}
    assert {on: (one.published, one.reviewed_until, one.beyond_review) for on, one in said.items()} == {
        ON: (True, ON, False),
        date(2025, 6, 2): (True, ON, True),
    }


def test_the_command_line_lists_versions(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from argparse import Namespace

    released(written(tmp_path, "2025-01-01", "2025-12-31"))
    written(tmp_path, "2026-01-01")
    asked = Namespace(pack_command="list", packs=tmp_path, jurisdictions=[], on=ON, json=False)
    assert run(asked, TENANTS) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert [line[:6] for line in lines[1:]] == [
        ["999999@2025-01-01", "已公布", "有效", "2025-01-01", "2025-12-31", "2025-06-01"],
        ["999999@2026-01-01", "草案", "—", "2026-01-01", "—", "—"],
    ]


def test_every_shipped_version_is_published_and_as_it_was_published() -> None:
    registry = load_law(TENANTS, drafts=False).registry
    assert registry.faults == []
    assert [pack.ref for pack in registry.packs() if not pack.published] == [], "run `make releases`"
