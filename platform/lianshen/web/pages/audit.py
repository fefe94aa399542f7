"""The audit administrator's pages: who did what, whether the ledger is whole, what left it and what was received."""

from asyncio import to_thread
from datetime import date, timedelta
from typing import Annotated, Any
from urllib.parse import urlencode

import msgspec
from litestar import Request, Response, get, post
from litestar.params import QueryParameter

from lianshen.audit import commands, permissions, queries
from lianshen.audit.commands import note_read
from lianshen.audit.types import Entry, Filter, Root
from lianshen.audit.verify import NAMES
from lianshen.kernel.messages import text
from lianshen.projects.queries import id_of, numbers
from lianshen.tenancy.queries import children
from lianshen.tenancy.types import Edge
from lianshen.web._auth import limited, needs
from lianshen.web._call import Call
from lianshen.web._context import Asked, page, see_other
from lianshen.web._sheets import sheet

_PAGE = 50
_MOST = 20_000
"""Rows of an export; who needs more narrows the days."""
_DAYS = 31
_LONGEST = 100
_FIELDS = ("who", "action", "article", "result", "project", "since", "until")
Word = Annotated[str, QueryParameter(max_length=20)]
_HEAD = (
    "序号", "时间", "人员", "事项", "动作", "结果", "项目", "条款", "规则版本", "说明", "来源地址", "请求编号", "SM3",
    "SHA-256",
)  # fmt: skip
_TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "jsonl": "application/jsonl",
    "zip": "application/zip",
}


class Asking(msgspec.Struct, frozen=True):
    """What was typed into the search, as it was typed; ``remark`` says what of it does not read."""

    typed: dict[str, str]
    wanted: Filter
    remark: str


def _typed(request: Request[Any, Any, Any]) -> dict[str, str]:
    return {name: request.query_params.get(name, "")[:_LONGEST].strip() for name in _FIELDS}


async def _asking(call: Call, typed: dict[str, str]) -> Asking:
    """``typed`` as a filter. A number of no project finds nothing, not everything."""
    days: dict[str, date | None] = {}
    remark = ""
    for name in ("since", "until"):
        try:
            days[name] = date.fromisoformat(typed[name]) if typed[name] else None
        except ValueError:
            days[name], remark = None, text("field.day")
    project = await id_of(call.uow, typed["project"]) if typed["project"] else None
    if typed["project"] and project is None:
        remark = text("no_such_number")
    wanted = Filter(
        who=typed["who"], action=typed["action"], article=typed["article"], result=typed["result"], project=project,
        since=days["since"], until=days["until"],
    )  # fmt: skip
    return Asking(typed, wanted, remark)


@get("/audit", opt=needs(permissions.SEARCH), include_in_schema=False)
async def search(call: Asked, request: Request[Any, Any, Any], before: Word = "") -> Response[str]:
    """Whoever searches is searched for, too: each page of results is an event."""
    typed = _typed(request)
    asked = await _asking(call, typed)
    start = int(before) if before.isdecimal() and len(before) < 19 else None
    found: list[Entry] = []
    if not asked.remark:
        found = await queries.search(call.uow, asked.wanted, before=start, limit=_PAGE + 1)
    shown = found[:_PAGE]
    note_read(call.uow, "search", label=text("act.read_audit"), by=call.actor.by, note=_said(typed))
    kept = urlencode({name: value for name, value in typed.items() if value})
    return page(
        call,
        "audit.html",
        entries=shown,
        numbers=await numbers(call.uow, {entry.project for entry in shown if entry.project}),
        typed=typed,
        remark=asked.remark,
        kept=kept,
        most=_MOST,
        next=shown[-1].seq if len(found) > _PAGE else None,
        first=start is None,
    )


def _said(typed: dict[str, str]) -> str:
    return " ".join(f"{name}={value}" for name, value in typed.items() if value)


@get("/audit/export", opt=needs(permissions.EXPORT) | limited("export"), include_in_schema=False)
async def export(
    call: Asked,
    request: Request[Any, Any, Any],
    kind: Annotated[str, QueryParameter(pattern="^(xlsx|jsonl|zip)$")],
) -> Response[bytes]:
    """What was searched for as a table or as lines of JSON; or the whole ledger, which checks itself."""
    typed = _typed(request)
    if kind == "zip":
        made = await queries.export(call.uow, await to_thread(certificates, call))
    else:
        asked = await _asking(call, typed)
        found = [] if asked.remark else await queries.search(call.uow, asked.wanted, before=None, limit=_MOST + 1)
        left, found = len(found) > _MOST, found[:_MOST]
        by_id = await numbers(call.uow, {entry.project for entry in found if entry.project})
        made = await to_thread(_written, kind, found, by_id, left)
    said = f"{kind} {_said(typed)}".strip()
    note_read(call.uow, "export", label=text("act.export_audit"), by=call.actor.by, note=said)
    name = f"audit-{call.actor.tenant}-{call.today}.{kind}"
    return Response(made, media_type=_TYPES[kind], headers={"content-disposition": f'attachment; filename="{name}"'})


def _written(kind: str, found: list[Entry], by_id: dict[Any, str], left: bool) -> bytes:
    """The file; where rows were left out it begins with how many it holds and how to come by the rest."""
    told = text("audit.left_out", most=_MOST, first=found[-1].seq) if left else ""
    if kind == "jsonl":
        head = msgspec.json.encode({"incomplete": told}) + b"\n" if left else b""
        return head + b"".join(msgspec.json.encode(entry) + b"\n" for entry in found)
    rows: list[tuple[str | int, ...]] = [(told,)] if left else []
    rows += [
        (
            entry.seq, entry.at.isoformat(), entry.actor, entry.label, entry.action, entry.result,
            by_id.get(entry.project, ""), entry.article, entry.law, entry.note, entry.source, entry.request_id,
            entry.sm3, entry.sha256,
        )
        for entry in found
    ]  # fmt: skip
    return sheet("审计记录", _HEAD, rows)


def certificates(call: Call) -> bytes | None:
    """The time-stamping authority's certificates, for a proof; None where there is no authority."""
    file = call.settings.timestamp_certificates
    return file.read_bytes() if file.exists() else None


@get("/audit/ledger", opt=needs(permissions.VERIFY), include_in_schema=False)
async def ledger(call: Asked, asked: Word = "") -> Response[str]:
    since = call.today - timedelta(days=_DAYS)
    received = await queries.roots(call.uow, since)
    below = await children(call.uow, since, call.today)
    return page(
        call,
        "audit_ledger.html",
        size=await queries.size(call.uow),
        checks=await queries.checks(call.uow, limit=10),
        checkpoints=await queries.checkpoints(call.uow, limit=10),
        below=[(edge, *_received(edge, received, since, call.today)) for edge in below],
        names=NAMES,
        asked=bool(asked),
        days=_DAYS,
    )


def _received(edge: Edge, roots: list[Root], since: date, today: date) -> tuple[list[Root], list[date]]:
    """What a jurisdiction below has filed, newest first, and the days that are missing between its first and today."""
    mine = {root.day: root for root in roots if root.child == edge.tenant}
    first = max(min(mine, default=today), edge.since, since)
    end = min(today, edge.until or today)
    wanted = [first + timedelta(days=number) for number in range((end - first).days)]
    return sorted(mine.values(), key=lambda root: root.day, reverse=True), [day for day in wanted if day not in mine]


@post("/audit/verify", opt=needs(permissions.VERIFY), include_in_schema=False)
async def verify(call: Asked) -> Response[None]:
    commands.ask_to_verify(call.uow, call.actor.by)
    return see_other("/audit/ledger?asked=1")


HANDLERS = (search, export, ledger, verify)
