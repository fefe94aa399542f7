"""What a new tenant begins with."""

import re

from lianshen.identity import commands as identity
from lianshen.kernel.clock import day_of
from lianshen.kernel.database import UnitOfWork
from lianshen.kernel.messages import text
from lianshen.operations.types import Founding, Office
from lianshen.tenancy.types import PLATFORM

_LOGIN = re.compile(r"[a-z0-9][a-z0-9.-]{1,39}")
_LEVELS = ("county", "city", "province")


def faults(founding: Founding) -> dict[str, str]:
    """What does not fit, by field."""
    found = {}
    if not re.fullmatch(r"[0-9]{6}", founding.code) or (founding.code == PLATFORM) != (founding.level == "platform"):
        found["code"] = text("operations.code_shape")
    if not 2 <= len(founding.name.strip()) <= 40:
        found["name"] = text("operations.name_shape")
    if founding.level not in (*_LEVELS, "platform"):
        found["level"] = text("field.required")
    if founding.level in _LEVELS[:2] and founding.parent is None:
        found["parent"] = text("field.required")
    if not all(_LOGIN.fullmatch(founder.login) for founder in founding.founders):
        found["founders"] = text("operations.login_shape")
    return found


async def enter_people(uow: UnitOfWork, founding: Founding) -> int:
    """Offices, and the founders in one of their own, each with a secret that opens once; how many people."""
    for office in founding.offices:
        await identity.add_office(uow, office.code, office.name, office.body)
    seat = Office("pt", text("operations.seat"), "administration")
    at = await identity.add_office(uow, seat.code, seat.name, seat.body)
    for founder in founding.founders:
        made = await identity.add_person(
            uow, at, founder.login, founder.name, (founder.role,), day_of(uow.now), hashed=founder.hashed
        )
        assert made is not None, "nobody else is there yet"
        await identity.hand_out(uow, made[0], founder.hashed)
    return len(founding.founders)
