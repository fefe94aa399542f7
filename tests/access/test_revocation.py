"""A change of a role holds in every process at the next request, and Redis has no part in it (D33)."""

import asyncio
import time

import httpx
import pytest
from msgspec.structs import replace
from sqlalchemy import update
from tests.browser.serving import serve
from tests.support.rights import administrator

from lianshen.access import commands
from lianshen.access.types import Draft
from lianshen.cli.process import free_port
from lianshen.kernel.clock import day_of, now
from lianshen.tables import metadata

_ASKERS = 6


@pytest.mark.demand("D33", "D34")
async def test_a_revoked_right_is_gone_at_the_next_request_in_every_process(stack, name, work, staff, tmp_path):
    """Two servers of two processes each, without Redis, asked without a pause while the role is taken and given."""
    work.now = now()
    officer = await administrator(staff, day_of(work.now))
    draft = Draft(label="规则查阅岗", permissions=("rules.read",), since=officer.on)
    without = replace(draft, permissions=("projects.evaluate",))
    code = await _run(work, officer, commands.compose, draft)
    observer = await staff.sign_in(staff.find("县政府办公室", "observer"))
    await give(work, observer.actor.post, [*observer.actor.roles, code])
    environment = stack.environment(name) | {"LIANSHEN_REDIS_URL": "redis://127.0.0.1:1/0"}
    asked: list[tuple[float, float, int]] = []
    turns: list[tuple[float, float, bool]] = []
    one, two = free_port(), free_port()
    processes = {"factory": "lianshen.web.app:create_app", "ready": "/healthz"}
    with (
        serve(one, environment, "--workers", "2", **processes),
        serve(two, environment, "--workers", "2", **processes),
    ):
        stop = asyncio.Event()
        headers = {"authorization": f"Bearer {observer.token}"}

        async def ask(port: int) -> None:
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers) as client:
                while not stop.is_set():
                    began = time.monotonic()
                    status = (await client.get("/api/v1/law/versions")).status_code
                    asked.append((began, time.monotonic(), status))

        askers = [asyncio.create_task(ask(port)) for port in (one, two) for _ in range(_ASKERS // 2)]
        await asyncio.sleep(1)
        version = 1
        for wanted in (without, draft) * 5:
            began = time.monotonic()
            await _run(work, officer, commands.change, code, wanted, version)
            turns.append((began, time.monotonic(), wanted is draft))
            version += 1
            await asyncio.sleep(0.3)
        began = time.monotonic()
        await _run(work, officer, commands.end, code, version)
        turns.append((began, time.monotonic(), False))
        await asyncio.sleep(1)
        stop.set()
        await asyncio.gather(*askers)
    assert {status for _, _, status in asked} == {200, 403}
    wrong, told = _judged(asked, turns)
    assert wrong == []
    assert told > 200
    await give(work, observer.actor.post, list(observer.actor.roles))


async def give(work, post, roles: list[str]) -> None:
    """Set a post's roles as our commands do, so that the row's code fits it."""
    held = metadata.tables["post"]
    async with work() as uow:
        await uow.enter("320723")
        await uow.execute(update(held).where(held.c.tenant == "320723", held.c.id == post).values(roles=roles))
        await uow.commit()


def _judged(asked, turns):
    """Answers that contradict what was committed when they were asked for; and how many could be judged.

    A request that overlaps a change may be answered either way.
    """
    wrong, told = [], 0
    for began, ended, status in asked:
        if any(began < done and ended > start for start, done, _ in turns):
            continue
        allowed = next((held for _, done, held in reversed(turns) if done <= began), True)
        told += 1
        if (status == 200) != allowed:
            wrong.append((began, status, allowed))
    return wrong, told


async def _run(work, actor, command, *arguments):
    async with work() as uow:
        await uow.enter(actor.tenant)
        found = await command(uow, actor, *arguments)
        await uow.commit()
        return found
