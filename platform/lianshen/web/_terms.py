"""On what terms people sign in here: the settings and the policies' lists, read once when the process starts."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from lianshen.access.queries import carried
from lianshen.access.strength import Strength
from lianshen.identity.queries import PROFILES
from lianshen.identity.types import Standing, Terms
from lianshen.kernel.database import UnitOfWork
from lianshen.kernel.settings import Settings


def terms_of(settings: Settings, strength: Strength) -> Terms:
    """The terms of this deployment. What a post asks follows from the permissions that it carries."""

    async def standing(uow: UnitOfWork, roles: Sequence[str]) -> Standing:
        may = await carried(uow, roles)
        return Standing(factor=bool(may & strength.factor), admin=bool(may & strength.admin))

    words = settings.policies_dir / "passwords"
    return Terms(
        idle=timedelta(seconds=settings.session_idle),
        admin_idle=timedelta(seconds=settings.admin_session_idle),
        lifetime=timedelta(seconds=settings.session_lifetime),
        step_up_after=timedelta(seconds=settings.step_up_after),
        step_up_grace=timedelta(seconds=settings.step_up_grace),
        sessions=settings.sessions_each,
        admin_sessions=settings.admin_sessions_each,
        require_factor=settings.require_second_factor,
        origin=settings.passkey_origin,
        passwords=PROFILES[settings.password_profile],
        standing=standing,
        common=_words(words / "common.txt"),
        context=_words(words / "context.txt"),
    )


def _words(file: Path) -> frozenset[str]:
    lines = (line.strip().casefold() for line in file.read_text(encoding="utf-8").splitlines())
    return frozenset(line for line in lines if line and not line.startswith("#"))
