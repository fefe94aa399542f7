"""Pure decisions: whether what was typed or brought of a person or an office reads."""

import re
from collections.abc import Iterator, Mapping
from datetime import date

from lianshen.identity.queries import can_be_reached
from lianshen.kernel.errors import Invalid, Item
from lianshen.kernel.messages import text
from lianshen.staff.types import Said

CONTACTS = ("phone", "email")
_LOGIN = re.compile(r"[A-Za-z][A-Za-z0-9._-]{2,39}")
_CODE = re.compile(r"[a-z][a-z0-9_-]{1,39}")
_LONGEST = 60
_SPLIT, _LOOSE = re.compile(r"[,，;；\n]+"), re.compile(r"[、\s]+")
"""What parts roles; the second also stands within names, so it parts only what is none."""


def _office_remarks(code: str, name: str, body: str) -> dict[str, str]:
    found = {}
    if not _CODE.fullmatch(code):
        found["code"] = text("field.office_code")
    if not 0 < len(name.strip()) <= _LONGEST:
        found["name"] = text("field.name")
    if not _CODE.fullmatch(body):
        found["body"] = text("field.body")
    return found


def _person_remarks(login: str, name: str) -> dict[str, str]:
    found = {}
    if not 0 < len(name.strip()) <= _LONGEST or not name.isprintable():
        found["name"] = text("field.name")
    if not _LOGIN.fullmatch(login):
        found["login"] = text("field.login")
    return found


def require_office(code: str, name: str, body: str) -> None:
    """Raise Invalid naming each field that does not read."""
    _raise(_office_remarks(code, name, body))


def require_person(login: str, name: str) -> None:
    """Raise Invalid naming each field that does not read."""
    _raise(_person_remarks(login, name))


def require_dates(since: date, until: date | None) -> None:
    """Raise Invalid when the last day lies before the first."""
    _raise({"until": text("field.until")} if until is not None and until < since else {})


def _raise(remarks: Mapping[str, str]) -> None:
    if remarks:
        raise Invalid(tuple(Item(code="invalid", message=said, field=name) for name, said in remarks.items()))


def read(cells: Mapping[str, str], roles: Mapping[str, str], today: date) -> tuple[Said, list[str]]:
    """What a row says, and remarks on what does not read. ``roles`` maps codes and names to codes."""
    remarks = list(_person_remarks(cells["login"], cells["name"]).values())
    wanted = list(_words(cells["roles"], roles))
    if unknown := [word for word in wanted if word not in roles]:
        remarks.append(text("field.roles", roles="、".join(unknown)))
    since, until = _day(cells["since"]), _day(cells["until"])
    if (cells["since"] and since is None) or (cells["until"] and until is None):
        remarks.append(text("field.day"))
    elif until is not None and until < (since or today):
        remarks.append(text("field.until"))
    remarks += [text(f"field.{name}") for name in CONTACTS if cells[name] and not can_be_reached(name, cells[name])]
    known = tuple(sorted({roles[word] for word in wanted if word in roles}))
    return Said(cells["name"], cells["login"], cells["office"], known, since, until), remarks


def _words(said: str, known: Mapping[str, str]) -> Iterator[str]:
    for part in _SPLIT.split(said):
        word = part.strip()
        yield from [word] if word in known else filter(None, _LOOSE.split(word))


def _day(said: str) -> date | None:
    try:
        return date.fromisoformat(said[:10].replace("/", "-")) if said else None
    except ValueError:
        return None
