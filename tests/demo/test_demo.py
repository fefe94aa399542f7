"""``make demo`` itself: up, walked through by an outsider while its processes are killed, and gone without a trace."""

import asyncio
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from pathlib import Path

import httpx
import msgspec
import pytest
from sqlalchemy import text

from lianshen.audit import queries as audit
from lianshen.cli.accounts import Account
from lianshen.cli.process import free_port
from lianshen.kernel.database import Database, UnitOfWork
from tests.demo.outsider import Outsider

VICTIMS = ("lianshen_workers.relay", "dramatiq", "valkey-server", "granian", "lianshen_workers.scheduler")
TENANT = "320723"


class Demo:
    """A demo of our own in ``folder``."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.folder = folder
        self.log = folder / "said.log"
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("LIANSHEN_")},
            "PORT": str(self.port),
            "LIANSHEN_REPUBLISH_AFTER": "2",
        }
        with self.log.open("w") as said:
            self.process = subprocess.Popen(
                (sys.executable, "-m", "lianshen.cli.main", "demo"),
                cwd=folder,
                env=environment,
                stdout=said,
                stderr=said,
            )

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def wait(self) -> None:
        end = time.monotonic() + 240
        while self.base not in self.log.read_text():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < end, "the demo was not usable within 4 minutes"
            time.sleep(0.1)

    def pids(self, pattern: str = "") -> list[int]:
        """Processes that carry the demo's mark and whose command line contains ``pattern``, youngest last."""
        mark = f"LIANSHEN_DEMO={self.folder / '.demo'}".encode()
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                marked = mark in (entry / "environ").read_bytes().split(b"\0")
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
            if marked and pattern in command:
                found.append(int(entry.name))
        return sorted(found)

    def youngest(self, pattern: str) -> int:
        """The pid of the youngest match, as soon as it is up: of the web, one of its workers."""
        while not (found := self.pids(pattern)):
            time.sleep(0.05)
        return found[-1]

    def accounts(self) -> list[Account]:
        return msgspec.json.decode((self.folder / ".demo/accounts.json").read_bytes(), type=list[Account])

    def environment_of(self, pattern: str) -> dict[str, str]:
        raw = Path(f"/proc/{self.youngest(pattern)}/environ").read_bytes()
        return dict(line.split("=", 1) for line in raw.decode().split("\0") if line.startswith("LIANSHEN_"))


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    made = Demo(tmp_path)
    try:
        made.wait()
        yield made
    finally:
        made.process.terminate()
        made.process.wait(30)


async def settled(worker_url: str) -> tuple[int, int, list[str]]:
    """(messages not done, events in the ledger, the project's actions) once the outbox has run empty."""
    database = Database(worker_url, pool_size=1)
    end = time.monotonic() + 40
    try:
        while True:
            now = datetime.now(UTC)
            async with UnitOfWork(database, now=now, jobs_for=lambda _: (), request_id="test") as uow:
                await uow.enter(TENANT)
                waiting = (await uow.execute(text("SELECT count(*) FROM outbox WHERE state <> 'done'"))).scalar_one()
                if waiting == 0 or time.monotonic() > end:
                    verdict = await audit.verify(uow)
                    assert verdict.broken_at is None
                    rows = await uow.execute(text("SELECT action FROM event WHERE project IS NOT NULL ORDER BY seq"))
                    return waiting, verdict.events, [row.action for row in rows]
            await asyncio.sleep(0.2)
    finally:
        await database.close()


def test_the_walk_while_processes_are_killed(demo):
    with ExitStack() as opened:
        walk_while_processes_are_killed(demo, opened)
    demo.process.send_signal(signal.SIGTERM)
    assert demo.process.wait(30) == 0
    assert demo.pids() == []
    assert len(re.findall(r"已退出|重新启动|died|退出码|信号", demo.log.read_text())) >= len(VICTIMS) - 1


def walk_while_processes_are_killed(demo: Demo, opened: ExitStack) -> None:
    document = httpx.get(f"{demo.base}/schema/openapi.json").json()
    desks = ("jyj-sb", "sjj-ys", "fgw-ls", "czj-ls", "wxb-ls", "fgw-sp")
    accounts = {one.login: one for one in demo.accounts() if one.tenant == TENANT}
    people = [
        opened.enter_context(closing(Outsider(demo.base, document, TENANT, login, accounts[login].password)))
        for login in desks
    ]
    unit = people[0]
    project = unit.declare("500000.00")
    did = []
    for turn in range(30):
        os.kill(demo.youngest(VICTIMS[turn % len(VICTIMS)]), signal.SIGKILL)
        busy = [person for person in people if person is unit or person.has_work(project)]
        done = next((code for person in busy if (code := person.work(project))), None)
        if done is None:
            break
        did.append(done)
    assert did == [
        "submit", "pass_pre_review", "open_joint_review", "give_opinion", "give_opinion", "give_opinion",
        "conclude_joint_review", "approve", "record_signing", "file_contract", "accept_contract_filing",
    ]  # fmt: skip
    told = demo.environment_of("lianshen_workers.scheduler")
    waiting, events, actions = asyncio.run(settled(told["LIANSHEN_WORKER_DATABASE_URL"]))
    assert waiting == 0, "a notice was lost"
    assert [action for action in actions if action.startswith("projects.")][1:] == [f"projects.{code}" for code in did]
    assert events > len(actions)
    notices = [person.call("read_notices")["items"] for person in people]
    assert all(len({notice["event"] for notice in mine}) == len(mine) > 0 for mine in notices)
