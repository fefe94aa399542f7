"""Doing what a message asks for, as plain coroutines: actors wrap them, tests call them."""

from uuid import UUID

import structlog

from lianshen import wiring
from lianshen.kernel import failpoints, log, outbox
from lianshen.kernel.database import Database
from lianshen.kernel.outbox import Attempt
from lianshen_workers._process import say_unseen, work

SCHEMA = 1
"""Version of what a message holds; another one is parked, not guessed (D79)."""


async def deliver(database: Database, *, tenant: str, message: UUID, request_id: str, schema: int) -> bool:
    """Run the message's job once: effect and done-mark in one transaction. True when this call did it.

    The tenant comes with the message, and the row is found under its wall, so a message that names another tenant's
    row finds nothing (D24). A failure is counted and left for the relay to send anew; the fifth one parks it.
    """
    with structlog.contextvars.bound_contextvars(tenant=tenant, message=str(message), request_id=request_id):
        attempt = await _begin(database, tenant, message, request_id)
        if attempt is None:
            return False
        if attempt.job not in {*wiring.JOBS, *wiring.FILINGS} or schema != SCHEMA:
            await _set_aside(database, tenant, message, attempt, schema)
            return False
        failpoints.hit("deliver.begun")
        try:
            if filing := wiring.FILINGS.get(attempt.job):
                await _file(database, tenant, attempt.event, filing, request_id)
            async with work(database, request_id) as uow:
                await uow.enter(tenant)
                if not await outbox.hold(uow, message, attempt):
                    return False
                if job := wiring.JOBS.get(attempt.job):
                    await job(uow, attempt.event)
                failpoints.hit("deliver.effect")
                await outbox.finish(uow, message, attempt)
                await uow.commit()
            failpoints.hit("deliver.done")
        except Exception as error:  # noqa: BLE001 - whatever a job raises is counted, and parked in the end
            log.get("worker").exception("job_failed", job=attempt.job, last=attempt.last)
            await _fail(database, tenant, message, attempt, type(error).__name__)
            return False
        log.get("worker").info("job_done", job=attempt.job)
        return True


async def _file(database: Database, tenant: str, event: UUID, filing: wiring.Filing, request_id: str) -> None:
    """Carry what is filed over the wall: read below, kept above, one transaction and one tenant each.

    The done-mark comes after, so a crash between them files again, and whoever keeps it finds it there.
    """
    async with work(database, request_id) as uow:
        await uow.enter(tenant)
        filed = await filing.produce(uow, event)
        recipients = await filing.to(uow, filed)
    for recipient in recipients:
        async with work(database, request_id) as uow:
            await uow.enter(recipient)
            await filing.keep(uow, filed)
            await uow.commit()
        failpoints.hit("deliver.filed")


async def _begin(database: Database, tenant: str, message: UUID, request_id: str) -> Attempt | None:
    async with work(database, request_id) as uow:
        await uow.enter(tenant)
        attempt = await outbox.begin(uow, message)
        if attempt is None:
            say_unseen("outbox", await outbox.unseen(uow, [tenant]))
        await uow.commit()
    if attempt is not None and attempt.parked:
        log.get("worker").error("message_parked", job=attempt.job, reason="attempts exhausted")
        return None
    return attempt


async def _fail(database: Database, tenant: str, message: UUID, attempt: Attempt, reason: str) -> None:
    async with work(database) as uow:
        await uow.enter(tenant)
        parked = await outbox.fail(uow, message, attempt, reason)
        await uow.commit()
    if parked:
        log.get("worker").error("message_parked", job=attempt.job, reason=reason)


async def _set_aside(database: Database, tenant: str, message: UUID, attempt: Attempt, schema: int) -> None:
    """What this version of the software does not know waits for a person, or for one that knows it (D79)."""
    reason = f"unknown job {attempt.job}, message version {schema}"
    async with work(database) as uow:
        await uow.enter(tenant)
        await outbox.park(uow, message, attempt, reason)
        await uow.commit()
    log.get("worker").error("message_parked", job=attempt.job, reason=reason)
