"""Every clause of a list is accounted for, by rules, a feature or a reason, and every rule by a clause."""

import shutil
from datetime import date
from pathlib import Path

import pytest

from lianshen.rules.queries import ClausesError, coverage, read_clauses
from tests.rules.law import BESIDE, TENANTS

ON = date(2026, 6, 1)
HEAD = "id,jurisdiction,article,quote,kind"
PACK = "990001-yangli/pack-2026-01-01"
ROWS = {
    "rule": "YL-6-1,yangli,6,预算金额二十万元以下的项目,tier",
    "open": "YL-99-1,yangli,99,没有人管的一条,duty",
    "feature": "YL-98-1,yangli,98,由功能承担的一条,duty",
    "reason": "YL-97-1,yangli,97,不属软件的一条,duty",
}


@pytest.fixture
def packs(tmp_path: Path) -> Path:
    shutil.copytree(TENANTS / "_example", tmp_path, dirs_exist_ok=True)
    return tmp_path


def covering(packs: Path, *rows: str):
    file = packs / "clauses.csv"
    file.write_text("\n".join([HEAD, *rows]), encoding="utf-8")
    (found,) = coverage(packs, TENANTS, read_clauses(file), ON)
    return found


def covered(packs: Path, **entries: str) -> None:
    said = "\n".join(f"  {clause.replace('_', '-')}: {entry}" for clause, entry in entries.items())
    (packs / PACK / "more.yaml").write_text(f"coverage:\n{said}\n", encoding="utf-8")


def test_a_clause_is_carried_by_rules_a_feature_or_a_reason(packs):
    covered(packs, YL_98_1="{feature: precheck, note: 见预检页}", YL_97_1="{not_software: 目的条款}")
    found = covering(packs, *ROWS.values())
    means = {clause.id: (clause.means, clause.by, clause.note) for clause in found.clauses}
    assert means["YL-6-1"][0] == "rules"
    assert all(":" in rule or rule in ("scope", "instrument") for rule in means["YL-6-1"][1])
    assert means["YL-99-1"] == ("open", (), "")
    assert means["YL-98-1"] == ("built", ("precheck",), "见预检页")
    assert means["YL-97-1"] == ("not_software", (), "目的条款")
    assert (found.pack, found.count("rules"), found.count("open")) == ("990001@2026-01-01", 1, 1)


def test_rules_are_told_by_kind_and_code(packs):
    found = covering(packs, ROWS["rule"])
    rules = {rule for rules in found.strangers.values() for rule in rules} | set(found.clauses[0].by)
    kinds = {rule.partition(":")[0] for rule in rules}
    assert {"parameter", "paper", "step", "block", "clock", "action", "tier", "scope", "management"} <= kinds
    assert "phase" not in kinds  # a phase is a label and cites nothing


def test_a_rule_without_a_clause_is_told(packs):
    assert "YL-6-1" in covering(packs, ROWS["open"]).strangers
    assert "YL-6-1" not in covering(packs, ROWS["rule"], ROWS["open"]).strangers


@pytest.mark.parametrize(("written", "told"), [("6", ""), ("7", "第六条"), ("附件1", "第六条")])
def test_an_article_that_differs_is_told(packs, written, told):
    (clause,) = covering(packs, ROWS["rule"].replace(",6,", f",{written},")).clauses
    assert clause.cited_as == told


def test_clauses_that_a_later_version_takes_over_count_for_it(packs):
    file = packs / "clauses.csv"
    file.write_text(f"{HEAD}\n{ROWS['rule']}", encoding="utf-8")
    (newest,) = coverage(packs, TENANTS, read_clauses(file))
    assert newest.pack == "990001@2028-07-01"
    assert newest.clauses[0].means == "rules"
    assert "YL-8-1" in covering(packs, ROWS["rule"]).strangers
    assert "YL-8-1" not in newest.strangers


def test_a_second_text_leaves_no_clause_of_the_first_open(packs):
    """What the first says of its days, of its city and of what is no rule still holds."""
    (found,) = coverage(packs, TENANTS, read_clauses(packs / "clauses.csv"))
    assert found.pack == "990001@2028-07-01"
    assert [clause.id for clause in found.clauses if clause.means == "open"] == []
    means = {clause.id: clause for clause in found.clauses}
    assert (means["YL-1-1"].means, means["YL-3-1"].by) == ("not_software", ("offices_and_posts",))
    assert means["YL-25-1"].by == ("instrument",)
    assert means["YL-24-1"].by == ("inherits:990000@2024-01-01",)
    assert means["YL-5-1"].cited_as == "附件1"


def test_a_jurisdiction_without_a_pack_has_everything_open(packs):
    found = covering(packs, ROWS["rule"].replace("yangli", "nowhere"))
    assert (found.pack, found.count("open")) == (None, 1)


@pytest.mark.parametrize("row", ["YL-6-1,yangli,,words,x", ",yangli,6,words,x", ""])
def test_a_list_that_lacks_something_is_refused_with_its_line(packs, row):
    with pytest.raises(ClausesError) as refused:
        covering(packs, row)
    assert refused.value.line >= 1


@pytest.mark.parametrize("clauses", [*BESIDE.glob("clauses.csv")], ids=lambda file: file.name)
def test_no_rule_of_the_five_regulations_is_without_a_clause(clauses: Path):
    found = coverage(TENANTS, TENANTS, read_clauses(clauses))
    assert sum(len(one.clauses) for one in found) == 600
    assert [one.strangers for one in found] == [{}] * 5
