"""SQL of roles. Every statement names the tenant beside the wall, so that the planner knows it too."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Row, insert, text, update

from lianshen.access._tables import rights, role
from lianshen.access.types import Role
from lianshen.kernel import integrity
from lianshen.kernel.clock import day_of
from lianshen.kernel.database import UnitOfWork


class _Code(msgspec.Struct, frozen=True):
    """A row's spelling and the code over it, in hexadecimal digits."""

    canon: str
    mac: str | None


_ROLES = msgspec.json.Decoder(tuple[Role, ...])
_CODES = msgspec.json.Decoder(tuple[_Code, ...])

_READ = text("""
    SELECT r.version, (SELECT coalesce(json_agg(json_build_object('code', o.code, 'label', o.label,
               'includes', o.includes, 'permissions', o.permissions, 'since', o.since, 'until', o.until,
               'ended_at', o.ended_at, 'version', o.version, 'canon', canon(o), 'mac', encode(o.mac, 'hex'))
               ORDER BY length(o.code), o.code), '[]') FROM role o WHERE o.tenant = :tenant)::text AS roles
    FROM rights r WHERE r.tenant = :tenant
""")

_HOLDERS = text("""
    SELECT p.id AS person, p.name, t.id AS post, o.name AS office, t.roles
    FROM post t
    JOIN person p ON p.tenant = :tenant AND p.id = t.person AND p.active
    JOIN office o ON o.tenant = :tenant AND o.id = t.office
    WHERE t.tenant = :tenant AND t.ended_at IS NULL AND :today BETWEEN t.since AND coalesce(t.until, 'infinity')
      AND (CAST(:roles AS text[]) IS NULL OR t.roles && CAST(:roles AS text[]))
      AND (CAST(:person AS uuid) IS NULL OR t.person = :person)
      AND (:words = '' OR position(lower(:words) in lower(p.name || ' ' || p.login || ' ' || o.name)) > 0)
    ORDER BY o.code, p.name, t.id OFFSET :skip LIMIT :limit
""")


async def read(uow: UnitOfWork) -> tuple[int, tuple[Role, ...]]:
    """The tenant's stamp and roles, of one and the same moment; (0, ()) when it has none.

    A role that was changed past our commands is left out, so that it grants nothing, and the log says so (D142).
    """
    row = (await uow.execute(_READ, {"tenant": uow.tenant})).one_or_none()
    if row is None:
        return 0, ()
    read_ = zip(_ROLES.decode(row.roles), _CODES.decode(row.roles), strict=True)
    return row.version, tuple([one for one, code in read_ if await _is_ours(uow, one, code)])


async def _is_ours(uow: UnitOfWork, one: Role, code: _Code) -> bool:
    """What this very transaction wrote has its code at COMMIT."""
    found = code.mac and bytes.fromhex(code.mac)
    if uow.has_written(role):
        return True
    return await integrity.is_ours(uow, "role", one.code, code.canon, found or None)


async def holders(
    uow: UnitOfWork,
    *,
    roles: Sequence[str] | None,
    person: UUID | None = None,
    words: str = "",
    skip: int = 0,
    limit: int | None = None,
) -> Sequence[Row[Any]]:
    """Posts of active people that hold one of ``roles`` (None: any), of everybody or of one person."""
    values: dict[str, Any] = {"tenant": uow.tenant, "roles": None if roles is None else list(roles), "person": person}
    values |= {"words": words, "skip": skip, "limit": limit}
    values["today"] = day_of(uow.now)
    return (await uow.execute(_HOLDERS, values)).all()


async def add(uow: UnitOfWork, values: Mapping[str, Any]) -> None:
    await uow.execute(insert(role).values(tenant=uow.tenant, version=1, ended_at=None, **values))
    uow.wrote(rights)


async def change(uow: UnitOfWork, code: str, version: int, values: Mapping[str, Any]) -> bool:
    """Write a role that is still at ``version`` and has not ended; False when it is not."""
    mine = (role.c.tenant == uow.tenant) & (role.c.code == code) & (role.c.version == version)
    statement = update(role).where(mine, role.c.ended_at.is_(None)).values(version=role.c.version + 1, **values)
    done = (await uow.execute(statement)).rowcount == 1
    uow.wrote(rights)
    return done
