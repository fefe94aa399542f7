"""What is taken over from the level above or from a first instrument, how, and who says what about a key."""

import shutil
from pathlib import Path
from random import Random

import pytest

from lianshen.rules._filled import filled
from lianshen.rules._layers import _take_over
from lianshen.rules._numbers import stated
from lianshen.rules._schema import Conflict, Inherit, Law, Unit
from lianshen.rules._source import Source
from lianshen.rules.queries import Pack, PackError, assess, lint, load_pack
from tests.rules.law import ON, TENANTS, YUAN, calendar, vocabulary

SOUND = (Path(__file__).parent / "minimal.yaml").read_text(encoding="utf-8")
CITY = """
instrument:
  title: 试验市政务信息化项目通则
  number: 试验市〔2024〕1号
  status: law
  in_force: {from: "2024-01-01", until: "2099-12-31", clause: C-9}
clauses:
  C-1: {article: 第五条, quotation: 80万元以上的项目须联审}
  C-2: {article: 第六条, quotation: 在15日内补正}
  C-3: {article: 第七条, quotation: 严禁新建业务专网}
  C-9: {article: 第九条, quotation: 自2024年1月1日起施行}
parameters:
  review_from: {value: 800000, unit: yuan, text: 80万元以上, clause: C-1}
  mend_within: {value: 15, unit: day, text: 15日内, clause: C-2}
blocks:
  - block: private_network
    when: builds_private_network
    closes: [approve]
    strength: absolute
    remedy: 请使用政务外网。
    clause: C-3
clocks:
  - clock: mend
    label: 补正
    budget: mend_within
    first_day: not_counted
    rolling: none
    cut_off: "24:00"
    owed_by: project_unit
    owed_to: county_data_bureau
    trigger: 退回补正
    on_expiry: {code: none, label: 未规定逾期后果}
    clause: C-2
"""
COUNTY = """
inherits:
  - from: "%s"
    clause: T-1
    keys: {parameters: %s, blocks: append, clocks: nearest}
    conflicts: {%s}
actions:
  - action: return_for_mending
    label: 退回补正
    tone: neutral
    permission: projects.receive
    by: [county_data_bureau]
    when: submitted && undecided
    starts: [mend]
    clause: T-4
  - action: mend
    label: 补正
    tone: neutral
    permission: projects.submit
    by: [project_unit]
    when: submitted && undecided
    stops: [mend]
    clause: T-4
intake:
  - section: 网络
    fields: [{fact: builds_private_network}]
"""


def county(
    root: Path, how: str = "nearest", conflicts: str = "", ref: str = "990000@2024-01-01", edge: str = "2020-01-01"
) -> Path:
    """A county below a city that has rules for the levels below it."""
    city, home = root / "990000-city" / "common-2024-01-01", root / "990001-county" / "pack-2025-01-01"
    for folder in (city, home):
        folder.mkdir(parents=True)
    (city / "law.yaml").write_text(CITY, encoding="utf-8")
    (home.parent / "tenant.yaml").write_text(
        f'code: "990001"\nname: 试验县\nlevel: county\nparents: [{{tenant: "990000", since: "{edge}"}}]\n',
        encoding="utf-8",
    )
    (home / "law.yaml").write_text(SOUND, encoding="utf-8")
    (home / "more.yaml").write_text(COUNTY % (ref, how, conflicts), encoding="utf-8")
    return home


def load(home: Path) -> Pack:
    return load_pack(home, vocabulary(), calendar())


def test_the_nearest_level_wins_and_shows_what_it_shadows(tmp_path: Path) -> None:
    pack = load(county(tmp_path))
    assert assess(pack, {"project_budget": 600_000 * YUAN}, "", ON).management == "approval"
    levels = pack.lineage["parameters.review_from"]
    assert [(level.ref, level.article, level.holds) for level in levels] == [
        ("990001@2025-01-01", "第二条", True),
        ("990000@2024-01-01", "第五条", False),
    ]
    assert levels[1].said == "80万元以上（800000 yuan）"
    (alone,) = pack.lineage["parameters.mend_within"]
    assert (alone.ref, alone.holds, alone.instrument) == ("990000@2024-01-01", True, "试验市政务信息化项目通则")


def test_what_is_inherited_cites_its_own_text(tmp_path: Path) -> None:
    said = assess(load(county(tmp_path)), {"builds_private_network": True}, "approve", ON)
    bases = {block.code: block.basis for block in said.blocks}
    assert (bases["private_network"].instrument, bases["private_network"].article) == (
        "试验市政务信息化项目通则",
        "第七条",
    )
    assert said.scope_basis.instrument == ""


def test_a_level_above_lends_its_words_to_those_below(tmp_path: Path) -> None:
    home = county(tmp_path)
    words = """
bodies: {city_archives: 试验市档案馆}
documents: {archive_list: 档案清单}
step_names: {archiving: 归档}
block_names: {no_archive: 未归档}
"""
    (tmp_path / "990000-city" / "common-2024-01-01" / "words.yaml").write_text(words, encoding="utf-8")
    more = home / "more.yaml"
    keys = "{bodies: nearest, documents: nearest, step_names: nearest, block_names: nearest, "
    more.write_text(more.read_text(encoding="utf-8").replace("keys: {", f"keys: {keys}"), encoding="utf-8")
    (home / "archives.yaml").write_text(
        """
papers: [{paper: archive_list, for: [approve], clause: T-1}]
steps: [{step: archiving, by: [county_data_bureau, city_archives], clause: T-1}]
blocks:
  - {block: no_archive, when: emergency, closes: [approve], strength: absolute, remedy: 请归档。, clause: T-1}
""",
        encoding="utf-8",
    )
    said = assess(load(home), {"emergency": True}, "approve", ON)
    assert "档案清单" in [paper.label for paper in said.papers]
    assert ("归档", "试验县数据局、试验市档案馆") in [(step.label, step.by_label) for step in said.steps]
    assert "未归档" in [block.label for block in said.blocks]


@pytest.mark.parametrize(
    ("prevails", "management", "disputed"),
    [("own", "approval", 0), ("inherited", "filing_only", 0), ("undetermined", "approval", 1)],
)
def test_where_two_instruments_conflict_the_pack_says_which_holds(
    tmp_path: Path, prevails: str, management: str, disputed: int
) -> None:
    answer = f"parameters.review_from: {{prevails: {prevails}, clause: T-1}}"
    pack = load(county(tmp_path, "named", answer))
    said = assess(pack, {"project_budget": 600_000 * YUAN}, "", ON)
    assert (said.management, len(said.disputes)) == (management, disputed)
    if disputed:
        assert "60万元以上" in said.disputes[0].reading
        assert "80万元以上" in said.disputes[0].other
    held = [level.ref for level in pack.lineage["parameters.review_from"] if level.holds]
    assert held == ["990000@2024-01-01" if prevails == "inherited" else "990001@2025-01-01"]


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("inherits_conflict", {"how": "named"}),
        ("inherits_no_conflict", {"conflicts": "parameters.again_within: {prevails: own, clause: T-1}"}),
        ("inherits_unknown", {"ref": "990000@2023-01-01"}),
        ("inherits_not_above", {"edge": "2025-02-01"}),
        ("inherits_ring", {"ref": "990001@2025-01-01"}),
        ("inherits_how", {"how": "append"}),
        ("inherits_how", {"how": "nearest, instrument: nearest"}),
        ("inherits_how", {"how": "nearest, inherits: nearest"}),
    ],
)
def test_what_cannot_be_taken_over_is_refused(tmp_path: Path, code: str, changes: dict[str, str]) -> None:
    with pytest.raises(PackError) as refused:
        load(county(tmp_path, **changes))
    assert (refused.value.code, refused.value.file.name) == (code, "more.yaml")


def test_an_error_in_what_is_inherited_names_the_file_above(tmp_path: Path) -> None:
    home = county(tmp_path)
    above = tmp_path / "990000-city" / "common-2024-01-01" / "law.yaml"
    above.write_text(CITY.replace("when: builds_private_network", "when: builds_private_netwrk"), encoding="utf-8")
    with pytest.raises(PackError) as refused:
        load(home)
    assert (refused.value.file, refused.value.code) == (above, "expression")


def test_the_digest_covers_what_is_inherited(tmp_path: Path) -> None:
    home = county(tmp_path)
    before = load(home).digest
    above = tmp_path / "990000-city" / "common-2024-01-01" / "law.yaml"
    above.write_text(CITY.replace("请使用政务外网。", "请使用电子政务外网。"), encoding="utf-8")
    assert load(home).digest != before


def test_a_second_instrument_over_the_same_county_is_a_version_of_its_law(tmp_path: Path) -> None:
    first = county(tmp_path)
    second = first.parent / "pack-2026-01-01"
    second.mkdir()
    keys = [
        "bodies", "scope", "conditions", "parameters", "papers", "choices", "steps", "blocks", "notices", "clocks",
        "actions", "phases", "amendable", "intake", "tiers", "clauses",
    ]  # fmt: skip
    taken = "\n".join(f"      {key}: {'named' if key == 'parameters' else 'nearest'}" for key in keys)
    (second / "overlay.yaml").write_text(
        f"""
instrument:
  title: 试验县政务数据安全规定
  number: 试验〔2026〕2号
  status: law
  in_force: {{from: "2026-01-01", until: "2027-12-31", clause: S-1}}
inherits:
  - from: "990001@2025-01-01"
    clause: S-1
    keys:
{taken}
    conflicts:
      parameters.again_within: {{prevails: own, clause: S-2}}
clauses:
  S-1: {{article: 第一条, quotation: 自2026年1月1日起施行，此前规定继续有效}}
  S-2: {{article: 第二条, quotation: 再次申报改为10日内，与其他规定不一致的以本规定为准}}
  S-3: {{article: 第三条, quotation: 涉密内容不得报送}}
  T-4: {{article: 第二条, quotation: 再次申报改为10日内}}
parameters:
  again_within: {{value: 10, unit: day, text: 10日内, clause: T-4}}
block_names: {{classified_content: 含涉密内容}}
blocks:
  - block: classified_content
    when: classified
    closes: [submit]
    strength: absolute
    remedy: 请删除涉密内容。
    clause: S-3
intake:
  - section: 保密
    fields: [{{fact: classified}}]
""",
        encoding="utf-8",
    )
    pack = load(second)
    assert pack.clocks["reapply"].clock.budget == 10
    said = assess(pack, {"classified": True, "builds_private_network": True}, "", ON)
    assert [block.code for block in said.blocks] == ["classified_content"]
    assert pack.lineage["parameters.again_within"][0].instrument == "试验县政务数据安全规定"
    assert [level.holds for level in pack.lineage["parameters.again_within"]] == [True, False]
    assert len(pack.lineage["parameters.review_from"]) == 2, (
        "the city's is shadowed by the first instrument, through both"
    )


REPEALED = "YL-5-1", "YL-5-2"
CHANGED = """
instrument:
  title: 样例县关于调整审批限额的通知
  number: 样政发〔2027〕1号
  status: law
  in_force: {from: "2027-01-01", until: "2028-12-31", replaces: 990001@2026-01-01, clause: N-2}
inherits:
  - from: "990001@2026-01-01"
    clause: N-1
    keys: {%s}
clauses:
  N-1: {article: 第一条, quotation: 其余各条仍适用原办法}
  N-2: {article: 第二条, quotation: 自2027年1月1日起施行}
  %s: {article: 第三条, quotation: 预算金额70万元以上的项目实行审批}
parameters:
  approval_from: {value: 700000, unit: yuan, text: 70万元以上, clause: %s}
"""
EVERY = [key for key in Law.__struct_fields__ if key not in ("instrument", "inherits", "clauses")]


def changed_example(root: Path, *, clauses: bool, more: str = "", label: str = "") -> Path:
    """A notice over the invented county that replaces one of its numbers; ``label`` stands in the county's bands."""
    home = root / "990001-yangli"
    shutil.copytree(TENANTS / "_example", root, dirs_exist_ok=True)
    shutil.rmtree(home / "pack-2028-07-01")
    if label:
        parameters = home / "pack-2026-01-01" / "parameters.yaml"
        written = parameters.read_text(encoding="utf-8")
        parameters.write_text(written.replace('"不满{approval_from}：备案"', label), encoding="utf-8")
    keys = ", ".join(f"{key}: nearest" for key in [*EVERY, *(["clauses"] if clauses else [])])
    name = "YL-5-1" if clauses else "N-3"
    second = home / "pack-2027-01-01"
    second.mkdir()
    (second / "law.yaml").write_text(CHANGED % (keys, name, name) + more, encoding="utf-8")
    return second


def stale(folder: Path) -> set[tuple[str, str, str]]:
    faults = lint([folder], TENANTS).faults
    assert all(fault.file.parent.name == "pack-2026-01-01" and "pack-2027-01-01" in fault.remedy for fault in faults)
    lines = [(fault, fault.file.read_text(encoding="utf-8").splitlines()[fault.line - 1]) for fault in faults]
    return {(fault.code, fault.file.name, clause) for fault, line in lines for clause in REPEALED if clause in line}


def test_no_answer_cites_or_quotes_what_a_second_instrument_repealed(tmp_path: Path) -> None:
    """Each place is named: those that cite the number's clause, and those that rest on it and state the old number."""
    found = stale(changed_example(tmp_path, clauses=False))
    assert found == {
        ("superseded_clause", file, clause)
        for file, clause in [
            ("actions.yaml", "YL-5-1"),
            ("actions.yaml", "YL-5-2"),
            ("papers.yaml", "YL-5-1"),
            ("papers.yaml", "YL-5-2"),
            ("parameters.yaml", "YL-5-1"),
            ("parameters.yaml", "YL-5-2"),
            ("scope.yaml", "YL-5-1"),
            ("scope.yaml", "YL-5-2"),
        ]
    }


def test_one_clause_worded_anew_is_cited_wherever_the_old_one_was(tmp_path: Path) -> None:
    second = changed_example(tmp_path, clauses=True)
    assert {clause for _, _, clause in stale(second)} == {"YL-5-2"}, "the other one still says 60"
    law = second / "law.yaml"
    both = law.read_text(encoding="utf-8").replace(
        "parameters:\n", "  YL-5-2: {article: 第三条, quotation: 不满70万元的项目实行备案}\nparameters:\n"
    )
    law.write_text(both, encoding="utf-8")
    pack = load(second)
    said = assess(pack, {"kind": "new_build", "project_budget": 650_000 * YUAN}, "application_filed", ON)
    assert said.management == "filing_only"
    assert (said.management_basis.article, said.management_basis.instrument) == ("第三条", "")
    assert said.tiers[0].label == "不满70万元：备案", "texts follow the number"
    assert [(level.ref, level.holds) for level in pack.lineage["clauses.YL-5-2"]] == [
        ("990001@2027-01-01", True),
        ("990001@2026-01-01", False),
    ]


def test_a_text_that_states_the_old_number_is_told_as_well(tmp_path: Path) -> None:
    second = changed_example(tmp_path, clauses=True, label="不满60万元：备案")
    assert ("superseded_words", "parameters.yaml", "YL-5-2") in stale(second)


def test_a_number_that_is_the_same_in_the_new_words_repeals_nothing(tmp_path: Path) -> None:
    second = changed_example(tmp_path, clauses=False)
    law = second / "law.yaml"
    law.write_text(law.read_text(encoding="utf-8").replace("70", "60"), encoding="utf-8")
    assert stale(second) == set()


def test_a_clause_of_the_same_name_is_new_words_only_where_that_is_said(tmp_path: Path) -> None:
    second = changed_example(tmp_path, clauses=True)
    law = second / "law.yaml"
    law.write_text(law.read_text(encoding="utf-8").replace(", clauses: nearest", ""), encoding="utf-8")
    assert [fault.code for fault in lint([second], TENANTS).faults] == ["inherits_clause"]


def test_a_text_may_name_a_number_and_only_one_that_there_is(tmp_path: Path) -> None:
    second = changed_example(tmp_path, clauses=True, label='"不满{aproval_from}：备案"')
    (fault,) = lint([second.parent / "pack-2026-01-01"], TENANTS).faults
    assert (fault.code, fault.file.name, "aproval_from" in fault.message) == ("unknown", "parameters.yaml", True)


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (600_000, "yuan", "60万元"),
        (250_000_000, "yuan", "25000万元"),
        (300_000_000, "yuan", "3亿元"),
        (4_999, "yuan", "4999元"),
        (5, "working_day", "5个工作日"),
        (20, "day", "20日"),
        (3, "month", "3个月"),
        (2, "year", "2年"),
        (10, "percent", "10%"),
        (5, "per_mille", "5‰"),
        (3, "count", "3"),
        ("09-30", "month_day", "9月30日"),
    ],
)
def test_a_number_in_a_text_reads_as_itself(value: int | str, unit: Unit, text: str) -> None:
    told = filled({"label": "{limit}内", "code": "{limit}"}, {"limit": {"value": value, "unit": unit}})
    assert told == {"label": f"{text}内", "code": "{limit}"}
    assert unit == "count" or stated(text, unit) == {value}


HOWS = ("nearest", "append", "named")
PREVAILS = ("own", "inherited", "undetermined")


def test_ten_thousand_random_trees_agree_with_looking_upward_level_by_level(tmp_path: Path) -> None:
    """Maps and lists over up to five levels: what holds is what a plain search from the nearest level upward finds."""
    random = Random(25)
    for _ in range(10_000):
        depth = random.randint(1, 5)
        levels = [
            {f"k{n}": random.randint(0, 9) for n in random.sample(range(6), random.randint(0, 5))} for _ in range(depth)
        ]
        how = random.choice(HOWS)
        prevails = random.choice(PREVAILS)
        resolved = tower(tmp_path, levels, how, prevails)
        held = {item["clock"]: item["label"] for item in resolved.said.get("clocks", [])} if how != "append" else None
        expected = looking_upward(levels, inherited=how == "named" and prevails == "inherited")
        if how == "append":
            labels = sorted((item["clock"], item["label"]) for item in resolved.said.get("clocks", []))
            assert labels == sorted((name, str(value)) for level in levels for name, value in level.items())
        else:
            assert held == expected
            assert {k: v["text"] for k, v in resolved.said.get("parameters", {}).items()} == expected
        for name, said in expected.items():
            told = resolved.lineage.get(f"parameters.{name}")
            if told and how != "append":
                assert [level.said for level in told if level.holds] == [f"{said}（1 day）"]
                assert len(told) == sum(name in level for level in levels)


def tower(folder: Path, levels: list[dict[str, int]], how: str, prevails: str) -> Source:
    """Sources upon each other, the nearest level first in ``levels``."""
    below: Source | None = None
    for values in reversed(levels):
        source = Source(folder / "none" / "pack-2025-01-01")
        if values:
            source.said["parameters"] = {
                name: {"text": str(v), "value": 1, "unit": "day"} for name, v in values.items()
            }
            source.said["clocks"] = [{"clock": name, "label": str(v)} for name, v in values.items()]
        if below is not None:
            _take_over(source, ("inherits", 0), rule_for(source, below, how, prevails), below)
        below = source
    assert below is not None
    return below


def rule_for(source: Source, upper: Source, how: str, prevails: str) -> Inherit:
    keys = dict.fromkeys([key for key in ("parameters", "clocks") if key in upper.said], how)
    both = source.said.get("parameters", {}).keys() & upper.said.get("parameters", {}).keys()
    conflicts = {
        f"{key}.{name}": Conflict(prevails, "X")
        for key in keys
        for name in both
        if how == "named"  # type: ignore[arg-type]
    }
    return Inherit(from_="x", clause="X", keys=keys, conflicts=conflicts)  # type: ignore[arg-type]


def looking_upward(levels: list[dict[str, int]], *, inherited: bool) -> dict[str, str]:
    found: dict[str, str] = {}
    for level in levels if not inherited else reversed(levels):
        for name, value in level.items():
            found.setdefault(name, str(value))
    return found
