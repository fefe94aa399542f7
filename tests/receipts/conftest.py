"""A filing of a unit and its signed receipt."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from lianshen.kernel.database import UnitOfWork
from lianshen.reckoning import commands
from lianshen_workers.deliver import SCHEMA, deliver
from tests.walk.driver import UNIT, Driver, instant
from tests.web.conftest import app, program

__all__ = ["app", "program"]
TENANT = "320723"
DAY = "2026-03-02"


class Bureau:
    """Files things, has their receipts signed, and compares."""

    def __init__(self, drive, worker, settings, superuser):
        self.drive, self.worker, self.settings, self.superuser = drive, worker, settings, superuser

    async def file(self) -> str:
        """A project is filed; the number of its receipt."""
        self.drive.at(DAY)
        await self.drive.declare("700000")
        await self.drive.hand_in_all()
        await self.drive.act(UNIT, "submit")
        (receipt,) = (await self.drive.desk(UNIT)).project.receipts
        return receipt.number

    async def sign(self) -> int:
        """Run what waits to be signed; how many."""
        asked = "SELECT id FROM outbox WHERE job = 'sign_receipt' AND state = 'pending' AND tenant = :t"
        waiting = list(await self.rows(asked, t=TENANT))
        for (message,) in waiting:
            assert await deliver(self.worker, tenant=TENANT, message=message, request_id="t", schema=SCHEMA)
        return len(waiting)

    def unit(self, now: datetime | None = None) -> UnitOfWork:
        return UnitOfWork(self.worker, now=now or datetime.now(UTC), jobs_for=lambda _: (), request_id="test")

    async def check(self, number: str, database=None) -> list[str]:
        """What the nightly comparison says of this receipt."""
        uow = UnitOfWork(database or self.worker, now=instant(DAY), jobs_for=lambda _: (), request_id="test")
        async with uow:
            await uow.enter(TENANT)
            found = await commands.check_receipts(uow, self.settings)
            await uow.commit()
        return [kind for kind, where in found if where == number]

    async def rows(self, sql, **values):
        await self.superuser.commit()
        return [tuple(row) for row in await self.superuser.execute(text(sql), values)]

    async def damage(self, *statements, **values) -> None:
        """As whoever owns the tables would: triggers off, whatever it says, triggers on."""
        await self.superuser.commit()
        for statement in ("SET session_replication_role = replica", *statements, "RESET session_replication_role"):
            used = {name: value for name, value in values.items() if f":{name}" in statement}
            await self.superuser.execute(text(statement), used)
        await self.superuser.commit()

    def outside(self, number: str):
        return self.settings.checkpoints_dir / TENANT / "receipt" / f"{number}.receipt"


@pytest.fixture
async def bureau(work, staff, law, configured, worker_database, superuser):
    drive = Driver(work, staff, law, configured.files_dir)
    return Bureau(drive, worker_database, configured, superuser)
