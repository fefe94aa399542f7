"""Ways out, messages, and what people choose."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

Channel = Literal["mail", "sms", "webhook", "wecom", "dingtalk"]
PERSONAL: tuple[Channel, ...] = ("mail", "sms")
"""Ways by which single people are written to."""
SHARED: tuple[Channel, ...] = ("webhook", "wecom", "dingtalk")
"""Ways that are written to themselves: another system, a group."""


class Kind(msgspec.Struct, frozen=True):
    """What notices of one kind are. A ``duty`` has legal effect and is always in the inbox; an ``urgent`` one waits for
    no office hour and no digest; a ``shared`` one may go to groups and other systems. ``usual`` is what holds for
    whoever has chosen nothing."""

    duty: bool
    urgent: bool
    shared: bool
    usual: tuple[Channel, ...]


KINDS: dict[str, Kind] = {
    "project": Kind(duty=True, urgent=False, shared=True, usual=("mail",)),
    "deadline": Kind(duty=True, urgent=False, shared=True, usual=("mail", "sms")),
    "account": Kind(duty=True, urgent=True, shared=False, usual=("mail",)),
    "system": Kind(duty=False, urgent=False, shared=False, usual=()),
}
"""Every kind of notice. Their names are in the message catalogue."""


class Told(msgspec.Struct, frozen=True):
    """A notice just written: to whom, of what event and kind, and when that happened."""

    event: UUID
    person: UUID
    kind: str
    at: datetime


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """A way out as its administrator sees it: ``address`` without what is secret in it, ``waiting`` messages held or
    not yet sent."""

    id: UUID
    channel: Channel
    name: str
    address: str
    details: dict[str, str]
    kinds: tuple[str, ...]
    state: Literal["active", "paused", "ended"]
    state_at: datetime
    reason: str
    former_until: datetime | None
    waiting: int


class NewWay(msgspec.Struct, frozen=True):
    """A way out just made or rotated; ``secret`` is shown this once, blank where there is none of ours."""

    id: UUID
    name: str
    secret: str


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one message; nothing of what it says. ``recipient`` is a person's or a way's name."""

    id: UUID
    channel: Channel
    kind: str
    recipient: str
    at: datetime
    state: Literal["waiting", "leased", "held", "sent", "parked"]
    next_at: datetime
    attempts: int
    sent_at: datetime | None
    reason: str


class Choice(msgspec.Struct, frozen=True):
    """What a person has chosen: ways by kind (``inbox`` among them), and the hour of the daily digest, if any."""

    ways: dict[str, tuple[str, ...]]
    digest_hour: int | None


class Pause(msgspec.Struct, frozen=True):
    """An address of one's own that refused us."""

    channel: Channel
    reason: str
    at: datetime


class Own(msgspec.Struct, frozen=True):
    """What the page of one's own preferences shows. ``open`` are the ways that the jurisdiction has set up."""

    choice: Choice
    open: tuple[Channel, ...]
    reachable: frozenset[str]
    pauses: tuple[Pause, ...]


class Template(msgspec.Struct, frozen=True):
    """What is said; ``version`` 0 is the catalogue's own."""

    subject: str
    body: str
    version: int = 0
    published_at: datetime | None = None
    publisher: str = ""


class Quiet(msgspec.Struct, frozen=True):
    """Hours of working days in which people are written to: from ``opens`` until ``closes``."""

    opens: int
    closes: int


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One event within a message, in the words that templates may use. ``place`` is a path of ours."""

    event: UUID
    action: str
    kind: str
    at: datetime
    subject: str
    body: str
    label: str
    actor: str
    article: str
    note: str
    project: UUID | None
    title: str
    number: str
    place: str


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """A message made ready: everything that is needed to send it without the database.

    ``to`` is an address or a number; ``secrets`` are those that sign, the present one first. It lives in the sender's
    memory alone.
    """

    id: UUID
    tenant: str
    tenant_name: str
    channel: Channel
    to: str
    recipient: str
    subject: str
    body: str
    items: tuple[Item, ...]
    secrets: tuple[str, ...]
    details: dict[str, str]


class Outcome(msgspec.Struct, frozen=True):
    """What became of an attempt.

    ``sent``; ``later``: try again; ``bounced``: the recipient's address does not exist; ``never``: this message cannot
    go; ``broken``: the way itself is refused until somebody sees to it. ``reason`` is in the other side's words.
    """

    what: Literal["sent", "later", "bounced", "never", "broken"]
    reason: str
