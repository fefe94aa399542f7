"""What the language can say beyond the five texts, each on an invented county."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from lianshen.rules.queries import Pack, amiss, answer, assess, enact, expire, load_pack
from lianshen.rules.types import Action, Facts, FactValue
from tests.rules.law import YUAN, calendar, vocabulary

SOUND = (Path(__file__).parent / "minimal.yaml").read_text(encoding="utf-8")
ON = date(2025, 11, 5)
Make = Callable[[str], Pack]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """The smallest pack, with more rules beside it."""

    def load(more: str) -> Pack:
        home = tmp_path / "999999-test" / "pack-2025-01-01"
        home.mkdir(parents=True)
        (home / "law.yaml").write_text(SOUND, encoding="utf-8")
        (home / "more.yaml").write_text(more, encoding="utf-8")
        return load_pack(home, vocabulary(), calendar())

    return load


def blocks(pack: Pack, facts: Facts, on: date = ON, event: str = "approve") -> set[str]:
    return {block.code for block in assess(pack, facts, event, on).blocks}


def action(pack: Pack, facts: Facts, code: str, on: date = ON) -> Action:
    return next(one for one in assess(pack, facts, "", on).actions if one.code == code)


THRESHOLDS = """
clauses:
  X-1: {article: 第十条, quotation: 预算80万元以上或者总投资300万元以上且使用财政资金的}
parameters:
  budget_from: {value: 800000, unit: yuan, text: 80万元以上, clause: X-1}
  total_from: {value: 3000000, unit: yuan, text: 300万元以上, clause: X-1}
block_names: {too_large: 规模过大}
blocks:
  - block: too_large
    when: project_budget >= budget_from || total_investment >= total_from && funding == "fiscal"
    closes: [approve]
    strength: absolute
    remedy: 请分期建设。
    clause: X-1
intake:
  - section: 资金
    fields: [{fact: total_investment}, {fact: funding}]
"""


@pytest.mark.parametrize(
    ("budget", "total", "funding", "told"),
    [
        (800_000, 0, "self_raised", True),
        (799_999, 3_000_000, "fiscal", True),
        (799_999, 3_000_000, "self_raised", False),
        (799_999, 2_999_999, "fiscal", False),
    ],
)
def test_thresholds_are_joined_by_or_and_and(make: Make, budget: int, total: int, funding: str, told: bool) -> None:
    pack = make(THRESHOLDS)
    facts = {"project_budget": budget * YUAN, "total_investment": total * YUAN, "funding": funding}
    assert blocks(pack, facts) == ({"too_large"} if told else set())


CHANGES = """
clauses:
  X-1: {article: 第十条, quotation: 不超过批复金额10%且不超过50万元的}
parameters:
  change_share: {value: 10, unit: percent, text: 10%, clause: X-1}
  change_cap: {value: 500000, unit: yuan, text: 50万元, clause: X-1}
conditions:
  within_limits: change_amount * 100 <= approved_amount * change_share && change_amount <= change_cap
blocks:
  - block: formal_change_procedure_required
    when: "!within_limits"
    closes: [approve]
    strength: absolute
    remedy: 请重新报批。
    clause: X-1
intake:
  - section: 变更
    fields: [{fact: change_amount}, {fact: approved_amount}]
"""


@pytest.mark.parametrize(
    ("change", "approved", "allowed"),
    [(100_000, 1_000_000, True), (100_001, 1_000_000, False), (500_000, 9_000_000, True), (500_001, 9_000_000, False)],
)
def test_a_percentage_may_have_an_absolute_cap(make: Make, change: int, approved: int, allowed: bool) -> None:
    facts = {"change_amount": change * YUAN, "approved_amount": approved * YUAN}
    assert (not blocks(make(CHANGES), facts)) == allowed


AMOUNTS = """
clauses:
  X-1: {article: 第十条, quotation: 以结算、合同、批复、申报金额为准，100万元以上的重点管理}
  X-2: {article: 第十一条, quotation: 软件与安全投入合计40万元以上的另行测评}
parameters:
  key_from: {value: 1000000, unit: yuan, text: 100万元以上, clause: X-1}
  tested_from: {value: 400000, unit: yuan, text: 40万元以上, clause: X-2}
facts:
  settled_amount: {type: money, label: 结算金额, neutral: 0}
  software_amount: {type: money, label: 软件投入, neutral: 0}
  security_amount: {type: money, label: 安全投入, neutral: 0}
figures:
  amount_that_counts: {first_of: [settled_amount, contract_amount, approved_amount, project_budget], clause: X-1}
  software_and_security: {sum_of: [software_amount, security_amount], clause: X-2}
axes:
  weight:
    by: amount_that_counts
    bands:
      - {tier: ordinary, label: 一般管理, below: key_from, clause: X-1}
      - {tier: key, label: 重点管理, from: key_from, clause: X-1}
  testing:
    by: software_and_security
    bands:
      - {tier: untested, label: 不另行测评, below: tested_from, clause: X-2}
      - {tier: tested, label: 另行测评, from: tested_from, clause: X-2}
intake:
  - section: 金额
    fields:
      - {fact: settled_amount}
      - {fact: contract_amount}
      - {fact: approved_amount}
      - {fact: software_amount}
      - {fact: security_amount}
"""


def test_the_last_amount_known_counts_and_components_have_thresholds_of_their_own(make: Make) -> None:
    pack = make(AMOUNTS)
    facts: dict[str, FactValue] = {"project_budget": 1_200_000 * YUAN}
    steps: list[tuple[str, int, list[str]]] = [
        ("approved_amount", 999_999, ["review", "ordinary", "untested"]),
        ("contract_amount", 1_000_000, ["review", "key", "untested"]),
        ("settled_amount", 900_000, ["review", "ordinary", "untested"]),
        ("software_amount", 300_000, ["review", "ordinary", "untested"]),
        ("security_amount", 100_000, ["review", "ordinary", "tested"]),
    ]
    assert [tier.code for tier in pack.tiers_of(facts)] == ["review", "key", "untested"]
    for name, yuan, tiers in steps:
        facts[name] = yuan * YUAN
        assert [tier.code for tier in assess(pack, facts, "", ON).tiers] == tiers


LAPSE = """
clauses:
  X-1: {article: 第十条, quotation: 批准后12个月内未开工的，批准失效；并于3个月内报告进度}
parameters:
  start_within: {value: 12, unit: month, text: 12个月内, clause: X-1}
  report_within: {value: 3, unit: month, text: 3个月内, clause: X-1}
facts:
  lapsed: {type: bool, label: 批准已失效, neutral: false}
clocks:
  - clock: start
    label: 开工
    budget: start_within
    first_day: not_counted
    rolling: none
    cut_off: "24:00"
    owed_by: project_unit
    owed_to: county_data_bureau
    trigger: 批准
    on_expiry: {code: approval_lapsed, label: 批准失效, sets: {lapsed: true, approved: false}}
    clause: X-1
  - clock: report
    label: 报告进度
    budget: report_within
    first_day: not_counted
    rolling: next_working_day
    cut_off: "24:00"
    owed_by: project_unit
    owed_to: county_data_bureau
    trigger: 批准
    on_expiry: {code: none, label: 未规定逾期后果, starts: [report]}
    clause: X-1
actions:
  - action: confirm
    label: 核发批文
    tone: primary
    permission: projects.approve
    by: [county_data_bureau]
    when: approved && !lapsed
    starts: [start, report]
    clause: X-1
  - action: begin
    label: 开工
    tone: primary
    permission: projects.submit
    by: [project_unit]
    when: approved && !started
    sets: {started: true}
    stops: [start]
    clause: X-1
  - action: report
    label: 报告进度
    tone: neutral
    permission: projects.submit
    by: [project_unit]
    when: approved && started
    stops: [report]
    starts: [report]
    clause: X-1
"""


def test_an_approval_lapses_while_another_clock_runs_beside_it_and_begins_anew(make: Make) -> None:
    pack = make(LAPSE)
    outcome = enact(pack, {"approved": True}, "confirm", {}, ON)
    assert [begun.clock.code for begun in outcome.starts] == ["start", "report"]
    late = expire(pack, outcome.facts, "report", date(2026, 2, 6))
    assert [begun.clock.code for begun in late.starts] == ["report"]
    gone = expire(pack, outcome.facts, "start", date(2026, 11, 6))
    assert (gone.facts["approved"], gone.facts["lapsed"], gone.starts) == (False, True, ())


WINDOWS = """
clauses:
  X-1: {article: 第十条, quotation: 批准并中标后，自较晚之日起15日后方可验收，一年内完成}
  X-2: {article: 第十一条, quotation: 评审会前5个工作日送达材料}
parameters:
  wait: {value: 15, unit: day, text: 15日后, clause: X-1}
  longest: {value: 1, unit: year, text: 一年内, clause: X-1}
  ahead: {value: 5, unit: working_day, text: 5个工作日, clause: X-2}
facts:
  meeting_on: {type: date, label: 评审会日期, neutral: ""}
dates:
  opens: {from: [approved_on, tender_completed_on], after: wait, first_day: not_counted, rolling: none, clause: X-1}
  closes: {from: [approved_on, tender_completed_on], after: longest, first_day: not_counted, rolling: none, clause: X-1}
  papers_by: {from: meeting_on, before: ahead, first_day: not_counted, rolling: none, clause: X-2}
actions:
  - action: inspect
    label: 验收
    tone: primary
    permission: projects.accept
    by: [county_data_bureau]
    when: submitted
    window: {from: opens, until: closes, label: 验收, remedy: 请在规定时间内办理。, clause: X-1}
    sets: {acceptance_passed: true}
    clause: X-1
  - action: send_papers
    label: 送达会议材料
    tone: neutral
    permission: projects.submit
    by: [project_unit]
    when: submitted
    window: {until: papers_by, label: 送达会议材料, remedy: 请申请改期。, clause: X-2}
    clause: X-2
intake:
  - section: 日期
    fields: [{fact: approved_on}, {fact: tender_completed_on}, {fact: meeting_on}]
"""


@pytest.mark.parametrize(
    ("on", "code"),
    [
        ("2025-12-15", "window_from"),
        ("2025-12-16", None),
        ("2026-12-01", None),
        ("2026-12-02", "window_until"),
    ],
)
def test_a_window_opens_after_the_later_of_two_events_and_closes(make: Make, on: str, code: str | None) -> None:
    pack = make(WINDOWS)
    facts: dict[str, FactValue] = {"submitted": True, "approved_on": "2025-11-05"}
    unknown = action(pack, facts, "inspect", date.fromisoformat(on))
    assert [reason.code for reason in unknown.reasons] == ["window_unknown"]
    facts["tender_completed_on"] = "2025-12-01"
    said = action(pack, facts, "inspect", date.fromisoformat(on))
    assert [reason.code for reason in said.reasons] == ([code] if code else [])
    assert (said.opens_on, said.closes_on) == (date(2025, 12, 16), date(2026, 12, 1))
    assert said.open == (code is None)


def test_a_day_is_counted_backward_in_working_days(make: Make) -> None:
    """Five working days before 9 October 2025, over the holiday of eight days and a working Sunday, is 25 September."""
    facts = {"submitted": True, "meeting_on": "2025-10-09"}
    pack = make(WINDOWS)
    assert action(pack, facts, "send_papers", date(2025, 9, 25)).open
    assert action(pack, facts, "send_papers", date(2025, 9, 25)).closes_on == date(2025, 9, 25)
    assert not action(pack, facts, "send_papers", date(2025, 9, 26)).open


RHYTHM = (
    """
clauses:
  X-1: {article: 第十条, quotation: 60万元以上的每季度（3个月）报告，其他的每6个月报告}
parameters:
  quarter: {value: 3, unit: month, text: 3个月, clause: X-1}
  half_year: {value: 6, unit: month, text: 6个月, clause: X-1}
clocks:
  - &a
""".replace("  - &a\n", "")
    + "".join(
        f"""
  - clock: report_{name}
    label: 报告进度
    budget: {name}
    when: "{when}"
    first_day: not_counted
    rolling: none
    cut_off: "24:00"
    owed_by: project_unit
    owed_to: county_data_bureau
    trigger: 开工或上次报告
    on_expiry: {{code: none, label: 未规定逾期后果}}
    clause: X-1
"""
        for name, when in (("quarter", "large"), ("half_year", "!large"))
    )
    + """
actions:
  - action: report
    label: 报告进度
    tone: neutral
    permission: projects.submit
    by: [project_unit]
    when: submitted
    stops: [report_quarter, report_half_year]
    starts: [report_quarter, report_half_year]
    clause: X-1
"""
)


@pytest.mark.parametrize(("budget", "clock", "months"), [(600_000, "report_quarter", 3), (1, "report_half_year", 6)])
def test_a_duty_recurs_in_a_rhythm_that_depends_on_the_tier(make: Make, budget: int, clock: str, months: int) -> None:
    started = enact(make(RHYTHM), {"submitted": True, "project_budget": budget * YUAN}, "report", {}, ON).starts
    assert [(begun.clock.code, begun.clock.budget) for begun in started] == [(clock, months)]


LOCK = """
clauses:
  X-1: {article: 第十条, quotation: 连续3次未获通过的，不得再次申报}
parameters:
  tries: {value: 3, unit: count, text: 3次, clause: X-1}
facts:
  failures: {type: int, label: 未通过次数, neutral: 0}
block_names: {locked: 已三次未获通过}
blocks:
  - {block: locked, when: failures >= tries, closes: [submit], strength: absolute, remedy: 请另行立项。, clause: X-1}
actions:
  - action: fail
    label: 不予通过
    tone: danger
    permission: projects.receive
    by: [county_data_bureau]
    when: submitted && undecided
    sets: {submitted: false}
    counts: [failures]
    clause: X-1
"""


def test_after_the_nth_failure_the_way_is_locked(make: Make) -> None:
    pack = make(LOCK)
    facts: Facts = {"project_budget": 1}
    for _ in range(3):
        assert action(pack, facts, "submit").open
        facts = enact(pack, enact(pack, facts, "submit", {}, ON).facts, "fail", {}, ON).facts
    assert [reason.code for reason in action(pack, facts, "submit").reasons] == ["locked"]


PANEL = """
clauses:
  X-1: {article: 第十条, quotation: 专家5人以上单数，外单位67%，随机抽取50%，保密部门列席}
parameters:
  least: {value: 5, unit: count, text: 5人, clause: X-1}
  outside: {value: 67, unit: percent, text: 67%, clause: X-1}
  drawn: {value: 50, unit: percent, text: 50%, clause: X-1}
facts:
  panel_size: {type: int, label: 专家人数, neutral: 0}
  panel_outsiders: {type: int, label: 外单位专家人数, neutral: 0}
  panel_drawn: {type: int, label: 从专家库随机抽取人数, neutral: 0}
  observer_present: {type: bool, label: 保密部门列席, neutral: false}
actions:
  - action: hold_panel
    label: 组织专家评审
    tone: primary
    permission: reviews.convene
    by: [county_data_bureau]
    when: submitted
    form:
      - {fact: panel_size}
      - {fact: panel_outsiders}
      - {fact: panel_drawn}
      - {fact: observer_present}
    checks:
      - {field: panel_size, label: 专家人数不足, remedy: 请增加专家。, when: panel_size >= least, clause: X-1}
      - {field: panel_size, label: 专家人数须为单数, remedy: 请增减一人。, when: panel_size % 2 == 1, clause: X-1}
      - field: panel_outsiders
        label: 外单位专家比例不足
        remedy: 请增加外单位专家。
        when: panel_outsiders * 100 >= panel_size * outside
        clause: X-1
      - field: panel_drawn
        label: 随机抽取比例不足
        remedy: 请从专家库随机抽取。
        when: panel_drawn * 100 >= panel_size * drawn
        clause: X-1
      - {field: observer_present, label: 保密部门须列席, remedy: 请通知保密部门。, when: observer_present, clause: X-1}
    sets: {expert_review_done: true}
    clause: X-1
"""


@pytest.mark.parametrize(
    ("size", "outsiders", "drawn", "observer", "wrong"),
    [
        (5, 4, 3, True, {}),
        (3, 3, 3, True, {"panel_size": "专家人数不足"}),
        (6, 6, 6, True, {"panel_size": "专家人数须为单数"}),
        (
            7,
            4,
            3,
            False,
            {
                "panel_outsiders": "外单位专家比例不足",
                "panel_drawn": "随机抽取比例不足",
                "observer_present": "保密部门须列席",
            },
        ),
    ],
)
def test_a_panel_has_a_minimum_an_odd_number_outsiders_a_draw_and_an_observer(
    make: Make, size: int, outsiders: int, drawn: int, observer: bool, wrong: dict[str, str]
) -> None:
    inputs: dict[str, FactValue] = {
        "panel_size": size, "panel_outsiders": outsiders, "panel_drawn": drawn, "observer_present": observer
    }  # fmt: skip
    said = amiss(make(PANEL), {"submitted": True}, "hold_panel", inputs, ON)
    assert {field: reason.label for field, reason in said.items()} == wrong


BAN = """
clauses:
  X-1: {article: 第十条, quotation: 弄虚作假的，当年及次年（12月31日止）不得申报}
parameters:
  year_end: {value: "12-31", unit: month_day, text: 12月31日, clause: X-1}
facts:
  fraud_found_on: {type: date, label: 认定弄虚作假日期, neutral: ""}
block_names: {banned: 禁止申报期内}
dates:
  ban_ends: {from: fraud_found_on, yearly: year_end, years: 1, clause: X-1}
blocks:
  - block: banned
    when: fraud_found_on != "" && today <= ban_ends
    closes: [submit]
    strength: absolute
    remedy: 请在禁止期满后申报。
    clause: X-1
intake:
  - section: 信用
    fields: [{fact: fraud_found_on, required: false}]
"""


def test_a_unit_is_banned_for_this_year_and_the_next(make: Make) -> None:
    pack = make(BAN)
    facts = {"fraud_found_on": "2025-03-01"}
    told = {
        day: blocks(pack, facts, date.fromisoformat(day), "submit")
        for day in ("2025-11-05", "2026-12-31", "2027-01-01")
    }
    assert told == {"2025-11-05": {"banned"}, "2026-12-31": {"banned"}, "2027-01-01": set()}


TRACKS = """
clauses:
  X-1: {article: 第十条, quotation: 不满20万元的升级改造按运维管理}
  X-2: {article: 第十一条, quotation: 运维项目由本单位自行管理，报备运维方案}
  X-3: {article: 第十二条, quotation: 学校、医院的项目免报项目建议书}
parameters:
  small: {value: 200000, unit: yuan, text: 不满20万元, clause: X-1}
managements: {operations_track: 运维管理}
recasts:
  - fact: kind
    treated_as: operations
    label: 按运维管理
    when: kind == "upgrade" && project_budget < small
    clause: X-1
scope:
  clause: T-1
  ways:
    - {management: operations_track, when: kind == "operations", clause: X-2}
    - {management: filing_only, when: "!large", clause: T-2}
    - {management: approval, when: "true", clause: T-2}
papers:
  - {paper: operations_plan, for: [submit], when: kind == "operations", clause: X-2}
choices:
  - choice: may_skip
    label: 学校、医院免报项目建议书
    papers: [project_proposal]
    when: unit == "school_or_hospital" && large
    clause: X-3
intake:
  - section: 单位
    fields: [{fact: unit}]
"""


def test_a_small_upgrade_is_treated_as_operations_which_have_a_track_and_an_outcome_of_their_own(
    make: Make, tmp_path: Path
) -> None:
    without_scope = SOUND[: SOUND.index("scope:")] + SOUND[SOUND.index("tiers:") :]
    home = tmp_path / "own" / "999999-test" / "pack-2025-01-01"
    home.mkdir(parents=True)
    (home / "law.yaml").write_text(without_scope, encoding="utf-8")
    (home / "more.yaml").write_text(TRACKS, encoding="utf-8")
    pack = load_pack(home, vocabulary(), calendar())
    said = {
        (kind, budget): assess(pack, {"kind": kind, "project_budget": budget * YUAN}, "", ON)
        for kind in ("upgrade", "operations", "new_build")
        for budget in (199_999, 200_000, 600_000)
    }
    assert {key: a.management for key, a in said.items()} == {
        ("upgrade", 199_999): "operations_track",
        ("upgrade", 200_000): "filing_only",
        ("upgrade", 600_000): "approval",
        ("operations", 199_999): "operations_track",
        ("operations", 200_000): "operations_track",
        ("operations", 600_000): "operations_track",
        ("new_build", 199_999): "filing_only",
        ("new_build", 200_000): "filing_only",
        ("new_build", 600_000): "approval",
    }
    recast = said["upgrade", 199_999]
    assert [(one.fact, one.treated_as, one.basis.article) for one in recast.recasts] == [
        ("kind", "operations", "第十条")
    ]
    assert recast.management_label == "运维管理"
    assert "operations_plan" in {paper.code for paper in recast.papers}
    assert said["operations", 199_999].recasts == ()
    hospital = assess(pack, {"unit": "school_or_hospital", "project_budget": 600_000 * YUAN}, "", ON)
    assert [choice.papers for choice in hospital.choices] == [("project_proposal",)]


DISPUTES = """
clauses:
  X-1: {article: 第十条, quotation: 重大项目须经市级复审}
disputes:
  - code: major
    gap: true
    point: 何为“重大项目”
    reading: 60万元以上的为重大项目
    other: 由县政府逐项认定
    when: large
    clause: X-1
block_names: {second_review_first: 未经市级复审}
blocks:
  - block: second_review_first
    when: large && !("major=other" in readings)
    closes: [approve]
    strength: absolute
    remedy: 请报市级复审。
    clause: X-1
actions:
  - action: settle
    label: 认定争议点
    tone: neutral
    permission: projects.approve
    by: [county_data_bureau]
    when: submitted
    form:
      - {name: reading, label: 采用的理解, kind: choice, options_from: disputes}
      - {name: reason, label: 理由, kind: textarea}
    appends: {readings: reading}
    clause: X-1
"""


def test_what_the_text_leaves_undetermined_a_person_decides_on_record(make: Make) -> None:
    pack = make(DISPUTES)
    facts: Facts = {"submitted": True, "project_budget": 600_000 * YUAN}
    (open_point,) = assess(pack, facts, "", ON).disputes
    assert (open_point.gap, open_point.decided) == (True, None)
    assert blocks(pack, facts) == {"second_review_first"}
    (field, _) = action(pack, facts, "settle").form
    assert [option.code for option in field.options] == ["major=reading", "major=other"]
    outcome = enact(pack, facts, "settle", {"reading": "major=other", "reason": "规模虽大，内容单一。"}, ON)
    assert outcome.changed == {"readings": (None, ("major=other",))}
    assert assess(pack, outcome.facts, "", ON).disputes[0].decided == "other"
    assert blocks(pack, outcome.facts) == set()
    assert not action(pack, outcome.facts, "settle").timely
    assert not action(pack, {"submitted": True, "project_budget": 1}, "settle").timely


def test_a_pack_has_questions_of_its_own(make: Make) -> None:
    pack = make("""
clauses:
  X-1: {article: 第十条, quotation: 由县数据局颁发编码}
questions:
  code_issued_by: {type: code, label: 由谁颁发编码, options: bodies}
notices:
  - {notice: code_issued_by, value: county_data_bureau, label: 由县数据局颁发编码, clause: X-1}
""")
    assert "code_issued_by" in {notice.code for notice in assess(pack, {}, "", ON).notices}


def test_a_notice_answers_with_a_date_that_the_law_counts(make: Make) -> None:
    pack = make("""
clauses:
  X-1: {article: 第十条, quotation: 签订不超过两年履行期限的合同}
parameters:
  longest_contract: {value: 24, unit: month, text: 两年, clause: X-1}
dates:
  contract_ends: {from: contract_starts_on, after: longest_contract, first_day: not_counted, rolling: none, clause: X-1}
notices:
  - notice: latest_end_on
    computes: contract_ends
    label: 合同最迟届满日期
    when: contract_starts_on != ""
    at: [contracting]
    clause: X-1
intake:
  - section: 合同
    fields: [{fact: contract_starts_on, required: false}]
""")
    asked = {"event": "contracting", "contract_starts_on": "2024-02-29"}
    assert answer(pack, calendar(), asked)["latest_end_on"] == "2026-02-28"
    assert "latest_end_on" not in answer(pack, calendar(), {"event": "contracting"})


def test_who_decides_is_said_by_the_blocks_that_stand(make: Make) -> None:
    pack = make("""
clauses:
  X-1: {article: 第十条, quotation: 须经审查通过}
bodies: {county_government: 试验县政府}
blocks:
  - block: technical_review_first
    when: large && builds_infrastructure
    closes: [approve]
    strength: absolute
    decided_by: [county_government]
    remedy: 请报县政府审查。
    clause: X-1
  - block: technical_review_first
    when: "!large && builds_infrastructure"
    closes: [approve]
    strength: absolute
    decided_by: [county_data_bureau]
    remedy: 请报县数据局审查。
    clause: X-1
""")
    deciders = [
        answer(pack, calendar(), {"event": "approve", "builds_infrastructure": True, "project_budget_cny": amount})[
            "decided_by"
        ]
        for amount in (600_000, 599_999)
    ]
    assert deciders == [["county_government"], ["county_data_bureau"]]


ANNEX_AND_PARTS = """
clauses:
  X-1: {article: 附件2, quotation: 软件投入与安全投入合计40万元以上的，运维期不少于36个月}
parameters:
  tested_from: {value: 400000, unit: yuan, text: 40万元以上, clause: X-1}
  kept_for: {value: 36, unit: month, text: 36个月, clause: X-1}
facts:
  software_amount: {type: money, label: 软件投入, neutral: 0}
  security_amount: {type: money, label: 安全投入, neutral: 0}
figures:
  tested_amount: {sum_of: [software_amount, security_amount], clause: X-1}
axes:
  testing:
    by: tested_amount
    bands:
      - {tier: untested, label: 不另行测评, below: tested_from, clause: X-1}
      - {tier: tested, label: 另行测评, from: tested_from, clause: X-1}
block_names: {kept_too_short: 运维期不足}
blocks:
  - block: kept_too_short
    when: free_operations_months < kept_for
    closes: [approve, refuse]
    strength: absolute
    remedy: 请延长运维期。
    clause: X-1
intake:
  - section: 金额
    fields: [{fact: software_amount}, {fact: security_amount}, {fact: free_operations_months, required: false}]
"""


def test_an_annex_is_cited_and_a_band_knows_the_amounts_it_is_made_of(make: Make) -> None:
    """That the pack loads shows that a number may be left out: every number the search knows but none would block."""
    pack = make(ANNEX_AND_PARTS)
    facts = {"software_amount": 400_000 * YUAN, "free_operations_months": 35}
    (block,) = assess(pack, facts, "approve", ON).blocks
    assert block.basis.article == "附件2"
    assert [axis.of for axis in pack.axes] == [("project_budget",), ("software_amount", "security_amount")]
