"""Comparing an answer with an oracle case, by the conventions in the head of the case file."""

from collections.abc import Mapping, Sequence
from typing import Any

NEVER = {"not_required_documents": "required_documents", "not_blocked_by": "blocked_by", "not_steps": "steps"}
MAY_BE_ADDED = frozenset({"resource_catalogue"})


def differences(expected: Mapping[str, Any], answer: Mapping[str, Any]) -> list[str]:
    """What of ``expected`` the answer does not say; empty when it agrees."""
    return [
        f"{key}: {said!r} <> {_shown(key, answer)!r}"
        for key, said in expected.items()
        if not _agrees(key, said, answer)
    ]


def agrees(case: Mapping[str, Any], answer: Mapping[str, Any]) -> bool:
    """True when the answer is the recommended one, or, on a disputed point, the other."""
    readings = [case["expect"], *([case["alt_expect"]] if case.get("ambiguous") else [])]
    return any(not differences(reading, answer) for reading in readings)


def _shown(key: str, answer: Mapping[str, Any]) -> Any:
    return answer.get(NEVER.get(key, key))


def _agrees(key: str, said: Any, answer: Mapping[str, Any]) -> bool:
    found = _shown(key, answer)
    match key:
        case "not_steps" | "not_required_documents" | "not_blocked_by":
            return not _set(said) & {item["step"] if isinstance(item, dict) else item for item in found or ()}
        case _ if found is None:
            return False
        case "steps" | "escalation_path":
            return _in_order([_plain(item) for item in said], [_plain(item) for item in found])
        case "blocked_by" | "contents_must_include":
            return _set(said) <= _set(found)
        case "required_documents":
            return _set(found) - _set(said) <= MAY_BE_ADDED and _set(said) <= _set(found)
        case _:
            return bool(said == found if isinstance(said, int) else _set(said) == _set(found))


def _set(value: Any) -> set[Any]:
    return set(value) if isinstance(value, list | tuple) else {value}


def _plain(item: Any) -> Any:
    return (item["step"], frozenset(_set(item["by"]))) if isinstance(item, dict) else item


def _in_order(wanted: Sequence[Any], found: Sequence[Any]) -> bool:
    rest = iter(found)
    return all(item in rest for item in wanted)
