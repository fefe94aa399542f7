"""Codes over projects, and over what is known of their units: what statements bring along for them (D142)."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row, Text, literal_column, select
from sqlalchemy.dialects.postgresql import JSONB

from lianshen.kernel import integrity
from lianshen.kernel.database import UnitOfWork
from lianshen.projects._tables import project, standing

PROJECT = integrity.spelling(project, "project")
"""SQL: how a row just written is spelled."""
UNIT = integrity.spelling(standing, "s")
CODES = f"""p.id, p.office, {integrity.spelling(project, "p")} AS canon, p.mac,
           (SELECT jsonb_build_array({UNIT}, coalesce(encode(s.mac, 'hex'), ''))
            FROM standing s WHERE s.tenant = :tenant AND s.office = p.office) AS unit_code"""  # noqa: S608
"""Columns of a project ``p`` by which ``is_ours`` knows it and what is known of its unit."""
SPELLED = literal_column(PROJECT, Text).label("canon")
KEY = literal_column(integrity.KEY, JSONB).label("key")


async def facts_by_number(uow: UnitOfWork, numbers: Sequence[str]) -> dict[str, dict[str, Any] | None]:
    """The facts of projects of the tenant, by their numbers; unknown numbers are left out.

    None, and the alarm, for a project that was changed past our commands.
    """
    named = (project.c.tenant == uow.tenant) & project.c.number.in_(numbers) & project.c.disclosed
    found: dict[str, dict[str, Any] | None] = {}
    for row in await uow.execute(
        select(project.c.id, project.c.number, project.c.facts, project.c.mac, SPELLED).where(named)
    ):
        ours = await integrity.is_ours(uow, project.name, row.id, row.canon, row.mac)
        found[row.number] = row.facts if ours else None
    return found


async def is_ours(uow: UnitOfWork, row: Row[Any]) -> bool:
    """False, and the alarm, when the project or what is known of its unit was changed past our commands."""
    for table, row_id, canon, code in _codes(row):
        if not await integrity.is_ours(uow, table, row_id, canon, code):
            return False
    return True


async def require_ours(uow: UnitOfWork, row: Row[Any]) -> None:
    """The same, but raises Altered."""
    for table, row_id, canon, code in _codes(row):
        await integrity.require_ours(uow, table, row_id, canon, code)


def _codes(row: Row[Any]) -> list[tuple[str, object, str, bytes | None]]:
    found: list[tuple[str, object, str, bytes | None]] = [(project.name, row.id, row.canon, row.mac)]
    if row.unit_code is not None:
        canon, code = row.unit_code
        found.append((standing.name, row.office, canon, bytes.fromhex(code)))
    return found


def after(uow: UnitOfWork, canon: str, values: Mapping[str, Any]) -> str:
    """How a project that reads ``canon`` will be spelled once ``values`` of an act are written to it."""
    was = integrity.told(canon)
    now = {name: values[name] for name in ("facts", "title", "phase", "phase_label") if name in values}
    now |= {"disclosed": was["disclosed"] or values.get("disclosed", False)}
    return integrity.foretell(project, was | now | {"version": was["version"] + 1, "updated_at": uow.now})
