"""Who was late on a past day: the page, and the same as a table that can be taken along."""

from asyncio import to_thread
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Annotated

from litestar import Response, get
from litestar.params import QueryParameter

from lianshen.audit.commands import note_read
from lianshen.kernel.messages import text
from lianshen.kernel.words import day
from lianshen.projects import permissions
from lianshen.roster import queries
from lianshen.roster.types import PastDay, Then
from lianshen.web._auth import limited, needs
from lianshen.web._call import Call
from lianshen.web._context import Asked, page
from lianshen.web._pages import instant
from lianshen.web._sheets import sheet
from lianshen.web.pages.roster import bodies, calendar_of

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_HEAD = (
    "应办单位", "事项", "条款", "项目编号", "项目名称", "当天所知截止日", "当天情况", "逾期工作日", "系统记明逾期",
    "首次阅知或办理", "现在所知截止日", "现在所知情况", "了结时间", "由谁了结",
)  # fmt: skip
_ORDER = ("late", "expired", "due", "done_late", "done", "waived", "cancelled")
_On = Annotated[date | None, QueryParameter(name="on")]


@get("/roster/past", opt=needs(permissions.READ), include_in_schema=False)
async def past(call: Asked, on: _On = None) -> Response[str]:
    found = await queries.past(call.uow, call.actor, calendar_of(call), _day(call, on))
    body = bodies(call)
    ordered = sorted(found.lines, key=lambda line: _ORDER.index(line.then.stood))
    return page(
        call,
        "roster_past.html",
        found=found,
        kinds=[(kind, list(lines)) for kind, lines in groupby(ordered, key=lambda line: line.then.stood)],
        offices=_late_by_office(found, body),
        body=body,
        today=call.today,
        named=named,
    )


def _day(call: Call, on: date | None) -> date:
    """The day asked for, else yesterday; the future has not happened."""
    return min(on or call.today - timedelta(days=1), call.today)


def _late_by_office(found: PastDay, body: Callable[[str], str]) -> list[tuple[str, int]]:
    late: dict[str, int] = {}
    for line in found.lines:
        if line.then.stood == "late":
            name = line.owed_by_name or body(line.owed_by)
            late[name] = late.get(name, 0) + 1
    return sorted(late.items(), key=lambda one: (-one[1], one[0]))


def named(stood: str) -> str:
    """What a standing is called."""
    return text(f"stood.{stood}")


@get("/roster/past/export", opt=needs(permissions.READ) | limited("export"), include_in_schema=False)
async def export(call: Asked, on: _On = None) -> Response[bytes]:
    """Whoever takes the table along is on record."""
    wanted = _day(call, on)
    found = await queries.past(call.uow, call.actor, calendar_of(call), wanted)
    made = await to_thread(sheet, day(wanted), _HEAD, list(_rows(found, bodies(call))))
    note_read(call.uow, "export", label=text("act.export_past"), by=call.actor.by, note=wanted.isoformat())
    name = f"late-{call.actor.tenant}-{wanted}.xlsx"
    return Response(made, media_type=_XLSX, headers={"content-disposition": f'attachment; filename="{name}"'})


def _rows(found: PastDay, body: Callable[[str], str]) -> Iterator[tuple[str | int, ...]]:
    for line in found.lines:
        yield (
            line.owed_by_name or body(line.owed_by), line.label, line.article, line.number, line.title,
            *_said(line.then), line.days_late, _instant(line.then.noted_at), _instant(line.seen_at), *_said(line.now),
            _instant(line.done_at), line.done,
        )  # fmt: skip


def _said(then: Then) -> tuple[str, str]:
    return then.due_on.isoformat(), named(then.stood)


def _instant(at: datetime | None) -> str:
    return instant(at) if at else ""


HANDLERS = (past, export)
