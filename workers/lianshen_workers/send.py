"""The sender process: messages leave for mail servers, gateways, robots and hooks. Any number may run.

Each attempt is made without a transaction open. A receiver that never answers holds one attempt of its own tenant, and
there are only so many of those: others go on.
"""

import asyncio
from collections import Counter
from uuid import UUID

from lianshen.access.queries import compile_policy, roles_with, use
from lianshen.channels import outgoing, permissions
from lianshen.channels.outgoing import Carrier
from lianshen.channels.types import Letter, Outcome
from lianshen.identity.queries import people_with
from lianshen.kernel import cipher, clock, log
from lianshen.kernel.database import Database, UnitOfWork
from lianshen.kernel.messages import text
from lianshen.kernel.settings import settings
from lianshen.notifications.commands import tell
from lianshen.tenancy import queries as tenancy
from lianshen.wiring import PERMISSIONS
from lianshen_workers._process import Powerless, run, say_unseen, work

_PAUSE = 0.5
_MOST, _EACH = 32, 4
"""Attempts at once, of all tenants and of one."""


class Sender:
    """``watch`` sees which tenants have something to send and no content; ``act`` works within one tenant at a time.

    ``base`` is the address under which people open this instance.
    """

    def __init__(self, watch: Database, act: Database, carrier: Carrier, base: str) -> None:
        self._watch, self._act, self._carrier, self._base = watch, act, carrier, base
        self._running: dict[asyncio.Task[None], str] = {}

    async def turn(self) -> int:
        """Begin what there is room for; how many attempts."""
        async with work(self._watch) as uow:
            due = await outgoing.due_tenants(uow)
            say_unseen("message", await outgoing.unseen(uow, await tenancy.codes(uow)))
        busy = Counter(self._running.values())
        begun = 0
        for tenant in sorted(due, key=lambda one: busy[one]):
            room = min(_EACH - busy[tenant], _MOST - len(self._running))
            if room > 0:
                begun += await self._begin(tenant, room)
        return begun

    async def _begin(self, tenant: str, room: int) -> int:
        try:
            async with work(self._act) as uow:
                await uow.enter(tenant)
                leases = await outgoing.claim(uow, room)
                await uow.commit()
        except Exception:  # noqa: BLE001 - one tenant that fails must not stop the others
            log.get("send").exception("not_claimed", tenant=tenant)
            return 0
        for lease in leases:
            task = asyncio.create_task(self._attempt(tenant, lease))
            self._running[task] = tenant
            task.add_done_callback(self._running.pop)
        return len(leases)

    async def _attempt(self, tenant: str, lease: UUID) -> None:
        """What raises here is our bug: the lease runs out, and the attempt was counted."""
        try:
            async with work(self._act) as uow:
                await uow.enter(tenant)
                letter = await outgoing.compose(uow, lease, self._base)
            if letter is None:
                return
            outcome = letter if isinstance(letter, Outcome) else await self._carry(letter)
            async with work(self._act) as uow:
                await uow.enter(tenant)
                await self._settle(uow, lease, outcome)
                await uow.commit()
        except Exception:  # noqa: BLE001
            log.get("send").exception("not_sent", tenant=tenant)

    async def _carry(self, letter: Letter) -> Outcome:
        outcome = await self._carrier.carry(letter, clock.now())
        said = {"tenant": letter.tenant, "channel": letter.channel, "message": str(letter.id)}
        (log.get("send").info if outcome.what == "sent" else log.get("send").warning)(
            outcome.what, reason=outcome.reason, **said
        )
        return outcome

    async def _settle(self, uow: UnitOfWork, lease: UUID, outcome: Outcome) -> None:
        settled = await outgoing.settle(uow, lease, outcome)
        if settled.lost:
            log.get("send").warning("lease_lost", tenant=uow.tenant)
        if settled.paused is not None:
            administrators = await people_with(uow, await roles_with(uow, permissions.MANAGE))
            subject = text("act.channels.set_aside", name=settled.name)
            body = text("notice.way_set_aside", name=settled.name)
            await tell(uow, settled.paused, administrators, subject, body)

    async def rest(self) -> None:
        """Wait for the attempts that have begun."""
        if self._running:
            await asyncio.wait(list(self._running))

    async def close(self) -> None:
        await self.rest()
        await self._watch.close()
        await self._act.close()


async def report_overdue(watch: Database) -> None:
    """Say again and again for which tenants messages wait that should have left, until they have (D84)."""
    async with work(watch) as uow:
        for tenant, waiting in (await outgoing.overdue(uow)).items():
            log.get("send").error("messages_overdue", tenant=tenant, waiting=waiting)


def main() -> None:
    watch = Database(settings().relay_database_url, pool_size=1, name="lianshen-send")
    act = Database(settings().worker_database_url, pool_size=settings().pool_size, name="lianshen-send")
    cipher.start(settings())
    use(compile_policy(settings().policies_dir, PERMISSIONS))
    sender = Sender(watch, act, Carrier(settings()), settings().public_url)
    powerless = Powerless(watch, act)

    async def turn() -> bool:
        await powerless.require()
        await sender.turn()
        return False

    run("send", turn, pause=_PAUSE, close=sender.close)


if __name__ == "__main__":
    main()
