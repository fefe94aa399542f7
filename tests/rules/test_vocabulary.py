"""The vocabulary holds every word of the cases, and what is damaged in it is refused with file and line."""

import re
from pathlib import Path
from typing import Any

import pytest

from lianshen.kernel.strict_yaml import load
from lianshen.rules._vocabulary import answers_to
from lianshen.rules.queries import PackError, answer, load_pack, load_vocabulary
from tests.rules.law import BESIDE, TENANTS, calendar, guanyun, vocabulary

HERE = Path(__file__).parent
FILES = [*(HERE / "cases").glob("*.yaml"), *(BESIDE / "golden").glob("open.yaml")]
TYPES = {"bool": bool, "int": int, "money": int, "date": str, "code": str}
FEN = re.compile(r"-?(0|[1-9]\d*)\.\d\d")
OF_THE_QUESTION = frozenset({"event", "event_date", "asked", "documents_filed"})


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_word_of_the_cases_is_known(file: Path) -> None:
    for case in load(file).data:
        given = case["given"]
        assert given["event"] in vocabulary().events
        assert [key for key, value in given.items() if key not in OF_THE_QUESTION and not stated(key, value)] == []
        for said in (case["expect"], case.get("alt_expect", {})):
            assert [key for key, value in said.items() if not answered(key, value)] == [], case["id"]


def stated(key: str, value: Any) -> bool:
    """A fact of its type, or whether a paper is there."""
    fact = vocabulary().facts.get(key.removesuffix("_cny"))
    if fact is None:
        return key.removeprefix("has_") in vocabulary().documents and isinstance(value, bool)
    known = fact.options.keys() if fact.options else {value}
    if fact.type == "money" and isinstance(value, str):
        return key.endswith("_cny") and FEN.fullmatch(value) is not None
    return type(value) is TYPES[fact.type] and value in known and key.endswith("_cny") == (fact.type == "money")


def answered(key: str, value: Any) -> bool:
    question = vocabulary().answers[key]
    if not question.options:
        return type(value) is TYPES[question.type]
    codes = [
        item["step"] if isinstance(item, dict) else item for item in (value if isinstance(value, list) else [value])
    ]
    bodies = {item["by"] for item in value if isinstance(item, dict)} if isinstance(value, list) else set()
    return answers_to(vocabulary(), key).keys() >= set(codes) and vocabulary().bodies.keys() >= bodies


@pytest.mark.parametrize(
    ("name", "sound", "damage", "code"),
    [
        ("facts.yaml", "label: 涉密项目, neutral: false", "label: 涉密项目, neutral: 0", "type"),
        ("answers.yaml", "label: 是否按期}", "label: 是否按期, options: steps}", "type"),
        ("answers.yaml", "label: 下一步骤, options: steps}", "label: 下一步骤}", "type"),
        ("answers.yaml", "label: 下一步骤, options: steps}", "label: 下一步骤, options: step}", "shape"),
        ("answers.yaml", "{type: bool, label: 是否按期", "{type: flag, label: 是否按期", "shape"),
    ],
)
def test_a_damaged_vocabulary_is_refused(tmp_path: Path, name: str, sound: str, damage: str, code: str) -> None:
    texts = {file.name: file.read_text(encoding="utf-8") for file in (TENANTS / "_vocabulary").glob("*.yaml")}
    assert texts[name].count(sound) == 1
    for file, text in texts.items():
        (tmp_path / file).write_text(text.replace(sound, damage) if file == name else text, encoding="utf-8")
    with pytest.raises(PackError) as refused:
        load_vocabulary(tmp_path)
    line = texts[name][: texts[name].index(sound)].count("\n") + 1
    assert (refused.value.file.name, refused.value.line, refused.value.code) == (name, line, code)


@pytest.mark.parametrize(
    ("said", "tier"), [(500000, "approval"), ("500000.00", "approval"), ("499999.99", "filing_only")]
)
def test_a_question_gives_money_in_yuan_or_to_the_fen(said: int | str, tier: str) -> None:
    given = {"event": "project_described", "project_budget_cny": said}
    assert answer(guanyun(), calendar(), given)["management"] == tier


def test_a_question_says_what_may_answer_it() -> None:
    assert answers_to(vocabulary(), "rule_strength") == {
        "absolute": "必须",
        "in_principle": "原则上",
        "encouraged": "鼓励",
    }
    assert answers_to(vocabulary(), "next_step") == vocabulary().steps
    assert answers_to(vocabulary(), "missing").keys() == vocabulary().documents.keys() | vocabulary().contents.keys()
    assert answers_to(vocabulary(), "on_time") == {}


@pytest.mark.parametrize("key", ["has_product_security_statement", "product_security_statement"])
def test_a_question_may_say_of_a_paper_that_it_is_not_there(tmp_path: Path, key: str) -> None:
    home = tmp_path / "999999-test" / "pack-2025-01-01"
    home.mkdir(parents=True)
    law = (HERE / "minimal.yaml").read_text(encoding="utf-8")
    lacking = law.replace(
        "when: builds_infrastructure",
        """when: "builds_infrastructure || !('product_security_statement' in documents)\"""",
    )
    (home / "law.yaml").write_text(lacking, encoding="utf-8")
    pack = load_pack(home, vocabulary(), calendar())
    allowed = {said: answer(pack, calendar(), {"event": "approve", key: said})["allowed"] for said in (True, False)}
    assert allowed == {True: True, False: False}
