"""What a pack quotes stands in the article that it names. The texts lie beside the checkout of the team."""

import re
from pathlib import Path

import pytest

from lianshen.kernel.strict_yaml import load
from tests.rules.law import BESIDE, TENANTS

TEXTS = [
    pytest.param(folder, text, id=folder.name)
    for folder in sorted(TENANTS.glob("*/pack-*"))
    for text in [BESIDE / "regulations" / f"{folder.parent.name.partition('-')[2]}.md"]
    if text.exists()
]
ARTICLE = re.compile(r"^\*\*(第[一二三四五六七八九十百]+条)\*\*", re.MULTILINE)
ANNEX = re.compile(r"^## (附件\d+)", re.MULTILINE)
ITEM = re.compile(r"^（([一二三四五六七八九十]+)）", re.MULTILINE)
LONGEST = 40


def articles(text: Path) -> dict[str, str]:
    """Each article, each of its numbered items, and each annex, by the name it is cited by."""
    said = text.read_text(encoding="utf-8")
    found = _split(ARTICLE, said)
    for article, body in list(found.items()):
        found |= {f"{article}（{number}）": item for number, item in _split(ITEM, body).items()}
    return found | _split(ANNEX, said)


def _split(heading: re.Pattern[str], text: str) -> dict[str, str]:
    parts = heading.split(text)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


@pytest.mark.parametrize(("folder", "text"), TEXTS)
def test_quotations_are_verbatim_and_short(folder: Path, text: Path) -> None:
    law = articles(text)
    clauses = load(folder / "clauses.yaml").data["clauses"]
    wrong = {
        name: clause
        for name, clause in clauses.items()
        if clause["quotation"] not in law.get(clause["article"], "") or len(clause["quotation"]) > LONGEST
    }
    assert wrong == {}
