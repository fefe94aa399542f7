"""A pack that is wrong is refused with file, line, what is wrong, and what to do. Each damage is one replacement."""

import re
from datetime import date
from pathlib import Path

import pytest

from lianshen.rules.queries import Pack, PackError, Registry, assess, load_law, load_pack
from tests.rules.law import ON, TENANTS, calendar, vocabulary

SOUND = (Path(__file__).parent / "minimal.yaml").read_text(encoding="utf-8")
CHINESE = re.compile(r"[\u4e00-\u9fff]")

DAMAGES = [
    ("yaml", "status: law", "status: [law", None),
    ("yaml", "value: 20,", "value: 20.5,", 1),
    ("yaml", "T-4: {article", "T-3: {article", 1),
    ("yaml", "tiers:", "tiers: &anchor", 1),
    ("unknown_key", "sets: {submitted: true}", "setz: {submitted: true}", 1),
    ("unknown_key", "  number: 试验", "  nummer: 试验", 1),
    ("unknown_key", "choices:", "choises:", 1),
    ("missing_key", "    remedy: 请使用政务云。\n", "", 0),
    ("missing_key", 'amendable: "!submitted"\n', "", None),
    ("type", "value: 600000", "value: 六十万", 1),
    ("shape", "tone: danger", "tone: red", 1),
    ("shape", "strength: in_principle", "strength: soft", 1),
    ("unknown", "clause: T-3", "clause: T-8", 1),
    ("unused", "  T-9: {article", "  T-8: {article: 第八条, quotation: 无}\n  T-9: {article", 1),
    ("article", "第三条（一）", "第3条", 1),
    ("quotation", "text: 60万元以上", "text: 六十万元以上", 1),
    ("quotation", "text: 20日内", "text: 二十日内", 1),
    ("unused", "conditions:\n", "conditions:\n  idle: emergency\n", 2),
    ("unused", "parameters:\n", "parameters:\n  idle: {value: 20, unit: day, text: 20日内, clause: T-4}\n", 2),
    ("name_taken", "  large: tier", "  approved: tier", 1),
    ("expression", "when: emergency, clause", "when: emergncy, clause", 1),
    ("expression", "when: emergency, clause", "when: project_budget, clause", 1),
    ("expression", "when: emergency, clause", "when: project_budget > '5', clause", 1),
    ("expression", "when: emergency, clause", "when: project_budget > 1.5, clause", 1),
    ("expression", "when: emergency, clause", "when: emergency &&, clause", 1),
    ("expression", 'large: tier == "review"', "large: large || emergency", 1),
    ("unset", "when: emergency, clause", "when: classified, clause", 1),
    ("bands_first", "below: review_from", "from: again_within, below: review_from", 1),
    ("bands_last", "from: review_from, clause", "from: review_from, below: again_within, clause", 1),
    ("bands_gap", "below: review_from", "below: again_within", 2),
    ("bands_overlap", "from: review_from", "from: again_within", 1),
    ("unknown", "paper: project_proposal", "paper: project_propposal", 1),
    ("unknown", "for: [submit]", "for: [submitt]", 1),
    ("unknown", "starts: [reapply]", "starts: [reaply]", 1),
    ("unknown", "events: [application_filed]", "events: [application_made]", 1),
    ("unbound", "owed_to: county_data_bureau", "owed_to: county_finance_bureau", 1),
    ("unknown", "owed_to: county_data_bureau", "owed_to: nobody", 1),
    ("missing_key", "    owed_by: project_unit\n", "", None),
    ("never_starts", "    starts: [reapply]\n", "", None),
    ("never_stops", "    stops: [reapply]\n", "", None),
    ("expiry_sets", ", sets: {deemed_abandoned: true}", "", 0),
    ("clock_without_end", "    budget: again_within\n", "", None),
    ("clock_counting", "    first_day: not_counted\n", "", None),
    ("type", "budget: again_within", "budget: review_from", 1),
    ("soft_without_judge", "    overridable_by: county_data_bureau\n", "", None),
    ("soft_without_judge", "kind: choice, options_from: exceptions}", "kind: text}", None),
    ("hard_with_judge", "strength: in_principle", "strength: absolute", None),
    ("field_both", "- {fact: approval_number}", "- {required: true}", 1),
    ("field_incomplete", "label: 意见, kind: choice", "label: 意见", 1),
    ("not_askable", "- {fact: kind}", "- {fact: kind}\n      - {fact: documents}", 2),
    ("no_option", "- {fact: kind}", "- {fact: kind, options: [new_build, rebuild]}", 1),
    ("last_way", 'label: 草稿, when: "true"', "label: 草稿, when: large", 1),
    ("too_early", "label: 已申报, when: submitted", 'label: 已申报, when: "true"', 1),
    ("twice", "- action: refuse", "- action: approve", None),
    ("dates", 'until: "2026-12-31"', 'until: "2024-12-31"', 1),
    ("dates", 'until: "2026-12-31"', "until: 2026年末", 1),
    ("folder", 'from: "2025-01-01"', 'from: "2025-01-02"', 1),
    ("in_force_other", "起施行", "起施行，有效期至2026年12月30日", None),
    ("in_force_other", "起施行", "起施行，有效期三年", None),
    ("in_force_other", "自发布之日起施行", "自2025年1月2日起施行", None),
    ("unknown", "notice: records_to", "notice: records_two", 1),
    ("no_answer", "records_to, value: county_data_bureau", "records_to, value: county_data_office", 1),
    ("no_answer", "records_to, value: county_data_bureau", "records_to, value: [county_data_bureau, nobody]", 1),
    ("answer", "records_to, value: county_data_bureau", "records_to, value: true", 1),
    ("answer", "opinion_by, value: county_data_bureau", "opinion_by, value: [county_data_bureau, experts]", 1),
    ("answer", "deadline_stated, value: true", 'deadline_stated, value: "yes"', 1),
    ("answer", "deadline_stated, value: true", 'plan_year, value: "2026"', 1),
    ("answer", "deadline_stated, value: true", "due_on, value: 月底前", 1),
    # texts that are no code
    ("no_code", "when: emergency, clause", 'when: kind == "operatons", clause', 1),
    ("no_code", "when: emergency, clause", "when: 'kind in [\"new_bild\"]', clause", 1),
    ("no_code", 'large: tier == "review"', 'large: (tier == "review" || tier == "middle")', 1),
    ("no_code", "when: emergency, clause", """when: '!("project_propsal" in documents)', clause""", 1),
    # what only a search for a project that could get there finds
    ("never", "when: emergency, clause", "when: emergency && !emergency, clause", 1),
    ("never", 'when: kind == "goods"', 'when: kind == "goods" && project_budget < 0', 1),
    ("never", "when: builds_infrastructure", "when: builds_infrastructure && approved && !submitted", 1),
    ("never", "sets: {submitted: true}", "sets: {submitted: false}", None),
]


def pack_of(folder: Path, text: str) -> Pack:
    home = folder / "999999-test" / "pack-2025-01-01"
    home.mkdir(parents=True)
    (home / "law.yaml").write_text(text, encoding="utf-8")
    return load_pack(home, vocabulary(), calendar())


def test_the_smallest_pack_is_sound(tmp_path: Path) -> None:
    pack = pack_of(tmp_path, SOUND)
    assert (pack.ref, pack.vocabulary.bodies["county_data_bureau"]) == ("999999@2025-01-01", "试验县数据局")
    assert assess(pack, {"project_budget": 59999999}, "", ON).management == "filing_only"
    assert assess(pack, {"project_budget": 60000000}, "", ON).management == "approval"


def test_what_has_not_changed_is_not_read_anew_and_what_has_is(tmp_path: Path) -> None:
    pack_of(tmp_path, SOUND)
    home = tmp_path
    first = load_law(home, TENANTS)
    assert load_law(home, TENANTS) is first
    assert load_law(home, TENANTS, drafts=False) is not first
    file = next(home.rglob("law.yaml"))
    file.write_text(file.read_text(encoding="utf-8").replace("试验县", "样板县"), encoding="utf-8")
    again = load_law(home, TENANTS)
    assert again is not first
    assert again.registry.pack("999999@2025-01-01").vocabulary.bodies["county_data_bureau"].startswith("样板县")


@pytest.mark.parametrize(("code", "sound", "damage", "line"), DAMAGES)
def test_a_damaged_pack_is_refused(tmp_path: Path, code: str, sound: str, damage: str, line: int | None) -> None:
    """``line`` counts from the damaged one: 1 is that line itself, 0 the entry around it, None anywhere."""
    assert sound in SOUND
    with pytest.raises(PackError) as refused:
        pack_of(tmp_path, SOUND.replace(sound, damage, 1))
    error = refused.value
    assert error.code == code, str(error)
    assert CHINESE.search(error.message)
    assert CHINESE.search(error.remedy)
    at = SOUND[: SOUND.index(sound)].count("\n") + 1
    if line:
        assert (error.file.name, error.line) == ("law.yaml", at + line - 1), str(error)
    elif line == 0:
        assert abs(error.line - at) < 10, str(error)


def test_lists_and_maps_may_be_spread_over_files_but_not_repeated(tmp_path: Path) -> None:
    head, papers, tail = re.split(r"(papers:\n.*?\n(?=choices))", SOUND, maxsplit=1, flags=re.DOTALL)
    home = tmp_path / "999999-test" / "pack-2025-01-01"
    home.mkdir(parents=True)
    (home / "a.yaml").write_text(head + tail, encoding="utf-8")
    (home / "b.yaml").write_text(papers, encoding="utf-8")
    assert load_pack(home, vocabulary(), calendar()).papers
    (home / "c.yaml").write_text("amendable: submitted\n", encoding="utf-8")
    with pytest.raises(PackError) as refused:
        load_pack(home, vocabulary(), calendar())
    assert (refused.value.file.name, refused.value.line, refused.value.code) == ("c.yaml", 1, "twice")
    (home / "c.yaml").write_text("- 1\n", encoding="utf-8")
    with pytest.raises(PackError, match="没有内容"):
        load_pack(home, vocabulary(), calendar())


def test_the_registry_answers_by_name_and_by_day() -> None:
    registry = Registry(TENANTS, calendar(), TENANTS / "_vocabulary")
    pack = registry.pack("320723@2025-09-06")
    assert "320723" in registry.tenants()
    days = {"2025-09-05": None, "2025-09-06": pack, "2027-09-05": pack, "2027-09-06": None}
    assert {day: registry.in_force("320723", date.fromisoformat(day)) for day in days} == days
    with pytest.raises(KeyError):
        registry.pack("320723@1999-01-01")
