"""What people administration shows and takes."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from lianshen.audit.types import By
from lianshen.kernel.database import UnitOfWork


class Office(msgspec.Struct, frozen=True):
    """An office; ``people`` counts those who hold a post there today."""

    id: UUID
    code: str
    name: str
    body: str
    people: int


class Post(msgspec.Struct, frozen=True):
    """One post of a person. ``until`` is its last day. ``stands_in_for`` names whom it stands in for."""

    id: UUID
    office: UUID
    office_name: str
    roles: tuple[str, ...]
    since: date
    until: date | None
    ended_at: datetime | None
    stands_in_for: str | None
    current: bool


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """An account and its posts, the present ones first; ``last_seen`` is when one of its sessions was last used."""

    id: UUID
    login: str
    name: str
    state: str
    state_at: datetime
    administers: str | None
    last_seen: datetime | None
    posts: tuple[Post, ...]


class Past(msgspec.Struct, frozen=True):
    """One act of administration upon a person."""

    at: datetime
    label: str
    actor: str
    note: str
    facts: dict[str, tuple[Any, Any]]


class Appointment(msgspec.Struct, frozen=True, kw_only=True):
    """That somebody is to be an administrator: who asked, who decided. ``granted`` is None while it waits."""

    id: UUID
    person: UUID
    name: str
    role: str
    requested_at: datetime
    requested_by: UUID | None
    requester: str
    decided_at: datetime | None
    decider: str | None
    granted: bool | None


class PersonPage(msgspec.Struct, frozen=True):
    """A person with everything that was done to the account, the newest first."""

    person: Person
    appointments: tuple[Appointment, ...]
    history: tuple[Past, ...]


class OpenWork(msgspec.Struct, frozen=True):
    """Something that waits for a person. In an ``office``, it waits for whoever may do it there."""

    kind: str
    label: str
    count: int
    lines: tuple[str, ...] = ()
    office: UUID | None = None


class Handover(msgspec.Struct, frozen=True):
    """What a module above is told when somebody leaves."""

    person: UUID
    name: str
    successor: UUID
    successor_name: str
    by: By


class Participant(msgspec.Struct, frozen=True):
    """A module above with work that is a person's: how it tells what is open, and hands it over (see ``wiring``)."""

    open_work: Callable[[UnitOfWork, UUID, Sequence[UUID]], Awaitable[list[OpenWork]]]
    hand_over: Callable[[UnitOfWork, Handover], Awaitable[None]]


class LeavingPost(msgspec.Struct, frozen=True):
    """A post that ends. ``binding``: nobody else in its office could do what is open there."""

    post: Post
    binding: bool


class Leaving(msgspec.Struct, frozen=True):
    """What somebody who leaves would leave behind. ``needs_successor`` when any of it must be handed over."""

    person: Person
    posts: tuple[LeavingPost, ...]
    work: tuple[OpenWork, ...]
    needs_successor: bool


class Said(msgspec.Struct, frozen=True):
    """What a row of a list of people says."""

    name: str = ""
    login: str = ""
    office: str = ""
    roles: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None


class Row(msgspec.Struct, frozen=True):
    """One row of a list: ``state`` is ready, wrong, created or enabled; ``remark`` says in Chinese what is wrong."""

    row: int
    said: Said
    state: str
    remark: str
    person: UUID | None = None
    post: UUID | None = None


class Brought(msgspec.Struct, frozen=True):
    """A list of people: ``digest`` is the SHA-256 of its file in hexadecimal."""

    digest: str
    filename: str
    brought_at: datetime
    bringer: str
    rows: tuple[Row, ...]

    def count(self, state: str) -> int:
        """How many rows are in ``state``."""
        return sum(row.state == state for row in self.rows)


class Secret(msgspec.Struct, frozen=True):
    """A first password, shown once."""

    person: UUID
    login: str
    name: str
    secret: str


class Idle(msgspec.Struct, frozen=True):
    """An account that nobody uses: since when, and whether it was warned of."""

    person: UUID
    login: str
    name: str
    since: datetime
    warned_at: datetime | None


class Warned(msgspec.Struct, frozen=True):
    """A warning of idle accounts: the event it rests on, whom to tell, and what."""

    event: UUID
    people: tuple[UUID, ...]
    subject: str
    body: str
