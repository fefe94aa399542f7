"""Who acts, and on what terms people sign in."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID

import msgspec

from lianshen.audit.types import By
from lianshen.kernel.database import UnitOfWork
from lianshen.kernel.messages import text

Stage = Literal["factor", "password", "enroll", "post", "open"]
"""What a sign-in still asks for, in this order: the second factor, a password of one's own, a second factor to be set
up, the post to act in. ``open`` asks nothing more."""
Ending = Literal["signed_out", "renewed", "displaced", "ended", "password", "reset"]
"""Why a session was ended: by its holder, by its successor, by a newer one, from the list, by a new password, by an
administrator."""


class Visiting(msgspec.Struct, frozen=True):
    """An operator of the platform looks into this tenant, ``place`` by name, until an instant, for a reason (D43)."""

    id: UUID
    place: str
    reason: str
    until: datetime


class Actor(msgspec.Struct, frozen=True, kw_only=True):
    """A person acting in one post. ``body`` is what the office is in law; ``form_key`` is the session's CSRF token.

    ``rights`` is the stamp of the tenant's own roles when the request began (0: it has none), ``on`` its legal day:
    by both it is decided what ``roles`` mean. ``editions`` are those of which the tenant's calendar is made, if they
    were read along.
    """

    tenant: str
    person: UUID
    name: str
    post: UUID
    office: UUID
    office_name: str
    body: str
    roles: tuple[str, ...]
    form_key: str
    rights: int
    on: date
    editions: tuple[int, ...] = ()
    principal: UUID | None = None
    """Whom the post stands in for."""
    principal_name: str | None = None
    stale: bool = False
    """True when the session was last noted as seen over a minute ago: the edge then notes it anew."""
    session: UUID | None = None
    stage: Stage = "open"
    by_factor: bool = False
    """True when the session was opened with a second factor, which is then what is asked for again."""
    fresh: bool = True
    """False when the person last showed who they are longer ago than weighty acts allow (D111)."""
    authenticated_at: datetime | None = None

    only: frozenset[str] | None = None
    """For another system, which is no person: the permissions that its key is narrowed to. ``person`` is the system's
    id then, and ``post`` the key's."""

    answers: UUID | None = None
    """For another system: the person who answers for what it hands in and files."""
    visiting: Visiting | None = None
    """For an operator of the platform who looks into a tenant: no person of it, and ``person`` is the visit's id."""

    @property
    def people(self) -> tuple[UUID, ...]:
        """Who acts, and whom they stand in for: what one may not do, neither may the other for one.

        For another system it is who answers for it.
        """
        if self.answers is not None:
            return (self.answers,)
        return (self.person, self.principal) if self.principal else (self.person,)

    @property
    def called(self) -> str:
        """The name as every record shows it, with that of whom one stands in for."""
        stands_in = text("stands_in_for", name=self.principal_name) if self.principal_name else ""
        return self.name + stands_in

    @property
    def by(self) -> By:
        if self.visiting is not None:
            return By(label=text("actor.visitor", name=self.name))
        if self.only is not None:
            return By(label=text("actor.other_system", name=self.name, office=self.office_name), office=self.office)
        return By(label=f"{self.office_name} {self.called}", person=self.person, post=self.post, office=self.office)


class SignedIn(msgspec.Struct, frozen=True):
    """A new session: ``token`` is shown once, to the browser's cookie or the API's caller, and kept nowhere."""

    token: str
    actor: Actor


class Standing(msgspec.Struct, frozen=True):
    """What posts ask of whoever holds them: a second factor; an administrator's shorter terms."""

    factor: bool = False
    admin: bool = False


class PasswordRules(msgspec.Struct, frozen=True):
    """What a new password must be. Lengths in characters; ``max_age`` None: it does not age."""

    shortest: int
    shortest_admin: int
    classes: int
    """Of the four: small letters, capitals, digits, others."""
    max_age: timedelta | None
    remembered: int
    """So many last passwords are refused, the present one among them."""


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """On what terms people sign in: numbers of the security baseline as this deployment sets them.

    ``standing`` tells what posts with these roles ask of whoever holds them. ``common`` are words that begin too many
    passwords, ``context`` those that anybody would guess here; both in small letters.
    """

    idle: timedelta
    admin_idle: timedelta
    lifetime: timedelta
    step_up_after: timedelta
    step_up_grace: timedelta
    """How much longer an act may come that was asked about before its form was filled in: files cannot be kept."""
    sessions: int
    admin_sessions: int
    require_factor: bool
    origin: str
    """The address of our pages as browsers state it, where alone passkeys count; blank: there are none."""
    passwords: PasswordRules
    standing: Callable[[UnitOfWork, Sequence[str]], Awaitable[Standing]]
    common: frozenset[str]
    context: frozenset[str]


class Held(msgspec.Struct, frozen=True):
    """A post that a person holds, and may choose to act in."""

    post: UUID
    office_name: str
    roles: tuple[str, ...]
    stands_in_for: str | None = None
    """Name of whom one stands in for."""


class OwnSession(msgspec.Struct, frozen=True):
    """A live session as its holder sees it. ``source`` is the address it was opened from, ``agent`` the program.

    ``idle`` is how many seconds it may go unused.
    """

    id: UUID
    office_name: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    idle: int
    source: str
    agent: str


class Setup(msgspec.Struct, frozen=True):
    """A second factor that is being set up: what the authenticator is to be told."""

    secret: str
    address: str
    """otpauth URI, shown as a QR code."""


class Passkey(msgspec.Struct, frozen=True):
    """A passkey of one's own; ``name`` is what its holder calls it."""

    id: UUID
    name: str
    created_at: datetime
    used_at: datetime | None


class Shown(msgspec.Struct, frozen=True):
    """What somebody shows of who they are; blank is nothing. ``passkey`` is a browser's answer (JSON)."""

    password: str = ""
    code: str = ""
    passkey: str = ""

    def __bool__(self) -> bool:
        return bool(self.password or self.code or self.passkey)


class OwnAccount(msgspec.Struct, frozen=True):
    """What people see of their own account. ``codes`` is how many recovery codes are left."""

    login: str
    password_at: datetime
    factor_since: datetime | None
    codes: int
    passkeys: tuple[Passkey, ...]
    posts: tuple[Held, ...]
    sessions: tuple[OwnSession, ...]


class Contact(msgspec.Struct, frozen=True):
    """How a person is reached, in full; None where nothing is kept. Shown to nobody without an event (D179)."""

    person: UUID
    name: str
    office_name: str
    phone: str | None
    email: str | None
    post: UUID | None = None
