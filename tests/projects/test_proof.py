"""A proof that leaves the house is an event of the ledger it was taken from (D120)."""

import pytest
from sqlalchemy import text

from lianshen.audit.checkpoints import Signer, checkpoint
from lianshen.kernel.errors import NotFound
from lianshen.projects import queries
from tests.conftest import Desk
from tests.walk.driver import UNIT, Driver


@pytest.mark.demand("D120")
async def test_taking_a_proof_is_an_event_and_asking_for_none_is_not(
    work, staff, law, superuser, worker_database, configured, tmp_path
):
    drive = Driver(work, staff, law, tmp_path)
    drive.at("2026-03-02")
    await drive.declare("700000")
    unit = await drive.actor(UNIT)
    async with work(read_only=True) as uow:
        await uow.enter(unit.tenant)
        seq = (await queries.view(uow, unit, drive.project)).history[-1].seq
    async with Desk(worker_database)() as uow:
        await uow.enter(unit.tenant)
        await checkpoint(uow, configured, Signer(configured.signing_key))
        await uow.commit()
    for step in (seq, seq + 1000):
        async with work() as uow:
            await uow.enter(unit.tenant)
            if step == seq:
                assert (await queries.proof(uow, unit, drive.project, step, None)).startswith(b"PK")
            else:
                with pytest.raises(NotFound):
                    await queries.proof(uow, unit, drive.project, step, None)
            await uow.commit()
    told = text("SELECT actor, note FROM event WHERE action = 'read.export' AND starts_with(note, :id)")
    (event,) = list(await superuser.execute(told, {"id": str(drive.project)}))
    assert event.actor == unit.by.label
    assert event.note.endswith(f" {seq}")
