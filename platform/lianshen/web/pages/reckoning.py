"""The auditor's page of what is compared every night: totals of the day, receipts, files."""

from litestar import Response, get, post

from lianshen.audit import permissions
from lianshen.reckoning import commands, queries
from lianshen.reckoning.types import Kind
from lianshen.web._auth import needs
from lianshen.web._context import Asked, page, see_other
from lianshen.web.pages.audit import Word

_DAYS = 31
_LAST = 7
KINDS: tuple[tuple[Kind, str, str], ...] = (
    ("numbers", "数量", "个项目"),
    ("receipts", "回执", "份"),
    ("files", "材料文件", "份"),
)


@get("/audit/reconciliation", opt=needs(permissions.VERIFY), include_in_schema=False)
async def reconciliation(call: Asked, asked: Word = "") -> Response[str]:
    return page(
        call,
        "audit_reconciliation.html",
        kinds=[(name, unit, await queries.latest(call.uow, kind, limit=_LAST)) for kind, name, unit in KINDS],
        tallies=await queries.tallies(call.uow, limit=_DAYS),
        asked=bool(asked),
    )


@post("/audit/reconcile", opt=needs(permissions.VERIFY), include_in_schema=False)
async def reconcile(call: Asked) -> Response[None]:
    commands.ask(call.uow, call.actor.by)
    return see_other("/audit/reconciliation?asked=1")


HANDLERS = (reconciliation, reconcile)
