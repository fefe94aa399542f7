"""What a pack quotes stands in the article that it names. The texts lie beside the checkout of the team."""

from pathlib import Path

import pytest

from lianshen.rules._texts import articles
from lianshen.rules.queries import lint
from tests.rules.law import BESIDE, GUANYUN, TENANTS

REGULATIONS = BESIDE / "regulations"
TEXT = """# 试验办法

## 序言

为规范管理，制定本办法。

## 第一章 总则

**第一条** 应当：
（一）统筹规划；
（二）分级实施。
逾期的视为放弃。

## 第二章 附则

**第二条** 自印发之日起施行。

附件：1.申报表

## 附件1 申报表

一、基本情况

（一）项目名称

---

## 校勘说明（整理者所加，非原文）

- 第二条补一字。
"""


def packs() -> list[Path]:
    shipped = sorted(TENANTS.glob("*/pack-*"))
    return [pack for pack in shipped if (REGULATIONS / f"{pack.parent.name.partition('-')[2]}.md").exists()]


@pytest.mark.parametrize("pack", packs(), ids=lambda pack: pack.name)
def test_quotations_are_verbatim_and_short(pack: Path) -> None:
    assert [str(fault) for fault in lint([pack], TENANTS, REGULATIONS).faults] == []


def test_a_text_has_a_preamble_articles_items_and_annexes() -> None:
    found = articles(TEXT)
    assert found.keys() == {"序言", "第一条", "第一条（一）", "第一条（二）", "第二条", "附件1", "附件1（一）"}
    assert "逾期的视为放弃" in found["第一条"]
    assert "统筹规划" in found["第一条（一）"]
    assert "分级实施" not in found["第一条（一）"]
    assert not any("总则" in said or "校勘" in said or "补一字" in said for said in found.values())


def test_what_is_not_quoted_is_told(tmp_path: Path) -> None:
    (tmp_path / "guanyun.md").write_text(TEXT, encoding="utf-8")
    faults = lint([GUANYUN], TENANTS, tmp_path).faults
    assert {fault.code for fault in faults} == {"no_article", "not_quoted"}
    assert {fault.file.name for fault in faults} == {"clauses.yaml"}
    (tmp_path / "guanyun.md").unlink()
    assert [fault.code for fault in lint([GUANYUN], TENANTS, tmp_path).faults] == ["no_text"]
