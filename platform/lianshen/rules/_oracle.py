"""Cases of law, written from the texts alone, put to the packs: what each pack answers and where it differs.

The format is a list of ``{id, jurisdiction, given, expect, why}``, and of a disputed point ``ambiguous: true`` with
``alt_expect``: a pack answers one of the two readings and says that the point is disputed. An answer that is ``null``
is one that the pack does not give.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from lianshen.kernel.strict_yaml import StrictYamlError, load
from lianshen.rules import _messages
from lianshen.rules._case_faults import UNDETERMINED, faults_of
from lianshen.rules._cases import answer
from lianshen.rules._expression import ExpressionError
from lianshen.rules._pack import Pack
from lianshen.rules._registry import Law
from lianshen.rules._unreadable import syntax
from lianshen.rules._vocabulary import answers_kind, answers_to
from lianshen.workcalendar.queries import Calendar

_NEVER = {
    "not_required_documents": "required_documents",
    "not_blocked_by": "blocked_by",
    "not_steps": "steps",
    "not_disputed": "disputed",
}
_ORDERED = frozenset({"steps", "escalation_path"})
_AT_LEAST = frozenset({"blocked_by", "contents_must_include", "disputed"})
_MAY_BE_ADDED = frozenset(
    {
        "resource_catalogue",
        "ops_funding_source_statement",
        "industry_authority_opinion",
        "product_security_statement",
    }
)
"""Papers that a law may demand as a condition of approval beside those of a stage."""


class CaseError(Exception):
    """A file of cases does not read; the message is Chinese and names file and line."""


class Case(msgspec.Struct, frozen=True):
    id: str
    jurisdiction: str
    given: dict[str, Any]
    expect: dict[str, Any]
    why: str = ""
    ambiguous: bool = False
    alt_expect: dict[str, Any] = {}
    articles: Any = None
    question: str = ""


class Verdict(msgspec.Struct, frozen=True):
    """``differences`` from the recommended reading, each a Chinese line; empty when the pack agrees."""

    case: Case
    differences: tuple[str, ...]


def read_cases(file: Path) -> list[Case]:
    """Raises CaseError on a file that is no list of cases."""
    try:
        document = load(file, null=True)
        return msgspec.convert(document.data, list[Case])
    except StrictYamlError as error:
        raise CaseError(
            _messages.text("case_file", file=file, line=error.line, problem=syntax(error.problem).zh)
        ) from error
    except msgspec.ValidationError as error:
        raise CaseError(_messages.text("case_file", file=file, line=1, problem=error)) from error


def judge(law: Law, case: Case) -> Verdict:
    """What the pack of the case's jurisdiction, in the version of the day asked about, says to it."""
    said_on = case.given.get("event_date")
    on = date.fromisoformat(said_on) if isinstance(said_on, str) and answers_kind("date", said_on) else None
    pack = law.registry.named(case.jurisdiction, on)
    if pack is None:
        return Verdict(case, (_messages.text("case_no_pack", name=case.jurisdiction),))
    return Verdict(case, differences(pack, law.calendar, case))


def differences(pack: Pack, calendar: Calendar, case: Case) -> tuple[str, ...]:
    """How the answers of one pack differ from those that the case expects, in Chinese; nothing where they agree.

    Of a case that is wrong itself, what is wrong with it.
    """
    if faults := tuple(faults_of(pack, case.given, case.expect, case.alt_expect)):
        return faults
    try:
        found = answer(pack, calendar, case.given)
    except (ArithmeticError, ExpressionError, ValueError) as error:
        return (_messages.text("case_unanswered", problem=error),)
    differing = tuple(_differences(pack, case.expect, found))
    if case.ambiguous:
        if not any(_differences(pack, case.alt_expect, found)):
            differing = ()
        if not differing and not found["disputed"]:
            differing = (_messages.text("case_not_disputed"),)
    return differing


def _differences(pack: Pack, expected: Mapping[str, Any], found: Mapping[str, Any]) -> Iterator[str]:
    for key, said in expected.items():
        if not _agrees(key, said, found, expected.get("not_required_documents", ())):
            question = pack.vocabulary.answers.get(key)
            codes = answers_to(pack.vocabulary, key) | pack.vocabulary.bodies if question is not None else {}
            wanted, shown = _shown(said, codes), _shown(found.get(_NEVER.get(key, key)), codes)
            label = question.label if question is not None else key
            yield _messages.text("case_differs", key=key, label=label, wanted=wanted, found=shown)


def _agrees(key: str, said: Any, answers: Mapping[str, Any], unwanted: Sequence[str]) -> bool:
    found = answers.get(_NEVER.get(key, key))
    if said is None:
        return found is None
    if key in _NEVER:
        return not _set(said) & {item["step"] if isinstance(item, dict) else item for item in found or ()}
    if found is None or isinstance(said, bool | int):
        return type(said) is type(found) and bool(said == found)
    if key in _ORDERED:
        rest = iter([_plain(item) for item in _list(found)])
        return all(_plain(item) in rest for item in _list(said))
    more = _set(found) - _set(said)
    if key in _AT_LEAST:
        more = set()
    elif key == "required_documents":
        more -= _MAY_BE_ADDED - _set(unwanted)
    return not more and _set(said) <= _set(found)


def _list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _set(value: Any) -> set[Any]:
    return set(_list(value))


def _plain(item: Any) -> Any:
    return (item["step"], frozenset(_set(item["by"]))) if isinstance(item, dict) else item


def _shown(value: Any, codes: Mapping[str, str]) -> str:
    """An answer for people, a code with its name."""
    if value is None:
        return _messages.text("case_silent")
    if value == UNDETERMINED:
        return _messages.text("case_undetermined")
    if isinstance(value, bool):
        return _messages.text("yes" if value else "no")
    if isinstance(value, dict):
        return f"{_shown(value['step'], codes)}（{_shown(_list(value['by']), codes)}）"
    if isinstance(value, list | tuple):
        return "、".join(_shown(one, codes) for one in value) or _messages.text("case_nothing")
    return f"{codes[value]} {value}" if value in codes else str(value)
