"""Lists of people: brought and looked at first, then entered, then empowered by another; each row once (D156)."""

import asyncio
import hashlib
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec

from lianshen.access.queries import require
from lianshen.audit.types import By
from lianshen.identity import commands as identity
from lianshen.identity.types import Actor
from lianshen.kernel import cipher
from lianshen.kernel.clock import day_of
from lianshen.kernel.database import UnitOfWork
from lianshen.kernel.errors import NotFound
from lianshen.kernel.messages import text
from lianshen.staff import _rows, _spreadsheet, _store, permissions
from lianshen.staff._acts import named, note
from lianshen.staff._spreadsheet import Line
from lianshen.staff.queries import brought, grantable
from lianshen.staff.types import Brought, Row, Said, Secret


async def bring(uow: UnitOfWork, actor: Actor | None, filename: str, body: bytes) -> Brought:
    """Read a list and say of every row whether it could be entered; nobody is. The same file again is looked at again.

    Without an ``actor`` the platform's operator acts. Raises Unreadable.
    """
    by = _by(actor, permissions.CREATE)
    digest = hashlib.sha256(body).digest()
    lines = await asyncio.to_thread(_spreadsheet.read, filename, body)
    rows = await _looked_at(uow, lines)
    values = {"filename": filename, "total": len(rows), "person": by.person, "label": by.label}
    await _store.add_import(uow, digest, values, [msgspec.to_builtins(row) for row in rows])
    for number, cells, _ in lines:
        if contact := {name: cells[name] for name in _rows.CONTACTS if cells[name]}:
            said = msgspec.json.encode(contact).decode()
            place = _store.place_of(digest, number)
            sealed = await cipher.seal(uow, "staff_import_row", "contact", place, said)
            await _store.set_contact(uow, digest, number, sealed)
    note(uow, "bring", by, None, name=filename, total=len(rows), facts={"sha256": (None, digest.hex())})
    return await brought(uow, actor, digest.hex())


async def enter_rows(uow: UnitOfWork, actor: Actor | None, digest: str, *, limit: int) -> int:
    """Enter the next ``limit`` rows that can be: powerless and disabled. How many rows are left.

    Each row says what came of it. Doing it again goes on where it stopped, and enters nobody twice.
    """
    by = _by(actor, permissions.CREATE)
    ready = await _hold(uow, actor, digest, "ready")
    taken = await _store.logins(uow, (row.said.login for row in ready[:limit]))
    contacts = await _store.contacts_of(uow, bytes.fromhex(digest))
    for row in ready[:limit]:
        office = await _store.office_named(uow, row.said.office)
        since = row.said.since or day_of(uow.now)
        made = None
        if office is not None and row.said.login.lower() not in taken:
            made = await identity.add_person(
                uow, office, row.said.login, row.said.name, (), since, until=row.said.until
            )
        if made is None:
            remark = text("field.login_taken") if office else text("field.office_unknown", office=row.said.office)
            await _note_row(uow, digest, row, "wrong", remark)
            continue
        await _note_row(uow, digest, row, "created", "", person=made[0], post=made[1])
        if row.row in contacts:
            await _hand_on(uow, bytes.fromhex(digest), row.row, contacts[row.row], made[0])
        facts = {"office": (None, row.said.office), "row": (None, row.row), "sha256": (None, digest)}
        note(uow, "create", by, made[0], name=row.said.name, login=row.said.login, facts=facts)
    return max(0, len(ready) - limit)


async def _hand_on(uow: UnitOfWork, digest: bytes, row: int, sealed: bytes, who: UUID) -> None:
    """Give a person what the row says of telephone and e-mail; the row keeps it no longer."""
    said = await cipher.open_(uow, "staff_import_row", "contact", _store.place_of(digest, row), sealed)
    contact = msgspec.json.decode(said, type=dict[str, str])
    await identity.set_contact(uow, who, contact.get("phone", ""), contact.get("email", ""))
    await _store.set_contact(uow, digest, row, None)


async def empower_rows(uow: UnitOfWork, actor: Actor, digest: str, *, limit: int) -> tuple[list[Secret], int]:
    """Enable the next ``limit`` people of a list and give their posts the roles it asks for.

    The first passwords, shown this once, and how many rows are left.
    """
    require(actor, permissions.EMPOWER)
    waiting = await _hold(uow, actor, digest, "created")
    secrets = []
    for row in waiting[:limit]:
        assert row.person is not None
        assert row.post is not None
        account, post = await _store.hold(uow, row.person), await _store.hold_post(uow, row.post)
        fit = account is not None and account.state == "created" and post is not None and not post.roles
        if account is None or not fit:
            await _note_row(uow, digest, row, "enabled", text("staff.meanwhile"), person=row.person, post=row.post)
            continue
        await _store.set_roles(uow, row.post, row.said.roles)
        await _store.set_person(uow, row.person, state="enabled", state_at=uow.now)
        secret = await identity.issue_secret(uow, row.person)
        secrets.append(Secret(row.person, account.login, account.name, secret))
        await _note_row(uow, digest, row, "enabled", "", person=row.person, post=row.post)
        facts = {"state": ("created", "enabled"), "roles": ([], list(row.said.roles)), "row": (None, row.row)}
        said = {"name": account.name, "roles": await named(uow, row.said.roles)}
        note(uow, "empower", actor.by, row.person, facts=facts, **said)
    return secrets, max(0, len(waiting) - limit)


async def _looked_at(uow: UnitOfWork, lines: Sequence[Line]) -> list[Row]:
    roles = {word: code for code, name in (await grantable(uow)).items() for word in (code, name)}
    taken = await _store.logins(uow, (cells["login"] for _, cells, _ in lines))
    offices = {row.code for row in await _store.offices(uow)}
    seen: set[str] = set()
    rows = []
    for number, cells, computed in lines:
        said, remarks = (Said(name=cells["name"]), [text("staff.formula")]) if computed else _read(uow, cells, roles)
        login = said.login.lower()
        if login and login in seen:
            remarks.append(text("staff.twice"))
        elif login in taken:
            remarks.append(text("field.login_taken"))
        if not computed and said.office not in offices:
            remarks.append(text("field.office_unknown", office=said.office))
        seen.add(login)
        rows.append(Row(number, said, "wrong" if remarks else "ready", " ".join(remarks)))
    return rows


def _read(uow: UnitOfWork, cells: dict[str, str], roles: dict[str, str]) -> tuple[Said, list[str]]:
    return _rows.read(cells, roles, day_of(uow.now))


async def _hold(uow: UnitOfWork, actor: Actor | None, digest: str, state: str) -> list[Row]:
    if await _store.find_import(uow, bytes.fromhex(digest), locked=True) is None:
        raise NotFound
    return [row for row in (await brought(uow, actor, digest)).rows if row.state == state]


async def _note_row(uow: UnitOfWork, digest: str, row: Row, state: str, remark: str, **made: Any) -> None:
    values = {"person": None, "post": None, **made}
    await _store.note_row(uow, bytes.fromhex(digest), row.row, state=state, remark=remark, **values)


def _by(actor: Actor | None, permission: str) -> By:
    if actor is None:
        return By(label=text("actor.operator"))
    require(actor, permission)
    return actor.by


async def template(uow: UnitOfWork, actor: Actor) -> bytes:
    """An empty list to fill in, with the offices and roles there are on a second sheet."""
    require(actor, permissions.CREATE)
    offices = await _store.offices(uow)
    hints = [text("staff.template"), *(f"{text('staff.template_office')} {one.code}  {one.name}" for one in offices)]
    hints += [f"{text('staff.template_role')} {name}" for name in (await grantable(uow)).values()]
    return _spreadsheet.write("人员", _spreadsheet.COLUMNS.values(), [], hints=hints)
