"""Who hears of a project: the people of the offices concerned who may read projects, and nobody else."""

from sqlalchemy import text

from lianshen import wiring
from lianshen.kernel.database import UnitOfWork
from tests.walk.driver import Driver


async def test_administrators_in_the_office_concerned_hear_nothing(
    work, staff, law, tmp_path, worker_database, superuser
):
    drive = Driver(work, staff, law, tmp_path)
    drive.at("2026-03-02")
    await drive.submit("400000")
    newest = text("SELECT id FROM event WHERE project = :p ORDER BY seq DESC LIMIT 1")
    event = (await superuser.execute(newest, {"p": drive.project})).scalar_one()
    await superuser.commit()
    async with UnitOfWork(worker_database, now=work.now, jobs_for=wiring.jobs_for, request_id="test") as uow:
        await uow.enter("320723")
        await wiring.JOBS["tell_concerned"](uow, event)
        await uow.commit()
    told = text("SELECT p.login FROM notice n JOIN person p USING (tenant) WHERE p.id = n.person AND n.event = :e")
    logins = set((await superuser.execute(told, {"e": event})).scalars())
    bureau = {one.login for one in staff.accounts if (one.tenant, one.office) == ("320723", "县数据局")}
    assert {"xtgl", "aqgl", "sjgl"} < bureau
    assert "sjj-ys" in logins
    assert not logins & {"xtgl", "aqgl", "sjgl"}
