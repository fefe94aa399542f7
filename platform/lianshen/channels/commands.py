"""Setting up ways out, choosing, writing, and letting notices go out by all of them."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Row

from lianshen.access.queries import require
from lianshen.audit import commands as audit
from lianshen.channels import _sms, _store, _webhook, permissions
from lianshen.channels._setup import checked, shared_kinds
from lianshen.channels._templates import slots_of, too_long, unknown, writable
from lianshen.channels._when import leaves_at
from lianshen.channels.queries import choice_of
from lianshen.channels.types import KINDS, PERSONAL, Channel, NewWay, Quiet, Template, Told
from lianshen.identity.types import Actor
from lianshen.kernel import cipher
from lianshen.kernel.database import UnitOfWork
from lianshen.kernel.errors import Invalid, Item, NotFound
from lianshen.kernel.messages import text
from lianshen.kernel.settings import Settings
from lianshen.workcalendar.queries import calendar_of

OVERLAP = timedelta(days=2)
"""For how long a hook's messages are signed with the old secret too, after it was replaced."""
MOST_WAYS = 30


async def fan_out(uow: UnitOfWork, told: Sequence[Told]) -> None:
    """Write a message of each notice for every way by which its person wants that kind; twice adds nothing (D68)."""
    ways = await _store.states(uow) if told else []
    states = {row.channel: row.state for row in ways if row.channel in PERSONAL}
    if not states:
        return
    people = {row.id: row for row in await _store.reached(uow, [one.person for one in told])}
    found = await _store.quiet(uow)
    quiet = Quiet(found.opens, found.closes) if found else None
    calendar = await calendar_of(uow)
    rows = []
    for one in told:
        person = people.get(one.person)
        if person is None:
            continue
        choice = choice_of(person.chosen, person.digest_hour)
        next_at, digest = leaves_at(
            ways[0].now, calendar, KINDS[one.kind], quiet=quiet, digest_hour=choice.digest_hour
        )  # fmt: skip
        for channel in choice.ways[one.kind]:
            if channel in states and getattr(person, channel):
                by_mail = digest and channel == "mail"
                rows.append(_row(one.event, one.kind, channel, one.at, states[channel], next_at, digest=by_mail)
                            | {"person": one.person, "endpoint": None})  # fmt: skip
    if rows:
        await _store.add_messages(uow, rows)


async def publish(uow: UnitOfWork, kinds: Mapping[UUID, str]) -> None:
    """Write a message of each event for every robot and hook that wants its kind; twice adds nothing.

    They hear of events by their place in the ledger, and of none that is not in it yet.
    """
    if not kinds:
        return
    ways = [way for way in await _store.states(uow) if way.channel not in PERSONAL]
    wanting = [way for way in ways if set(way.kinds) & set(kinds.values())]
    if not wanting:
        return
    rows = [
        _row(event.id, kinds[event.id], way.channel, event.at, way.state, way.now, position=event.seq)
        | {"person": None, "endpoint": way.id}
        for event in await _store.events(uow, list(kinds))
        for way in wanting
        if kinds[event.id] in way.kinds
    ]
    if rows:
        await _store.add_messages(uow, rows)


async def try_out(uow: UnitOfWork, event: UUID, way: UUID, person: UUID, at: datetime, position: int) -> None:
    """Write the message with which a way is tried: to the way itself, or through it to whoever asked."""
    found = await _store.find_way(uow, way)
    if found is None or found.state == "ended":
        return
    whom = {"person": person, "endpoint": None} if found.channel in PERSONAL else {"person": None, "endpoint": found.id}
    await _store.add_messages(
        uow, [_row(event, "system", found.channel, at, found.state, at, position=position) | whom]
    )


def _row(
    event: UUID,
    kind: str,
    channel: str,
    at: datetime,
    state: str,
    next_at: datetime,
    *,
    digest: bool = False,
    position: int = 0,
) -> dict[str, Any]:
    return {
        "id": uuid4(),
        "event": event,
        "channel": channel,
        "kind": kind,
        "at": at,
        "position": position,
        "digest": digest,
        "state": "held" if state == "paused" else "waiting",
        "next_at": next_at,
    }


async def add(
    uow: UnitOfWork, actor: Actor, settings: Settings, channel: str, typed: Mapping[str, str], kinds: Sequence[str]
) -> NewWay:
    """Set up a way out. ``typed`` holds name, address, secret and what the channel asks besides. Raises Invalid."""
    require(actor, permissions.MANAGE)
    given = checked(settings, channel, typed, kinds)
    if len(await _store.states(uow)) >= MOST_WAYS:
        _refuse({"name": text("channels.most", most=MOST_WAYS)})
    id_, ours = uuid4(), _webhook.new_secret() if channel == "webhook" else ""
    secret = ours or given.secret
    row = {
        "id": id_, "channel": channel, "name": given.name, "details": given.details, "kinds": list(given.kinds),
        "created_by": actor.person,
        "address": await cipher.seal(uow, "endpoint", "address", id_, given.address) if given.address else None,
        "secret": await cipher.seal(uow, "endpoint", "secret", id_, secret) if secret else None,
    }  # fmt: skip
    if not await _store.add_way(uow, row):
        _refuse({"name": text("channels.taken")})
    _record(uow, actor, "add", given.name, note=f"{text(f'channel.{channel}')} {given.shown}".strip())
    return NewWay(id_, given.name, ours)


async def rotate(uow: UnitOfWork, actor: Actor, way: UUID) -> NewWay:
    """Replace a hook's secret; both sign until ``OVERLAP`` is over. Raises NotFound."""
    require(actor, permissions.MANAGE)
    found = await _way(uow, way)
    if found.channel != "webhook":
        raise NotFound
    secret = _webhook.new_secret()
    old = await cipher.open_(uow, "endpoint", "secret", way, found.secret)
    await _store.set_way(
        uow,
        way,
        secret=await cipher.seal(uow, "endpoint", "secret", way, secret),
        former_secret=await cipher.seal(uow, "endpoint", "former_secret", way, old),
        former_until=uow.now + OVERLAP,
    )
    _record(uow, actor, "rotate", found.name)
    return NewWay(way, found.name, secret)


async def pause(uow: UnitOfWork, actor: Actor, way: UUID) -> None:
    """Send nothing by this way until it is resumed; what comes is kept. Raises NotFound."""
    require(actor, permissions.MANAGE)
    found = await _way(uow, way)
    reason = text("channels.paused_by", name=actor.called)
    await _store.set_way(uow, way, state="paused", state_at=uow.now, reason=reason)
    await _store.hold_all(uow, found, back=False)
    _record(uow, actor, "pause", found.name)


async def resume(uow: UnitOfWork, actor: Actor, way: UUID) -> None:
    """Take a paused way up again, with all that was held for it, in order. Raises NotFound."""
    require(actor, permissions.MANAGE)
    found = await _way(uow, way)
    await _store.set_way(uow, way, state="active", state_at=uow.now, reason="", failures=0)
    await _store.hold_all(uow, found, back=True)
    _record(uow, actor, "resume", found.name)


async def end(uow: UnitOfWork, actor: Actor, way: UUID) -> None:
    """End a way for good; its secrets are forgotten, what waits for it is parked. Raises NotFound."""
    require(actor, permissions.MANAGE)
    found = await _way(uow, way)
    await _store.hold_all(uow, found, back=False)
    await _store.park_held(uow, found, text("message.no_way"))
    await _store.set_way(
        uow, way, state="ended", state_at=uow.now, reason="", address=None, secret=None, former_secret=None,
        former_until=None,
    )  # fmt: skip
    _record(uow, actor, "end", found.name)


async def test(uow: UnitOfWork, actor: Actor, way: UUID) -> None:
    """Have a message sent by this way, to oneself where it is one to people. Raises NotFound."""
    require(actor, permissions.MANAGE)
    found = await _way(uow, way)
    _record(uow, actor, "test", found.name, facts={"way": (None, str(way))})


async def again(uow: UnitOfWork, actor: Actor, message: UUID) -> None:
    """Send one message once more, under the same id. Raises NotFound for one that is still on its way."""
    require(actor, permissions.MANAGE)
    found = await _store.message_again(uow, message)
    if found is None:
        raise NotFound
    _record(uow, actor, "again", text(f"channel.{found.channel}"), note=str(message))


async def set_quiet(uow: UnitOfWork, actor: Actor, opens: str, closes: str) -> None:
    """Write to people only within these hours of working days. Raises Invalid."""
    require(actor, permissions.MANAGE)
    hours = [int(said) if said.isdecimal() and len(said) < 3 else -1 for said in (opens, closes)]
    if not 0 <= hours[0] < hours[1] <= 24:
        _refuse({"opens": text("channels.hours")})
    await _store.set_quiet(uow, hours[0], hours[1])
    _record(uow, actor, "quiet", "", note=f"{hours[0]}:00–{hours[1]}:00")


async def publish_template(uow: UnitOfWork, actor: Actor, channel: str, kind: str, subject: str, body: str) -> int:
    """Let a jurisdiction's own words hold from now on; the version. Raises NotFound, Invalid beside the field."""
    require(actor, permissions.WRITE)
    check_template(channel, kind, subject, body)
    version = (await _store.template_versions(uow)).get((channel, kind), 0) + 1
    await _store.add_template(
        uow,
        {
            "channel": channel, "kind": kind, "version": version, "subject": subject.strip(), "body": body.strip(),
            "published_by": actor.person, "publisher": actor.called,
        },
    )  # fmt: skip
    what = f"{text(f'channel.{channel}')} · {text(f'kind.{kind}')}"
    _record(uow, actor, "template", what, note=text("act.channels.template.note", version=version))
    return version


def check_template(channel: str, kind: str, subject: str, body: str) -> Template:
    """Raises NotFound for what cannot be written, Invalid for unknown placeholders, blank or too long words."""
    if (channel, kind) not in writable():
        raise NotFound
    wrong = {}
    for field, said in (("subject", subject.strip()), ("body", body.strip())):
        asked = field == "body" or channel == "mail"
        if asked and not said:
            wrong[field] = text("field.required")
        elif found := unknown(channel, said):
            names, known = ("".join(f"{{{name}}}" for name in some) for some in (found, slots_of(channel)))
            wrong[field] = text("template.unknown", names=names, known=known)
        elif most := too_long(field, said):
            wrong[field] = text("template.long", most=most)
    _refuse(wrong)
    return Template(subject.strip(), body.strip())


async def prefer(uow: UnitOfWork, actor: Actor, ways: Mapping[str, Sequence[str]], digest_hour: str) -> None:
    """Choose by which ways one hears of which kind. The inbox shows what has legal effect, whatever is chosen.

    Raises Invalid, also for who would do without a duty in the inbox.
    """
    wrong = {}
    for kind, what in KINDS.items():
        if what.duty and "inbox" not in ways.get(kind, ()):
            wrong[kind] = text("prefer.duty")
    hour = int(digest_hour) if digest_hour.isdecimal() and len(digest_hour) < 3 else None
    if digest_hour and (hour is None or hour > 23):
        wrong["digest_hour"] = text("prefer.hour")
    _refuse(wrong)
    known = ("inbox", *PERSONAL)
    chosen = {kind: [way for way in known if way in ways.get(kind, ())] for kind in KINDS}
    await _store.set_preference(uow, actor.person, chosen, hour)
    _record(uow, actor, "prefer", "")


async def resume_address(uow: UnitOfWork, actor: Actor, channel: str) -> None:
    """Say that one's own address takes messages again. Raises NotFound."""
    if not await _store.resume_address(uow, actor.person, channel):
        raise NotFound
    _record(uow, actor, "resume_address", text(f"channel.{channel}"))


async def _way(uow: UnitOfWork, way: UUID) -> Row[Any]:
    found = await _store.way(uow, way)
    if found is None:
        raise NotFound
    return found


def _record(
    uow: UnitOfWork, actor: Actor, what: str, name: str, *, note: str = "", facts: Mapping[str, Any] | None = None
) -> None:
    label = text(f"act.channels.{what}", name=name)
    audit.record(uow, f"channels.{what}", label=label, by=actor.by, note=note, facts=facts)


def _refuse(wrong: Mapping[str, str]) -> None:
    if wrong:
        raise Invalid(tuple(Item(code="invalid", message=said, field=name) for name, said in wrong.items()))


SMS_HOST = _sms.HOST
__all__ = [
    "MOST_WAYS", "OVERLAP", "SMS_HOST", "Channel", "add", "again", "check_template", "end", "fan_out", "pause",
    "prefer", "publish", "publish_template", "resume", "resume_address", "rotate", "set_quiet", "shared_kinds",
    "slots_of", "test", "try_out",
]  # fmt: skip
