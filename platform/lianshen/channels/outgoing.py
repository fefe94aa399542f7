"""The way of a message from its row to the other side, for the process that sends.

An attempt is claimed and committed before anything is sent (D76), made without the database, and settled afterwards by
whoever still has its lease (D87): an attempt that took longer than its lease changes nothing any more. The other side
may be asked twice; ids that stay the same let it tell.
"""

import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
from sqlalchemy import Row

from lianshen.audit import commands as audit
from lianshen.audit.types import By
from lianshen.channels import _mail, _messages, _robots, _sms, _store, _webhook
from lianshen.channels._messages import DEFAULTS
from lianshen.channels._outbound import Forbidden, Outbound, Resolve, Unanswered
from lianshen.channels._templates import fill, words_of
from lianshen.channels._when import back_off
from lianshen.channels.types import PERSONAL, Item, Letter, Outcome, Template
from lianshen.identity.queries import contact_of
from lianshen.kernel import cipher
from lianshen.kernel.database import UnitOfWork
from lianshen.kernel.messages import text
from lianshen.kernel.settings import Settings

MOST = 8
"""Attempts at one message, and failures in a row of one way, before a person has to look."""
_DIGESTS = 4
_LATE = timedelta(minutes=10)


class Settled(msgspec.Struct, frozen=True):
    """``lost``: another has the message by now. ``paused`` is the event of a way set aside, ``name`` its name."""

    lost: bool = False
    paused: UUID | None = None
    name: str = ""


async def due_tenants(uow: UnitOfWork) -> list[str]:
    """Tenants with something to send now. Over all tenants, for the relay's role alone."""
    return await _store.due_tenants(uow)


async def unseen(uow: UnitOfWork, tenants: Collection[str]) -> list[str]:
    """Those of ``tenants`` whose canary the connected role does not see: it would miss their messages too (D25)."""
    return sorted(set(tenants) - await _store.sighted(uow, tenants))


async def overdue(uow: UnitOfWork) -> dict[str, int]:
    """How many messages should have left long ago, by tenant: nobody sends, or too slowly (D84)."""
    return await _store.overdue(uow, _LATE)


async def claim(uow: UnitOfWork, limit: int) -> list[UUID]:
    """Leases on what may be sent now, at most ``limit``; a lease is on one message or on a person's whole digest.

    What was tried too often is parked. Commit before sending.
    """
    await _store.exhaust(uow, MOST)
    leases = await _store.claim(uow, limit)
    for _ in range(min(limit - len(leases), _DIGESTS)):
        lease = uuid4()
        if not await _store.claim_digest(uow, lease):
            break
        leases.append(lease)
    return leases


async def compose(uow: UnitOfWork, lease: UUID, base: str) -> Letter | Outcome | None:
    """What is to be sent under ``lease``, or what has become of it without being sent; None when the lease is lost.

    ``base`` is the address under which people open this instance; blank: messages hold no links.
    """
    rows = await _store.leased(uow, lease)
    if not rows:
        return None
    first = rows[0]
    return await (_to_person if first.channel in PERSONAL else _to_way)(uow, rows, base)


async def _to_person(uow: UnitOfWork, rows: list[Row[Any]], base: str) -> Letter | Outcome:
    first = rows[0]
    gateway = await _store.find_gateway(uow, first.channel)
    contact = await contact_of(uow, first.person)
    to = contact and (contact.email if first.channel == "mail" else contact.phone)
    if gateway is None:
        return Outcome("never", text("message.no_way"))
    if not contact or not to:
        return Outcome("never", text("message.no_address"))
    if any(pause.channel == first.channel for pause in await _store.pauses(uow, first.person)):
        return Outcome("never", text("message.address_paused"))
    said = await _said(uow, rows, contact.name, base)
    return await _letter(uow, rows, gateway, said, to=to, recipient=contact.name)


async def _to_way(uow: UnitOfWork, rows: list[Row[Any]], base: str) -> Letter | Outcome:
    way = await _store.find_way(uow, rows[0].endpoint)
    assert way is not None  # by its key
    if way.state == "ended":
        return Outcome("never", text("message.no_way"))
    said = Template("", "") if way.channel == "webhook" else await _said(uow, rows, "", base)
    to = await cipher.open_(uow, "endpoint", "address", way.id, way.address)
    return await _letter(uow, rows, way, said, to=to, recipient="")


async def _letter(
    uow: UnitOfWork, rows: list[Row[Any]], way: Row[Any], said: Template, *, to: str, recipient: str
) -> Letter:
    first, details = rows[0], dict(way.details)
    if way.channel == "sms":
        details["host"] = await cipher.open_(uow, "endpoint", "address", way.id, way.address)
    return Letter(
        id=first.id, tenant=uow.tenant, tenant_name=first.tenant_name, channel=first.channel, to=to,
        recipient=recipient, subject=said.subject, body=said.body, items=tuple(map(item_of, rows)),
        secrets=await _secrets(uow, way), details=details,
    )  # fmt: skip


async def _secrets(uow: UnitOfWork, way: Row[Any]) -> tuple[str, ...]:
    """Those that are valid now, the present one first."""
    valid = [("secret", way.secret)]
    if way.former_until is not None and way.former_until > uow.now:
        valid.append(("former_secret", way.former_secret))
    return tuple([await cipher.open_(uow, "endpoint", name, way.id, sealed) for name, sealed in valid if sealed])


async def _said(uow: UnitOfWork, rows: list[Row[Any]], recipient: str, base: str) -> Template:
    """The words of one message; of several, one after the other."""
    written = []
    for row in rows:
        template = await template_of(uow, row.channel, row.kind)
        words = words_of(item_of(row), tenant_name=row.tenant_name, recipient=recipient, base=base)
        written.append(
            Template(fill(template.subject, words), fill(template.body, words)) if len(rows) == 1
            else Template("", "\n".join(part for part in (words["标题"], words["条款"], words["链接"]) if part))
        )  # fmt: skip
    if len(rows) == 1:
        return written[0]
    parts = [_messages.DIGEST_GREETING.format(name=recipient), *(one.body for one in written)]
    return Template(_messages.DIGEST.format(count=len(rows)), "\n\n".join(parts))


async def template_of(uow: UnitOfWork, channel: str, kind: str) -> Template:
    """What holds now: the jurisdiction's own, or the catalogue's."""
    own = await _store.templates(uow, channel, kind)
    if own:
        return Template(own[0].subject, own[0].body, own[0].version, own[0].published_at, own[0].publisher)
    return DEFAULTS.get((channel, kind), DEFAULTS[channel, "project"])


def item_of(row: Row[Any]) -> Item:
    """One event as a template sees it."""
    place = f"/projects/{row.project}" if row.project else row.place or "/notices"
    return Item(
        event=row.event, action=row.action, kind=row.kind, at=row.at, subject=row.subject or _subject(row),
        body=row.body, label=row.label, actor=row.actor, article=row.article, note=row.note, project=row.project,
        title=row.title, number=row.number, place=place,
    )  # fmt: skip


def _subject(row: Row[Any]) -> str:
    return text("notice.subject", project=row.title, action=row.label) if row.title else row.label


class Carrier:
    """What of this process reaches others. ``resolve`` gives a name's addresses, from the system if not said."""

    def __init__(self, settings: Settings, *, resolve: Resolve | None = None) -> None:
        self._outbound = Outbound(
            settings.outbound, settings.outbound_port_ranges, resolve=resolve, certificates=settings.extra_certificates
        )
        self._mail = _mail.Mail(settings) if settings.mail_host else None

    async def carry(self, letter: Letter, now: datetime) -> Outcome:
        """One attempt; never raises for what the other side does. ``now`` is what is signed."""
        try:
            outcome = await self._carry(letter, now)
        except Forbidden as error:
            outcome = Outcome("broken", str(error))
        except Unanswered as error:
            outcome = Outcome("later", str(error))
        # What servers say often repeats the address: that stays sealed.
        return Outcome(outcome.what, " ".join(outcome.reason.replace(letter.to, "…").split()) or outcome.what)

    async def _carry(self, letter: Letter, now: datetime) -> Outcome:
        if letter.channel == "mail":
            return Outcome("broken", "no mail server") if self._mail is None else await self._mail.carry(letter, now)
        if letter.channel == "webhook":
            body = _webhook.body_of(letter)
            answer = await self._outbound.post(letter.to, _webhook.headers_of(letter, body, now), body)
            return _webhook.read(answer.status)
        if letter.channel == "sms":
            url, headers = _sms.request_of(letter, now=now, nonce=secrets.token_hex(16))
            answer = await self._outbound.post(url, headers, b"")
            return _sms.read(answer.status, answer.body)
        headers = {"content-type": "application/json"}
        answer = await self._outbound.post(_robots.address_of(letter, now), headers, _robots.body_of(letter))
        return _robots.read(answer.status, answer.body)


async def settle(uow: UnitOfWork, lease: UUID, outcome: Outcome) -> Settled:
    """Write down what became of an attempt, if the lease still holds."""
    rows = await _store.hold_lease(uow, lease)
    if not rows:
        return Settled(lost=True)
    first = rows[0]
    way = None
    if first.endpoint is not None:
        way = await _store.way(uow, first.endpoint)
    elif outcome.what == "broken":
        way = await _store.gateway(uow, first.channel)
    if outcome.what == "sent":
        await _store.set_leased(uow, lease, state="sent", sent_at=uow.now, reason=outcome.reason)
        if way is not None and way.failures:
            await _store.set_way(uow, way.id, failures=0)
        return Settled()
    if outcome.what in ("never", "bounced"):
        await _store.set_leased(uow, lease, state="parked", reason=outcome.reason)
        if outcome.what == "bounced" and first.person is not None:
            await _store.pause_address(uow, first.person, first.channel, outcome.reason)
        return Settled()
    return await _failed(uow, lease, rows, way, outcome)


async def _failed(
    uow: UnitOfWork, lease: UUID, rows: list[Row[Any]], way: Row[Any] | None, outcome: Outcome
) -> Settled:
    """Try again later, or set aside what has failed too often: the way, where it is one way's messages, else these."""
    failures = way.failures + 1 if way is not None else max(row.attempts for row in rows)
    if way is not None and (outcome.what == "broken" or failures >= MOST):
        return await _set_aside(uow, lease, way, failures, outcome.reason)
    if way is None and failures >= MOST:
        await _store.set_leased(uow, lease, state="parked", reason=outcome.reason)
        return Settled()
    await _store.wait(uow, lease, back_off(failures), outcome.reason)
    if way is not None:
        await _store.set_way(uow, way.id, failures=failures)
        await _store.put_off(uow, way.id, back_off(failures))
    return Settled()


async def _set_aside(uow: UnitOfWork, lease: UUID, way: Row[Any], failures: int, reason: str) -> Settled:
    """Pause a way that does not answer, with all that waits for it, until a person takes it up again."""
    await _store.set_leased(uow, lease, state="held", reason=reason)
    if way.state == "active":
        await _store.set_way(uow, way.id, state="paused", state_at=uow.now, reason=reason, failures=failures)
    await _store.hold_all(uow, way, back=False)
    if way.state != "active":
        return Settled()
    label = text("act.channels.set_aside", name=way.name)
    event = audit.record(uow, "channels.set_aside", label=label, by=By(label=text("actor.sender")), note=reason)
    return Settled(paused=event.id, name=way.name)
