"""Accounts that nobody uses: warned of first, then disabled (D108)."""

from datetime import timedelta
from uuid import UUID

from lianshen.access.queries import roles_with
from lianshen.audit.types import By
from lianshen.identity.queries import people_with
from lianshen.kernel.clock import day_of
from lianshen.kernel.database import UnitOfWork
from lianshen.kernel.messages import text
from lianshen.staff import _store, permissions
from lianshen.staff._acts import note
from lianshen.staff.queries import idle
from lianshen.staff.types import Idle, Warned


async def warn_idle(uow: UnitOfWork, days: int, ahead: int) -> Warned | None:
    """Note which accounts will be disabled within ``ahead`` days unless they are used, each once.

    What is to be told to whom, and the event it rests on; None when there is nothing new.
    """
    found = [one for one in await idle(uow, days - ahead) if one.warned_at is None or one.warned_at < one.since]
    if not found:
        return None
    by = By(label=text("actor.idle"))
    event: UUID | None = None
    for one in found:
        await _store.set_person(uow, one.person, idle_warned_at=uow.now)
        event = note(uow, "warn_idle", by, one.person, name=one.name)
    assert event is not None
    told = await people_with(uow, await roles_with(uow, permissions.EMPOWER))
    lines = "\n".join(_line(one, days, ahead, uow) for one in found)
    people = tuple(dict.fromkeys([*told, *(one.person for one in found)]))
    return Warned(event, people, text("staff.idle.subject", total=len(found)), lines)


def _line(one: Idle, days: int, ahead: int, uow: UnitOfWork) -> str:
    ends = max(one.since + timedelta(days=days), uow.now + timedelta(days=ahead))
    said = {"day": day_of(one.since).isoformat(), "ends": day_of(ends).isoformat()}
    return text("staff.idle.line", name=one.name, login=one.login, **said)


async def disable_idle(uow: UnitOfWork, days: int, ahead: int) -> int:
    """Disable accounts that nobody has used for ``days`` and that were warned of ``ahead`` days ago; how many.

    The last administrator of a kind stays: the tenant would have nobody left who could let anybody in.
    """
    by, done = By(label=text("actor.idle")), 0
    for one in await idle(uow, days):
        warned = one.warned_at is not None and one.since <= one.warned_at <= uow.now - timedelta(days=ahead)
        account = await _store.hold(uow, one.person) if warned else None
        if account is None or (
            account.administers and await _store.other_administrators(uow, account.administers, one.person) == 0
        ):
            continue
        await _store.set_person(uow, one.person, state="disabled", state_at=uow.now)
        note(uow, "disable_idle", by, one.person, name=one.name, facts={"state": ("enabled", "disabled")})
        done += 1
    return done
