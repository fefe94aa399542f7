"""A ledger of one's own: the province in which no other test acts, written, signed, damaged and mended."""

from contextlib import asynccontextmanager
from uuid import uuid4

import pytest
from sqlalchemy import text

from lianshen.audit import commands as audit
from lianshen.audit import queries
from lianshen.audit.checkpoints import Signer, checkpoint, trusted
from lianshen.audit.types import By

TENANT = "360000"
PROJECT = uuid4()


class Ledger:
    """The acts of a test on its tenant's ledger, and the damage of somebody who owns the database."""

    def __init__(self, work, worker, settings, superuser):
        self.work, self.worker, self.settings, self.superuser = work, worker, settings, superuser
        self.signer = Signer(settings.signing_key)
        self.keys = trusted(settings.signing_key.parent)

    async def write(self, many=1, **more):
        for number in range(many):
            async with self.work() as uow:
                await uow.enter(TENANT)
                audit.record(uow, "test.act", label=f"第 {number} 笔", by=By(label="测试"), project=PROJECT, **more)
                await uow.commit()

    async def sign(self, settings=None):
        async with self.worker() as uow:
            await uow.enter(TENANT)
            made = await checkpoint(uow, settings or self.settings, self.signer)
            await uow.commit()
        return made

    async def verify(self):
        async with self.work(read_only=True) as uow:
            await uow.enter(TENANT)
            return await queries.verify(uow, outside=self.settings.checkpoints_dir, keys=self.keys)

    async def proof(self, seq, documents=(), certificates=None, project=PROJECT):
        async with self.work(read_only=True) as uow:
            await uow.enter(TENANT)
            return await queries.proof(uow, project, seq, documents, certificates)

    async def export(self):
        async with self.work(read_only=True) as uow:
            await uow.enter(TENANT)
            return await queries.export(uow, None)

    async def rows(self, sql, **values):
        return [tuple(row) for row in await self.superuser.execute(text(sql), {"t": TENANT} | values)]

    async def try_as(self, role, planted, statement):
        """Run ``statement`` as ``role`` where the row ``planted`` is, and take it all back."""
        async with self.superuser.begin_nested():
            await self.rows("SELECT enter(:t)")
            if planted:
                await self.superuser.execute(text(planted), {"t": TENANT})
            await self.superuser.execute(text(f"SET LOCAL ROLE {role}"))
            await self.superuser.execute(text(statement))

    @asynccontextmanager
    async def damaged(self, *statements, **values):
        """As a superuser would do it: triggers off, whatever it says, triggers on. All is put back afterwards."""
        tables = ("event", "chain_head", "checkpoint", "tree_node")
        copies = {table: f"kept_{uuid4().hex}" for table in tables}
        await self.superuser.commit()
        for table, copy in copies.items():
            await self.superuser.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
            mine = f"SELECT * FROM {table} WHERE tenant = '{TENANT}'"
            await self.superuser.execute(text(f"CREATE TABLE {copy} AS {mine}"))
        for statement in statements:
            known = {"t": TENANT} | {name: value for name, value in values.items() if f":{name}" in statement}
            await self.superuser.execute(text(statement), known)
        await self.superuser.commit()
        try:
            yield
        finally:
            for table, copy in copies.items():
                await self.superuser.execute(text(f"DELETE FROM {table} WHERE tenant = :t"), {"t": TENANT})
                await self.superuser.execute(text(f"INSERT INTO {table} SELECT * FROM {copy}"))
                await self.superuser.execute(text(f"DROP TABLE {copy}"))
                await self.superuser.execute(text(f"ALTER TABLE {table} ENABLE TRIGGER USER"))
            await self.superuser.commit()


@pytest.fixture
async def ledger(work, worker_database, configured, superuser):
    worker = type(work)(worker_database)
    return Ledger(work, worker, configured, superuser)
