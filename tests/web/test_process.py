"""That acts begin and cease to be recorded is recorded; whoever cannot record does not serve (D136)."""

import msgspec
import pytest
from sqlalchemy import text

from lianshen.web.app import create_app
from tests.web.conftest import serving

PLATFORM = "000000"
TOLD = text("SELECT action, facts FROM event WHERE tenant = :t AND action LIKE 'audit.st%' ORDER BY seq")


async def told(superuser):
    await superuser.rollback()
    return [(row.action, row.facts) for row in await superuser.execute(TOLD, {"t": PLATFORM})]


@pytest.mark.demand("D136")
async def test_start_and_stop_are_in_the_platforms_ledger_with_how_it_is_recorded(configured, superuser):
    before = len(await told(superuser))
    where = msgspec.structs.replace(configured, timestamp_url="http://127.0.0.1:9/stamp")
    async with serving(create_app(where)):
        ((started, facts),) = (await told(superuser))[before:]
        assert started == "audit.started"
        assert facts["timestamp_url"][1] == "http://127.0.0.1:9/stamp"
        assert facts["checkpoints"][1] == str(configured.checkpoints_dir)
    assert [action for action, _ in (await told(superuser))[before:]] == ["audit.started", "audit.stopped"]


@pytest.mark.demand("D136", "D122")
async def test_a_process_that_cannot_record_does_not_serve(configured, superuser):
    await superuser.execute(text("REVOKE INSERT ON event FROM lianshen_web"))
    await superuser.commit()
    try:
        with pytest.raises(AssertionError, match=r"startup\.failed"):
            async with serving(create_app(configured)):
                pass
    finally:
        await superuser.execute(text("GRANT INSERT ON event TO lianshen_web"))
        await superuser.commit()
