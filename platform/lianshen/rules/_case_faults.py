"""What is wrong with a case of law itself, before any pack is asked: words and codes that nobody knows.

The words are those of the vocabulary and of the pack asked; a case of one jurisdiction may well use a word that only
another one's rules read, so what counts is that the word is known, not that it decides something.
"""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from lianshen.rules._cases import HAS, YUAN
from lianshen.rules._faults import nearest, some
from lianshen.rules._messages import text
from lianshen.rules._pack import Pack
from lianshen.rules._schema import Fact
from lianshen.rules._vocabulary import answers_kind, answers_to

UNDETERMINED = "undetermined"
"""The answer to ``in_scope`` where a person decides."""
_POINTS = ("disputed", "not_disputed")
"""Answers in the words of the pack."""
_KEYS = ("event", "event_date", "documents_filed", "asked")
"""What a question says besides facts: what happens, when, which papers are there, which part of the answer is meant."""
_OF_CODES = {"documents": "documents", "exceptions": "blocks"}


def faults_of(pack: Pack, given: Mapping[str, Any], *expected: Mapping[str, Any]) -> Iterator[str]:
    """Every key, code and value that does not read, each a Chinese line with what is possible and the nearest word."""
    yield from _event(pack, given)
    for key, value in given.items():
        yield from _given(pack, key, value)
    for answers in expected:
        for key, value in answers.items():
            yield from _expected(pack, key, value)


def _event(pack: Pack, given: Mapping[str, Any]) -> Iterator[str]:
    events = pack.vocabulary.events | {code: rule.shut.label for code, rule in pack.actions.items()}
    if "event" not in given:
        yield text("case_no_event")
    else:
        yield from _unknown("event", [given["event"]], events)


def _given(pack: Pack, key: str, value: Any) -> Iterator[str]:
    words = pack.vocabulary
    facts = {name + YUAN if fact.type == "money" else name: fact for name, fact in words.facts.items()}
    if key in facts:
        yield from _fact(pack, key, facts[key], value)
    elif key == "documents_filed":
        yield from _codes(key, value, words.documents)
    elif key == "event_date":
        yield from _typed(key, "date", value)
    elif key.removeprefix(HAS) in words.documents:
        yield from _typed(key, "bool", value)
    elif key not in _KEYS:
        known = [*facts, *_KEYS, *(HAS + paper for paper in words.documents)]
        yield _no_key("case_no_given", key, [key + YUAN] if key + YUAN in facts else known)


def _fact(pack: Pack, key: str, fact: Fact, value: Any) -> Iterator[str]:
    if fact.type == "code":
        yield from _unknown(key, [value], fact.options)
    elif fact.type == "date" and value == "":
        return
    elif key in _OF_CODES and _reads(fact.type, value):
        yield from _unknown(key, value, getattr(pack.vocabulary, _OF_CODES[key]))
    else:
        yield from _typed(key, fact.type, value)


def _typed(key: str, kind: str, value: Any) -> Iterator[str]:
    if not _reads(kind, value):
        yield text("case_value", key=key, value=value, wanted=text(f"case_{kind}"))


def _reads(kind: str, value: Any) -> bool:
    match kind:
        case "money":
            return isinstance(value, int | str) and not isinstance(value, bool) and _is_amount(str(value))
        case "codes":
            return isinstance(value, list) and all(isinstance(one, str) for one in value)
        case "text":
            return isinstance(value, str)
        case _:
            return answers_kind(kind, value)


def _is_amount(said: str) -> bool:
    try:
        amount = Decimal(said)
    except InvalidOperation:
        return False
    return amount.is_finite() and amount * 100 == int(amount * 100)


def _expected(pack: Pack, key: str, value: Any) -> Iterator[str]:
    question = pack.vocabulary.answers.get(key)
    if question is None:
        if key in _POINTS:
            yield from _typed(key, "codes", value)
        else:
            yield _no_key("case_no_expect", key, list(pack.vocabulary.answers))
    elif value is None or (key == "in_scope" and value == UNDETERMINED):
        return
    elif not answers_kind(question.type, value):
        yield text("case_kind", key=key, label=question.label, wanted=question.type)
    elif question.type in ("code", "codes"):
        yield from _codes(key, value, answers_to(pack.vocabulary, key))


def _codes(key: str, value: Any, known: Mapping[str, str]) -> Iterator[str]:
    items = value if isinstance(value, list) else [value]
    yield from _unknown(key, [item["step"] if key == "steps" and _is_step(item) else item for item in items], known)


def _is_step(item: Any) -> bool:
    return isinstance(item, dict) and item.keys() == {"step", "by"}


def _unknown(key: str, said: Iterable[Any], known: Mapping[str, str]) -> Iterator[str]:
    for code in said:
        if not isinstance(code, str) or code not in known:
            yield text("case_code", key=key, said=code, known=some(known).zh) + nearest(str(code), known).zh


def _no_key(fault: str, key: str, known: Iterable[str]) -> str:
    return text(fault, key=key) + nearest(key, known).zh
