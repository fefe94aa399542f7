"""lianshen pack lint: everything at once, what only the whole folder shows, and how it is told."""

import json
import shutil
from pathlib import Path

import pytest

from lianshen.cli import packs
from lianshen.rules.queries import lint, packs_at
from tests.rules.law import GUANYUN, TENANTS
from tests.rules.test_loader import CHINESE, SOUND


def write(root: Path, text: str = SOUND, folder: str = "999999-test/pack-2025-01-01") -> Path:
    home = root / folder
    home.mkdir(parents=True)
    (home / "law.yaml").write_text(text, encoding="utf-8")
    return home


def test_shipped_packs_are_sound() -> None:
    found = lint([TENANTS], TENANTS)
    assert [str(fault) for fault in found.faults] == []
    assert found.packs == len(list(TENANTS.glob("*/pack-*")))


def test_everything_wrong_is_told_at_once_by_file_and_line(tmp_path: Path) -> None:
    text = (
        SOUND.replace("value: 20,", "value: 21,")
        .replace("remedy: 请使用政务云。", "remedy: use the cloud")
        .replace("owed_to: county_data_bureau", "owed_to: nobody")
        .replace("when: emergency, clause", "when: emergncy, clause")
    )
    faults = lint([write(tmp_path, text)], TENANTS).faults
    assert [fault.code for fault in faults] == ["number_other", "expression", "chinese", "unknown"]
    assert [fault.line for fault in faults] == sorted(fault.line for fault in faults)
    assert "emergncy" in faults[1].message
    assert "emergncy" in faults[1].english


def test_a_path_is_a_folder_of_jurisdictions_or_one_or_a_pack(tmp_path: Path) -> None:
    home = write(tmp_path)
    assert packs_at(tmp_path) == packs_at(home.parent) == packs_at(home) == [home]
    assert packs_at(tmp_path / "none") == packs_at(home / "law.yaml") == []
    assert lint([tmp_path, home.parent, home], TENANTS).packs == 1


def test_versions_of_one_jurisdiction_do_not_overlap(tmp_path: Path) -> None:
    write(tmp_path)
    later = SOUND.replace('from: "2025-01-01", until: "2026-12-31"', 'from: "2026-12-31"')
    home = write(tmp_path, later, "999999-test/pack-2026-12-31")
    (fault,) = lint([tmp_path], TENANTS).faults
    assert (fault.code, fault.file, "2026-12-31" in fault.message) == ("versions_overlap", home / "law.yaml", True)
    shutil.rmtree(home)
    write(tmp_path, later.replace("2026-12-31", "2027-01-01"), "999999-test/pack-2027-01-01")
    assert lint([tmp_path], TENANTS).faults == ()


def test_the_words_beside_the_packs_are_those_that_count(tmp_path: Path) -> None:
    write(tmp_path)
    shutil.copytree(TENANTS / "_vocabulary", tmp_path / "_vocabulary")
    assert lint([tmp_path], TENANTS).faults == ()
    steps = tmp_path / "_vocabulary" / "steps.yaml"
    steps.write_text(steps.read_text(encoding="utf-8").replace("预审", "pre-review", 1), encoding="utf-8")
    (fault,) = lint([tmp_path], TENANTS).faults
    assert (fault.code, fault.file) == ("chinese", steps)


def test_the_command_tells_in_both_languages_and_for_programs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = write(tmp_path, SOUND.replace("value: 600000", "value: 600001"))
    assert packs.lint([home], None, TENANTS, as_json=False) == 1
    told = capsys.readouterr().out.splitlines()
    assert told[0].startswith(f"{home / 'law.yaml'}:")
    assert CHINESE.search(told[0])
    assert told[1].startswith("    The parameter 'review_from' differs from the text")
    assert told[-1].endswith("1 packs, 1 errors")
    assert packs.lint([home], None, TENANTS, as_json=True) == 1
    said = json.loads(capsys.readouterr().out)
    assert (said["packs"], [error["code"] for error in said["errors"]]) == (1, ["number_other"])
    assert said["errors"][0].keys() == {"file", "line", "code", "problem", "remedy"}
    assert packs.lint([GUANYUN], None, TENANTS, as_json=False) == 0


def test_arguments_that_name_nothing_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert packs.lint([tmp_path], None, TENANTS, as_json=False) == 2
    assert packs.lint([write(tmp_path)], tmp_path / "none", TENANTS, as_json=False) == 2
    assert CHINESE.search(capsys.readouterr().err)
