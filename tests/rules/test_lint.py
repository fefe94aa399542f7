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


def told(folder: Path, sound: str, damage: str, text: str = SOUND) -> tuple[str, str]:
    """What the one fault of a damaged pack is and what is to be done about it, in Chinese."""
    assert sound in text
    (fault,) = lint([write(folder, text.replace(sound, damage, 1))], TENANTS).faults
    return fault.message, fault.remedy


@pytest.mark.parametrize(
    ("sound", "damage", "hints"),
    [
        ("    budget: again_within", "    buget: again_within", ("KEYS.md", "是否为“budget”？")),
        ("parameters:\n", "paramters: {}\nparameters:\n", ("KEYS.md", "是否为“parameters”？")),
        ("sets: {deemed_abandoned: true}}", "setz: {deemed_abandoned: true}}", ("KEYS.md", "是否为“sets”？")),
        ("{code: estimate_not_reviewed", "{cod: x, code: estimate_not_reviewed", ("是否为“code”？",)),
        (
            "paper: project_proposal,",
            "paper: project_propsal,",
            ("本规则包的 documents 中", "是否为“project_proposal”？"),
        ),
        (
            "events: [application_filed]",
            "events: [aplication_filed]",
            ("本规则包的 events 中", "“application_filed”？"),
        ),
        ("step: project_approval,", "step: wholly_new,", ("本规则包的 step_names 中定义。",)),
        ("- block: own_infrastructure", "- block: own_infrastucture", ("本规则包的 block_names 中",)),
        (
            "owed_to: county_data_bureau",
            "owed_to: county_data_burea",
            ("本规则包的 bodies 中", "“county_data_bureau”？"),
        ),
        ("owed_to: county_data_bureau", "owed_to: county_audit_bureau", ("在 bodies 中写明",)),
        ("records_to, value: county_data_bureau", "records_to, value: project_unt", ("可以是：", "“project_unit”？")),
        ("notice: records_to", "notice: record_to", ("本规则包的 questions 中", "是否为“records_to”？")),
    ],
)
def test_a_remedy_says_where_to_write_a_word_and_which_was_perhaps_meant(
    tmp_path: Path, sound: str, damage: str, hints: tuple[str, ...]
) -> None:
    _, remedy = told(tmp_path, sound, damage)
    assert [hint for hint in hints if hint not in remedy] == [], remedy


def test_a_name_in_a_condition_is_told_with_the_nearest_there_is(tmp_path: Path) -> None:
    message, _ = told(tmp_path, "when: emergency, clause", "when: emergncy, clause")
    assert "没有名为“emergncy”的事实、参数或条件，是否为“emergency”？" in message


@pytest.mark.parametrize(
    ("sound", "damage", "place"),
    [
        ("when: builds_infrastructure", "when: builds_infrastructure && approved && !submitted", "blocks.0（own_infra"),
        ('when: kind == "goods"', 'when: kind == "goods" && project_budget < 0', "scope.exclusions.0（no）"),
    ],
)
def test_a_place_in_a_list_is_told_with_what_stands_there(tmp_path: Path, sound: str, damage: str, place: str) -> None:
    faults = lint([write(tmp_path, SOUND.replace(sound, damage, 1))], TENANTS).faults
    assert any(place in fault.message and place in fault.english for fault in faults), [str(fault) for fault in faults]


def test_what_two_versions_take_over_is_told_once(tmp_path: Path) -> None:
    home = write(tmp_path, SOUND.replace("remedy: 请使用政务云。", "remedy: use the cloud"))
    keys = (
        "conditions, scope, tiers, papers, choices, steps, blocks, notices, clocks, actions, phases, amendable, intake"
    )
    taken = ", ".join(f"{key}: nearest" for key in f"bodies, parameters, {keys}".split(", "))
    write(
        tmp_path,
        f"""
instrument:
  title: 试验县政务信息化项目管理办法修订
  number: 试验〔2026〕1号
  status: law
  in_force: {{from: "2027-01-01", clause: N-1}}
clauses:
  N-1: {{article: 第一条, quotation: 自2027年1月1日起施行}}
inherits:
  - {{from: "999999@2025-01-01", clause: N-1, keys: {{{taken}}}}}
""",
        "999999-test/pack-2027-01-01",
    )
    found = lint([tmp_path], TENANTS)
    assert found.packs == 2
    assert [(fault.code, fault.file) for fault in found.faults] == [("chinese", home / "law.yaml")]
