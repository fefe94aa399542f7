"""Reading what people type into a form, once, for pages and API alike; and saying in words what was read."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from unicodedata import normalize

from lianshen.kernel.words import money
from lianshen.rules._messages import text
from lianshen.rules.types import FactValue, FormField

_MONEY = re.compile(r"-?(\d{1,3}(,\d{3})+|\d{1,13})(\.\d{1,2})?", re.ASCII)
_NUMBER = re.compile(r"-?\d{1,9}", re.ASCII)
_MINUS = "\N{MINUS SIGN}"
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_YES = frozenset({"true", "on", "1", "yes"})
_NO = frozenset({"false", "off", "0", "no"})


class _Unreadable(Exception):
    """The answer does not read; the message is for the person who typed it."""


def read_inputs(
    form: Sequence[FormField], raw: Mapping[str, object], *, partial: bool = False, on: date | None = None
) -> tuple[dict[str, FactValue], dict[str, str]]:
    """(values by field, Chinese errors by field). Money comes in yuan ("500,000.00", 500000) and goes out as exact fen.

    A blank optional answer is left out, as is any blank one when ``partial`` (a draft). A box not ticked is a no.
    Bounds of dates are checked against ``on`` (today) where it is given.
    """
    values: dict[str, FactValue] = {}
    errors: dict[str, str] = {}
    for field in form:
        said = raw.get(field.name)
        if isinstance(said, str):
            said = normalize("NFC", said).strip()
        if field.kind == "bool":
            said = False if said in (None, "") else said
        elif said is None or said == "":
            if field.required and not partial:
                errors[field.name] = text("required")
            continue
        try:
            values[field.name] = _bounded(field, _READ[field.kind](field, said), on)
        except _Unreadable as error:
            errors[field.name] = str(error)
    return values, errors


def say(form: Sequence[FormField], inputs: Mapping[str, FactValue]) -> str:
    """The answers in words, for the record: label and value, one a line."""
    return "\n".join(f"{field.label}：{_said(field, inputs[field.name])}" for field in form if field.name in inputs)


def _said(field: FormField, value: FactValue) -> str:
    if field.kind == "money":
        return money(int(str(value)))
    if field.kind == "bool":
        return text("yes" if value else "no")
    return next((option.label for option in field.options if option.code == value), str(value))


def _bounded(field: FormField, value: FactValue, on: date | None) -> FactValue:
    if on is None or field.bound is None or not isinstance(value, str):
        return value
    today = on.isoformat()
    if value < today if field.bound == "not_past" else value > today:
        raise _Unreadable(text(field.bound))
    return value


def _money(field: FormField, said: object) -> int:
    return int(Decimal(_figure(field, said, _MONEY).replace(",", "")) * 100)


def _number(field: FormField, said: object) -> int:
    return int(_figure(field, said, _NUMBER))


def _figure(field: FormField, said: object, pattern: re.Pattern[str]) -> str:
    if isinstance(said, bool) or not isinstance(said, str | int):
        raise _Unreadable(text(field.kind))
    plain = normalize("NFKC", str(said)).replace(_MINUS, "-").removesuffix("元").strip()
    if not pattern.fullmatch(plain):
        raise _Unreadable(text(field.kind))
    if plain.startswith("-") and not field.signed:
        raise _Unreadable(text("not_negative"))
    return plain


def _date(_: FormField, said: object) -> str:
    if not isinstance(said, str) or not _DAY.fullmatch(said):
        raise _Unreadable(text("date"))
    try:
        return date.fromisoformat(said).isoformat()
    except ValueError as error:
        raise _Unreadable(text("date")) from error


def _choice(field: FormField, said: object) -> str:
    for option in field.options:
        if option.code == said:
            return option.code
    raise _Unreadable(text("choice"))


def _bool(_: FormField, said: object) -> bool:
    if isinstance(said, bool):
        return said
    if isinstance(said, str) and said.lower() in _YES | _NO:
        return said.lower() in _YES
    raise _Unreadable(text("bool"))


def _text(field: FormField, said: object) -> str:
    if not isinstance(said, str):
        raise _Unreadable(text("required"))
    if field.max_length is not None and len(said) > field.max_length:
        raise _Unreadable(text("too_long", limit=field.max_length, length=len(said)))
    return said


_READ: dict[str, Callable[[FormField, object], FactValue]] = {
    "text": _text,
    "textarea": _text,
    "date": _date,
    "money": _money,
    "number": _number,
    "choice": _choice,
    "bool": _bool,
}
