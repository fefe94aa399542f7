"""A hundred and more ways to damage a pack, each refused with code, file and line when it is loaded and when linted."""

from pathlib import Path

import pytest

from lianshen.rules._compile import load_pack
from lianshen.rules.queries import PackError, lint
from tests.rules.law import TENANTS, calendar, vocabulary
from tests.rules.test_loader import CHINESE, DAMAGES, SOUND

RICHER = (Path(__file__).parent / "richer.yaml").read_text(encoding="utf-8")
FURTHER = [
    # code, sound text of richer.yaml, damage, line counted from the damaged one
    ("empty", RICHER, "- 1\n", 1),
    ("yaml", "      - {fact: built_on, required: false}", "      - {fact: built_on,\trequired: false}", 1),
    ("yaml", "value: 5, unit: count", "value: null, unit: count", 1),
    ("twice", "parameters:\n", "parameters:\n  review_from: {value: 5, unit: count, text: 5人, clause: R-1}\n", 2),
    ("twice", "clauses:\n", "clauses:\n  T-1: {article: 第九条, quotation: 报送}\n", 2),
    ("twice", "- clock: yearly_report", "- clock: send_papers", 1),
    ("unknown_key", "rolling: none", "roling: none", 1),
    ("missing_key", "    owed_by: project_unit\n", "", 0),
    ("missing_key", '    cut_off: "24:00"\n', "", 0),
    ("shape", 'cut_off: "24:00"', 'cut_off: "24:30"', 1),
    ("shape", "standing: true", "standing: 1", 1),
    ("shape", "type: money", "type: cash", 1),
    ("article", "article: 附件1", "article: 附录1", 1),
    ("article", "article: 序言", "article: 前言", 1),
    ("quotation_length", "quotation: 每年12月底前报送", "quotation: " + "每年12月底前报送" * 5, 1),
    ("quotation_length", "quotation: 每年12月底前报送", 'quotation: " "', 1),
    ("quotation", "text: 12月底前", "text: 十二月底前", 1),
    ("number_other", "value: 800000,", "value: 800001,", 1),
    ("number_other", "value: 800000,", "value: 799999,", 1),
    ("number_other", "value: 5, unit: count", "value: 6, unit: count", 1),
    ("number_other", "value: 5, unit: working_day", "value: 4, unit: working_day", 1),
    ("number_other", "value: 6, unit: month", "value: 7, unit: month", 1),
    ("number_other", 'value: "12-31"', 'value: "12-30"', 1),
    ("number_other", "value: 10, unit: percent", "value: 11, unit: percent", 1),
    ("number_none", "value: 5, unit: working_day", "value: 5, unit: day", 1),
    ("number_none", "value: 10, unit: percent", "value: 10, unit: per_mille", 1),
    ("number_many", "text: 5人, clause: R-1", "text: 80万元以上的，专家5人, clause: R-1", 1),
    ("month_day", 'value: "12-31"', 'value: "12-32"', 1),
    ("type", 'value: "12-31"', "value: 1231", 1),
    ("type", "value: 5, unit: count", 'value: "5", unit: count', 1),
    ("type", "type: int, label: 专家人数, neutral: 0", "type: int, label: 专家人数, neutral: false", 1),
    ("type", "neutral: plain, options: {plain: 普通, special: 特殊}", "neutral: plain", 1),
    ("name_taken", "  panel_size: {type: int", "  kind: {type: int", 1),
    ("name_taken", "block_names: {small_panel", "block_names: {own_infrastructure: 机房, small_panel", 1),
    ("name_taken", "  panel_least:", "  panel_size:", 1),
    ("name_taken", "figures:\n  size_of_project:", "figures:\n  today:", 2),
    ("name_taken", "  report_day: {", "  large_from: {", 1),
    ("figure_shape", "sum_of: [earlier_changes, change_amount]", "sum_of: []", 1),
    ("unknown", "first_of: [approved_amount", "first_of: [aproved_amount", 1),
    ("unknown", "of: project_proposal", "of: project_propposal", 1),
    ("type", "first_of: [approved_amount", "first_of: [meeting_on", 1),
    ("unused", "  all_changes: {", "  idle: {first_of: [change_amount], clause: R-4}\n  all_changes: {", 1),
    ("unused", "  report_day: {", "  idle: {from: built_on, clause: R-2}\n  report_day: {", 1),
    ("date_shape", "from: meeting_on, before: sent_ahead", "before: sent_ahead", 1),
    ("date_shape", "before: sent_ahead", "before: sent_ahead, after: sent_ahead", 1),
    ("date_counting", "before: sent_ahead, first_day: not_counted", "before: sent_ahead", 1),
    ("date_counting", "before: sent_ahead, first_day: not_counted, rolling: none", "before: sent_ahead", 1),
    ("date_not_counted", "report_day: {", "report_day: {rolling: none, ", 1),
    ("clock_not_counted", "    from: send_by", "    from: send_by\n    first_day: counted", 0),
    ("type", "after: accepted_within", "after: large_from", 1),
    ("type", "yearly: reported_by", "yearly: sent_ahead", 1),
    ("unknown", "from: meeting_on, before", "from: metting_on, before", 1),
    ("ring", "from: meeting_on, before: sent_ahead", "from: [meeting_on, send_by], before: sent_ahead", 1),
    ("link_text", "  mother_project: {facts", "  track: {facts", 1),
    ("link_types", "mother_amount: approved_amount", "mother_amount: approval_number", 1),
    ("unknown", "by: size_of_project", "by: size_of_projects", 1),
    ("bands_first", "label: 80万元以下, below", "label: 80万元以下, from: large_from, below", 1),
    ("bands_last", "label: 80万元以上, from: large_from", "label: 80万元以上, from: large_from, below: large_from", 1),
    ("bands_overlap", "label: 80万元以上, from: large_from", "label: 80万元以上, from: review_from", 1),
    ("bands_gap", "label: 80万元以下, below: large_from", "label: 80万元以下, below: review_from", 2),
    (
        "bands_empty",
        "{tier: large, label",
        "{tier: no, label: 空, from: large_from, below: large_from, clause: R-1}\n      - {tier: large, label",
        1,
    ),
    ("unknown", "content: necessity", "content: necesity", 1),
    ("unknown", "at: [application_filed], of", "at: [aplication_filed], of", 1),
    ("untold", "at: [application_filed], of", "at: [], of", 1),
    ("untold", "at: [annual_declaration], clause: R-3}\nrecasts", "clause: R-3}\nrecasts", 1),
    ("untold", "    closes: [build]\n    at: [change_request]\n", "    closes: []\n", 0),
    ("no_option", "treated_as: special", "treated_as: great", 1),
    ("unknown", "fact: track, treated_as", "fact: trak, treated_as", 1),
    ("expression", "panel_size < panel_least", "panel_size < panel_lest", 1),
    ("expression", "panel_size < panel_least", "panel_size < 'few'", 1),
    ("expression", "panel_size < panel_least", "panel_size <", 1),
    ("expression", 'computes: track == "special"', "computes: track", 1),
    ("literal", "panel_size < panel_least", "panel_size < panel_least - 2", 1),
    ("literal", "all_changes * 100 >", "all_changes * 1000 >", 1),
    ("literal", "when: mother_amount >= large_from", "when: mother_amount >= large_from + 500", 1),
    ("unstated", "joint_review_opened && meeting_on < today", "submitted && meeting_on < today", 1),
    ("unstated", "joint_review_opened && meeting_on < today", "submitted && today >= accept_by", 1),
    ("unset", "all_changes * 100 >", "in_operation && all_changes * 100 >", 1),
    ("unread", "      - {fact: track, options", "      - {fact: classified}\n      - {fact: track, options", 1),
    ("chinese", "label: 年度报告", "label: yearly report", 1),
    ("chinese", "remedy: 请增加专家。\n    clause", "remedy: more experts\n    clause", 1),
    ("chinese", "trigger: 每年年底", "trigger: every year", 1),
    ("chinese", "reading: 按总投资", "reading: total", 1),
    ("chinese", "plain: 普通", "plain: plain", 1),
    ("chinese", "small_panel: 专家人数不足, change", "small_panel: too few, change", 1),
    ("notice_value", "computes: track ==", "value: true, computes: track ==", 1),
    ("unknown", "notice: declaration_required", "notice: declaration_needed", 1),
    ("unknown", "from: report_day", "from: reportday", 1),
    ("standing", "    events: [annual_declaration]\n", "", 0),
    ("standing", "    stops: [send_papers]", "    stops: [send_papers, yearly_report]", None),
    ("unknown", "due_clock: send_papers", "due_clock: send_paper", 1),
    ("clock_without_end", "    from: send_by\n", "", 0),
    ("never_starts", "    starts: [send_papers]\n", "", None),
    ("never_stops", "    stops: [send_papers]\n", "", None),
    (
        "expiry_sets",
        "code: none, label: 文件未规定逾期后果}\n    clause: R-2",
        "code: none, label: 无, sets: {submitted: false}}\n    clause: R-2",
        1,
    ),
    ("not_in_form", "{field: panel_size", "{field: panel_seize", 1),
    ("type", "adds: {earlier_changes: change_amount}", "adds: {earlier_changes: meeting_on}", 0),
    ("type", "counts: [times_refused]", "counts: [submitted]", 0),
    ("unknown", "sets: {joint_review_opened: true}", "sets: {joint_review_open: true}", 1),
    ("unbound", "{body: county_data_bureau, clause: R-1}", "{body: county_finance_bureau, clause: R-1}", 1),
    ("unknown", "until: accept_by, label", "until: accept_bye, label", 1),
    ("dispute_without_judge", "options_from: disputes", "options_from: exceptions", None),
    ("judge_without_dispute", "{code: scale, point", "{point", None),
    ("not_askable", "- {fact: panel_size}", "- {fact: exceptions}", 1),
    ("field_both", "- {fact: meeting_on}", "- {fact: meeting_on, name: other}", 1),
    ("field_signed", "- {fact: meeting_on}", "- {fact: meeting_on, signed: true}", 1),
    ("field_incomplete", "- {name: reading, label: 采用的理解, kind", "- {name: reading, kind", 1),
    ("coverage", "clauses:\n", "coverage:\n  R-1: {feature: declaration_form}\nclauses:\n", 2),
    ("coverage", "clauses:\n", "coverage:\n  R-9: {}\nclauses:\n", 2),
    ("unknown", "clauses:\n", "coverage:\n  R-9: {feature: magic}\nclauses:\n", 2),
    ("chinese", "clauses:\n", "coverage:\n  R-9: {not_software: purpose}\nclauses:\n", 2),
    ("never_window", "years: -1", "years: 1", None),
    ("never_day", "meeting_on < today", 'meeting_on < today && today > "2027-06-01"', 1),
    (
        "never_same_day",
        "    due_clock: send_papers\n",
        (
            "    due_clock: send_papers\n    requires:\n"
            """      - {code: a, label: 早, remedy: 请改期。, when: 'today < "2026-01-01"', clause: R-2}\n"""
            """      - {code: b, label: 晚, remedy: 请改期。, when: 'today > "2026-02-01"', clause: R-2}\n"""
        ),
        None,
    ),
    ("may_fail", "panel_size < panel_least", "100 / panel_size < panel_least", 1),
    ("may_fail", "panel_size < panel_least", "panel_least % panel_size == 0", 1),
    ("may_fail", 'computes: track == "special"', "computes: panel_least / panel_size > 1", 1),
    ("may_fail", "when: panel_size >= panel_least", "when: panel_least / panel_size >= 1", 1),
    ("may_fail", "of: project_proposal, when", "of: project_proposal, present: 1 / times_refused > 0, when", 1),
    (
        "may_fail",
        "joint_review_opened && meeting_on < today",
        "joint_review_opened && timestamp(meeting_on + 'T00:00:00Z') < timestamp(today + 'T00:00:00Z')",
        1,
    ),
    ("unstated", 'computes: track == "special"', "computes: today > accept_by", 1),
    ("unstated", "of: project_proposal, when", "of: project_proposal, present: today > accept_by, when", 1),
    ("unused", "  panel_size: {type", "  idle: {type: bool, label: 无用, neutral: false}\n  panel_size: {type", 1),
    ("unset", "first_of: [approved_amount, total_investment]", "first_of: [approved_amount, contract_amount]", 1),
    ("never", "when: mother_amount >= large_from", "when: mother_amount < 0", None),
    ("no_code", 'tier_size == "large" && panel_size', 'tier_size == "huge" && panel_size', 1),
    ("no_code", 'computes: track == "special"', 'computes: track == "speciall"', 1),
    ("never", 'tier_size == "large" && panel_size', 'tier_size != "large" && tier_size != "small" && panel_size', 1),
    (
        "never",
        "joint_review_opened && meeting_on < today",
        "joint_review_opened && approved && deemed_abandoned && meeting_on < today",
        None,
    ),
]


def home_of(folder: Path, law: str, more: str) -> Path:
    home = folder / "999999-test" / "pack-2025-01-01"
    home.mkdir(parents=True)
    (home / "law.yaml").write_text(law, encoding="utf-8")
    if more:
        (home / "more.yaml").write_text(more, encoding="utf-8")
    return home


def test_there_are_more_than_a_hundred() -> None:
    assert len({(sound, damage) for _, sound, damage, _ in [*DAMAGES, *FURTHER]}) >= 170


def test_what_is_damaged_is_sound(tmp_path: Path) -> None:
    assert lint([home_of(tmp_path, SOUND, RICHER)], TENANTS).faults == ()


@pytest.mark.parametrize(
    ("file", "damaged"),
    [pytest.param("law.yaml", damage, id=f"{damage[0]}-{n}") for n, damage in enumerate(DAMAGES)]
    + [pytest.param("more.yaml", damage, id=f"{damage[0]}-more-{n}") for n, damage in enumerate(FURTHER)],
)
def test_a_damage_is_refused_by_load_and_told_by_lint(
    tmp_path: Path, file: str, damaged: tuple[str, str, str, int | None]
) -> None:
    """``line`` counts from the damaged one: 1 is that line itself, 0 the entry around it, None anywhere."""
    code, sound, damage, line = damaged
    text = SOUND if file == "law.yaml" else RICHER
    assert sound in text
    broken = text.replace(sound, damage, 1)
    home = home_of(tmp_path, *((broken, "") if file == "law.yaml" else (SOUND, broken)))
    with pytest.raises(PackError) as refused:
        load_pack(home, vocabulary(), calendar())
    faults = lint([home], TENANTS).faults
    assert str(refused.value) in map(str, faults)
    told = [fault for fault in faults if fault.code == code]
    assert told, [str(fault) for fault in faults]
    assert all(CHINESE.search(fault.message) and CHINESE.search(fault.remedy) for fault in told)
    at = text[: text.index(sound)].count("\n") + 1
    if line:
        assert (file, at + line - 1) in {(fault.file.name, fault.line) for fault in told}, [str(f) for f in told]
    elif line == 0:
        assert any(fault.file.name == file and abs(fault.line - at) < 20 for fault in told), [str(f) for f in told]
