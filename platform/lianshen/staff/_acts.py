"""How every act of administration is recorded, and what it may be refused for."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from lianshen.audit.commands import record
from lianshen.audit.types import By, Change
from lianshen.identity.queries import ADMINISTRATORS
from lianshen.kernel.database import UnitOfWork
from lianshen.kernel.errors import Invalid, Item, Refusal
from lianshen.kernel.messages import text
from lianshen.staff.queries import grantable, role_names


class Exclusive(Refusal):
    """System, security and audit administrator exclude one another and all other work (D115)."""

    status = 409
    code = "exclusive"


class OneHand(Refusal):
    """What takes two people was tried by one (D118)."""

    status = 409
    code = "one_hand"


class LastOne(Refusal):
    """Without this one the tenant would have no such administrator."""

    status = 409
    code = "last_administrator"


class NotNow(Refusal):
    """The account or the post is not in a state for this."""

    status = 409
    code = "not_now"


class WorkLeft(Refusal):
    """Somebody must take over first what would have nobody (feature 25)."""

    status = 409
    code = "work_left"


def note(
    uow: UnitOfWork,
    act: str,
    by: By,
    who: UUID | None,
    *,
    facts: Mapping[str, Change] | None = None,
    remark: str = "",
    **values: object,
) -> UUID:
    """Record ``staff.<act>`` upon a person; the label is the message ``act.staff.<act>`` with ``values``."""
    about: dict[str, Change] = {"person": (None, str(who))} if who else {}
    label = text(f"act.staff.{act}", **values)
    return record(uow, f"staff.{act}", label=label, by=by, facts=about | dict(facts or {}), note=remark).id


def wrong(field: str, code: str, **values: object) -> Invalid:
    """A refusal of one field."""
    return Invalid((Item(code="invalid", message=text(code, **values), field=field),))


async def ordinary(uow: UnitOfWork, wanted: tuple[str, ...]) -> tuple[str, ...]:
    """``wanted`` in order, each once. Raises Invalid for an unknown role, OneHand for an administrator's."""
    if any(role in ADMINISTRATORS for role in wanted):
        raise OneHand
    if unknown := sorted(set(wanted) - set(await grantable(uow))):
        raise wrong("roles", "field.roles", roles="、".join(unknown))
    return tuple(sorted(set(wanted)))


async def named(uow: UnitOfWork, wanted: Iterable[str]) -> str:
    """Roles in words."""
    names = await role_names(uow)
    return "、".join(names.get(role, role) for role in wanted) or text("staff.no_role")
