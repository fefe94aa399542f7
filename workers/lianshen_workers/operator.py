"""The operator process: carries out what operators ordered, and counts. The one holder of the role that deletes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import monotonic
from typing import Any

import msgspec

from lianshen.access.queries import compile_policy, use
from lianshen.audit.types import By
from lianshen.duties import commands as duties
from lianshen.kernel import cipher, log
from lianshen.kernel.database import Database, UnitOfWork
from lianshen.kernel.errors import Refusal
from lianshen.kernel.messages import text
from lianshen.kernel.settings import Settings, settings
from lianshen.operations import archives, commands
from lianshen.operations.archives import BadArchive, Changed
from lianshen.operations.types import Begin, Founding, Order
from lianshen.tenancy import commands as tenancy
from lianshen.tenancy import queries as register
from lianshen.tenancy.types import PLATFORM
from lianshen.wiring import PERMISSIONS
from lianshen_workers._process import require_powerless, run, work

_PAUSE = 0.5
_COUNT_EVERY = 60.0
"""Seconds between two counts of every tenant."""

Outcome = dict[str, Any]


def transactions(database: Database) -> Begin:
    """Opens transactions that commit when their block ends well."""

    @asynccontextmanager
    async def begin() -> AsyncIterator[UnitOfWork]:
        async with work(database) as uow:
            yield uow
            await uow.commit()

    return begin


class Operator:
    """Takes one order after the other; a refusal or a failure ends the order with its reason, not the process."""

    def __init__(self, database: Database, configured: Settings) -> None:
        self._begin = transactions(database)
        self._settings = configured

    async def turn(self) -> bool:
        """Carry out the next order; False when there is none."""
        async with self._begin() as uow:
            claimed = await commands.claim_order(uow)
        if claimed is None:
            return False
        order, founders = claimed
        began = monotonic()
        outcome: Outcome | None = None
        try:
            outcome = await self._carry_out(order, founders)
            said = text("operations.telling.done", seconds=f"{monotonic() - began:.1f}")
        except Refusal as refusal:
            said = "；".join([refusal.detail, *(item.message for item in refusal.items)])
        except Changed as changed:
            said = text("operations.telling.changed", tables=changed)
        except BadArchive:
            log.get("operator").exception("archive_refused", subject=order.subject)
            said = text("operations.telling.archive")
        except Exception as error:  # noqa: BLE001 - whatever goes wrong ends this order and is told on its page
            log.get("operator").exception("order_failed", subject=order.subject, kind=order.kind)
            said = text("operations.telling.failed", reason=type(error).__name__)
        async with self._begin() as uow:
            await commands.finish(uow, order, said, outcome, by=By(text("actor.operations")))
        log.get("operator").info("order_finished", subject=order.subject, kind=order.kind, done=outcome is not None)
        await self.count(order.subject)
        return True

    async def _carry_out(self, order: Order, founders: list[dict[str, str]]) -> Outcome:
        by = By(order.requester)
        async with self._begin() as uow:
            await commands.require_standing(uow, order)

        async def tell(progress: str) -> None:
            async with self._begin() as uow:
                await commands.tell(uow, order.id, progress)

        match order.kind:
            case "create":
                await tell(text("operations.telling.create"))
                return await self._found(order, founders, by)
            case "suspend" | "resume":
                turn = tenancy.suspend if order.kind == "suspend" else tenancy.resume
                async with self._begin() as uow:
                    await uow.enter(order.subject)
                    await turn(uow, order.details["reason"], by=by)
                return {}
            case "release":
                async with self._begin() as uow:
                    await uow.enter(order.subject)
                    return {"released": await duties.release(uow, order.details["reason"], by=by)}
            case "export":
                made = await archives.export(
                    self._begin, order.subject, self._settings.files_dir, self._settings.exports_dir, by=by, tell=tell
                )
                rows = sum(one.rows for one in made.manifest.tables)
                counts = {"tables": len(made.manifest.tables), "rows": rows, "files": len(made.manifest.files)}
                return {"archive": made.path.name, "manifest": made.sha256, "bytes": made.path.stat().st_size} | counts
            case _:
                certificate = await archives.delete(
                    self._begin,
                    order,
                    self._settings.files_dir,
                    lambda code: archives.forget(self._settings.redis_url, code),
                    self._settings.exports_dir,
                    tell,
                )
                return {"certificate": msgspec.to_builtins(certificate)}

    async def _found(self, order: Order, founders: list[dict[str, str]], by: By) -> Outcome:
        founding = msgspec.convert(order.details | {"founders": founders}, Founding, strict=False)
        if founding.template is not None:
            async with self._begin() as uow:
                offices = await commands.offices_of(uow, founding.template)
            founding = msgspec.structs.replace(founding, offices=(*founding.offices, *offices))
        async with self._begin() as uow:
            people = await commands.found(uow, founding, by=by)
        return {"offices": len(founding.offices), "people": people}

    async def count(self, only: str | None = None) -> None:
        """Count tenants anew for the operators' page."""
        async with self._begin() as uow:
            known = [one.code for one in await register.tenants(uow) if one.code != PLATFORM]
            ready = await register.find(uow, PLATFORM) is not None
        for code in known if ready else ():
            if only in (None, code):
                async with self._begin() as uow:
                    figures = await commands.count(uow, code)
                async with self._begin() as uow:
                    await commands.keep_count(uow, figures)


def main() -> None:
    use(compile_policy(settings().policies_dir, PERMISSIONS))
    cipher.start(settings())
    database = Database(settings().operator_database_url, pool_size=2, name="lianshen-operator")
    operator = Operator(database, settings())
    counted: list[float] = []

    async def turn() -> bool:
        if not counted:
            await require_powerless(database)
        more = await operator.turn()
        if not more and (not counted or monotonic() - counted[0] > _COUNT_EVERY):
            await operator.count()
            counted[:] = [monotonic()]
        return more

    run("operator", turn, pause=_PAUSE, close=database.close)


if __name__ == "__main__":
    main()
