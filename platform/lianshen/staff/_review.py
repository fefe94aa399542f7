"""The list of who holds what, for the quarterly review (D108)."""

import asyncio

from lianshen.access.queries import require
from lianshen.identity.types import Actor
from lianshen.kernel.clock import day_of
from lianshen.kernel.database import UnitOfWork
from lianshen.kernel.messages import text
from lianshen.staff import _spreadsheet, permissions
from lianshen.staff._acts import note
from lianshen.staff.queries import everybody, role_names

_HEADING = (
    "账号",
    "姓名",
    "状态",
    "最近使用",
    "机构",
    "角色",
    "起始日期",
    "截止日期",
    "代何人",
    "岗位状态",
    "复核意见",
)


async def review(uow: UnitOfWork, actor: Actor) -> bytes:
    """A workbook with a line for each post of each person; that it was taken is an event."""
    require(actor, permissions.READ)
    names = await role_names(uow)
    rows: list[tuple[str, ...]] = []
    for one in await everybody(uow, actor):
        seen = day_of(one.last_seen).isoformat() if one.last_seen else ""
        head = (one.login, one.name, text(f"staff.state.{one.state}"), seen)
        for post in one.posts:
            roles = "；".join(names.get(role, role) for role in post.roles)
            until = post.until.isoformat() if post.until else ""
            state = "在任" if post.current else "已终止" if post.ended_at else "不在任期内"
            rows.append(
                (*head, post.office_name, roles, post.since.isoformat(), until, post.stands_in_for or "", state, "")
            )
        if not one.posts:
            rows.append((*head, *[""] * 7))
    note(uow, "review", actor.by, None, facts={"rows": (None, len(rows))})
    return await asyncio.to_thread(_spreadsheet.write, "人员权限", _HEADING, rows)
