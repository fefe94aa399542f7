"""The words that packs share: typed facts, codes of papers, bodies, steps and the like, and what answers there are."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from lianshen.rules._entry import Entry
from lianshen.rules._schema import Fact, Feature, Law, Question
from lianshen.rules._source import Faults, PackError, Source, first
from lianshen.rules._wording import check_words
from lianshen.rules.types import FactValue

WORDS = "_vocabulary"
"""The folder of the shared words, beside the jurisdictions."""
CEL_KIND = {
    "bool": "bool",
    "int": "int",
    "money": "int",
    "date": "str",
    "code": "str",
    "text": "str",
    "codes": "codes",
}
_PYTHON: dict[str, type] = {"bool": bool, "int": int, "str": str, "codes": list}


class Vocabulary(Entry, frozen=True):
    """Codes with their Chinese labels; see the heads of the files in ``tenants/_vocabulary``."""

    facts: dict[str, Fact]
    answers: dict[str, Question]
    documents: dict[str, str]
    bodies: dict[str, str]
    steps: dict[str, str]
    blocks: dict[str, str]
    events: dict[str, str]
    contents: dict[str, str]
    features: dict[str, Feature]


def load_vocabulary(folder: Path) -> Vocabulary:
    """Read ``tenants/_vocabulary``. Raises PackError with file, line, what is wrong and what to do."""
    vocabulary = first(vocabulary_of(folder))
    assert vocabulary is not None
    return vocabulary


def vocabulary_of(folder: Path) -> Faults[Vocabulary | None]:
    """Read a vocabulary and prove it; None if it does not read."""
    source = Source(folder)
    vocabulary = yield from source.read(Vocabulary)
    if vocabulary is None:
        return None
    yield from check_words(source, vocabulary)
    yield from _prove_facts(source, vocabulary.facts)
    yield from _prove_questions(source, "answers", vocabulary.answers)
    return vocabulary


def _prove_questions(source: Source, key: str, questions: dict[str, Question]) -> Iterator[PackError]:
    for name, question in questions.items():
        if (question.type in ("code", "codes")) != bool(question.options):
            yield source.error((key, name), "type", name="options", wanted="code")


def _prove_facts(source: Source, facts: dict[str, Fact]) -> Iterator[PackError]:
    for name, fact in facts.items():
        for key in ("neutral", "presumed"):
            value = getattr(fact, key)
            wanted = _PYTHON[CEL_KIND[fact.type]]
            if type(value) is not wanted and not (key == "presumed" and value is None):
                yield source.error(("facts", name, key), "type", name=key, wanted=fact.type)
        if (fact.type == "code") != bool(fact.options):
            yield source.error(("facts", name), "type", name="options", wanted="code")


_OWN = {
    "facts": "facts",
    "documents": "documents",
    "steps": "step_names",
    "blocks": "block_names",
    "events": "events",
    "contents": "content_names",
    "answers": "questions",
}
"""Kinds of words, and where a pack defines its own."""


def extended(vocabulary: Vocabulary, source: Source, law: Law) -> Faults[Vocabulary]:
    """The shared words and those of one pack; none may be taken, and facts must be proper.

    Bodies are the exception: a pack calls by their local names those that all know, and adds its own.
    """
    for kind, key in _OWN.items():
        for name in getattr(law, key).keys() & getattr(vocabulary, kind).keys():
            yield source.error((key, name), "name_taken", name=name)
    yield from _prove_facts(source, law.facts)
    yield from _prove_questions(source, "questions", law.questions)
    more = {kind: getattr(vocabulary, kind) | getattr(law, key) for kind, key in _OWN.items() if getattr(law, key)}
    more["bodies"] = vocabulary.bodies | law.bodies
    if law.managements:
        more["answers"] = yield from _with_managements(source, more.get("answers", vocabulary.answers), law.managements)
    return replace(vocabulary, **more)


def _with_managements(
    source: Source, questions: dict[str, Question], own: dict[str, str]
) -> Faults[dict[str, Question]]:
    known = questions["management"]
    assert isinstance(known.options, dict)
    for name in own.keys() & known.options.keys():
        yield source.error(("managements", name), "name_taken", name=name)
    return {**questions, "management": replace(known, options=known.options | own)}


def answers_to(vocabulary: Vocabulary, question: str) -> dict[str, str]:
    """The codes that may answer ``question``, with labels; none where the answer is no code. KeyError: unknown."""
    options = vocabulary.answers[question].options
    if isinstance(options, dict):
        return options
    lists = [options] if isinstance(options, str) else options
    return {code: label for name in lists for code, label in getattr(vocabulary, name).items()}


def answers_kind(kind: str, value: Any) -> bool:
    """True when ``value`` is of the type of a question; a single code is also a set."""
    match kind:
        case "date":
            return isinstance(value, str) and _is_date(value)
        case "codes":
            return isinstance(value, str | list)
        case _:
            return type(value) is _PYTHON[CEL_KIND[kind]]


def _is_date(said: str) -> bool:
    try:
        return date.fromisoformat(said).isoformat() == said
    except ValueError:
        return False


def frozen(value: Any) -> FactValue:
    """A value as a fact: YAML's lists become tuples."""
    return tuple(value) if isinstance(value, list) else value
