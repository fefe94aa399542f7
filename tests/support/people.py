"""The people of the seeded tenants, signed in on demand and once."""

from datetime import UTC, datetime, timedelta

import msgspec

from lianshen import wiring
from lianshen.access.strength import Strength
from lianshen.cli.accounts import Account
from lianshen.identity import commands as identity
from lianshen.identity.commands import Came
from lianshen.identity.queries import actor_of
from lianshen.identity.types import Actor, SignedIn
from lianshen.kernel.database import Database, UnitOfWork
from lianshen.kernel.errors import Altered
from lianshen.kernel.settings import Settings
from lianshen.web._terms import terms_of

_FOR_EVER = timedelta(days=36500)
TERMS = msgspec.structs.replace(
    terms_of(Settings(require_second_factor=False, password_profile="asvs"), Strength(*[frozenset()] * 3, minutes=15)),
    idle=timedelta(days=365),
    lifetime=_FOR_EVER,
)
"""A session on these terms outlives whatever time a test plays at."""


class Staff:
    """Looks people up by login within a tenant."""

    def __init__(self, database: Database, accounts: list[Account]) -> None:
        self._database = database
        self.accounts = accounts
        self._signed_in: dict[tuple[str, str], SignedIn] = {}

    def account(self, login: str, tenant: str = "320723") -> Account:
        return next(one for one in self.accounts if (one.tenant, one.login) == (tenant, login))

    def find(self, office: str, role: str, tenant: str = "320723") -> str:
        """The login of somebody in ``office`` holding ``role``."""
        found = (one.login for one in self.accounts if (one.tenant, one.office, one.role) == (tenant, office, role))
        return next(found)

    async def sign_in(self, login: str, tenant: str = "320723") -> SignedIn:
        """A session that never ends, whatever time a test plays at."""
        key = (tenant, login)
        now = datetime.now(UTC) + _FOR_EVER / 2
        if key not in self._signed_in or not await self._holds(self._signed_in[key], now):
            account = self.account(login, tenant)
            async with UnitOfWork(self._database, now=now, jobs_for=wiring.jobs_for, request_id="test") as uow:
                found = await identity.sign_in(uow, tenant, login, account.password, terms=TERMS, came=Came())
                assert found is not None, f"{login} cannot sign in"
                await uow.commit()
            self._signed_in[key] = found
        return self._signed_in[key]

    async def _holds(self, signed_in: SignedIn, now: datetime) -> bool:
        """False once another test has signed in the same person where only one session is allowed."""
        uow = UnitOfWork(self._database, now=now, jobs_for=wiring.jobs_for, request_id="test", read_only=True)
        async with uow:
            try:
                return await actor_of(uow, signed_in.token, step_up_after=_FOR_EVER) is not None
            except Altered:
                return True

    async def actor(self, login: str, tenant: str = "320723") -> Actor:
        return (await self.sign_in(login, tenant)).actor

    async def token(self, login: str, tenant: str = "320723") -> str:
        return (await self.sign_in(login, tenant)).token
