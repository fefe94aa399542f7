"""What there is of ways out, what became of messages, what people have chosen."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from lianshen.access.queries import require
from lianshen.channels import _store, permissions
from lianshen.channels._templates import fill, words_of, writable
from lianshen.channels.outgoing import item_of, template_of
from lianshen.channels.types import KINDS, PERSONAL, Choice, Own, Pause, Quiet, Sent, Template, Way
from lianshen.identity.queries import contact_of
from lianshen.identity.types import Actor
from lianshen.kernel.database import UnitOfWork
from lianshen.kernel.errors import NotFound


async def ways(uow: UnitOfWork, actor: Actor) -> list[Way]:
    """Every way that the jurisdiction has set up and not ended."""
    require(actor, permissions.MANAGE)
    return [
        Way(
            id=row.id, channel=row.channel, name=row.name, address=row.details.get("shown", ""),
            details={name: said for name, said in row.details.items() if name != "shown"}, kinds=tuple(row.kinds),
            state=row.state, state_at=row.state_at, reason=row.reason, waiting=row.waiting,
            former_until=row.former_until if row.former_until and row.former_until > uow.now else None,
        )
        for row in await _store.ways(uow)
    ]  # fmt: skip


async def messages(uow: UnitOfWork, actor: Actor, *, state: str, channel: str, limit: int = 100) -> list[Sent]:
    """What became of the latest messages; blank ``state`` and ``channel`` mean any."""
    require(actor, permissions.MANAGE)
    return [Sent(**row._mapping) for row in await _store.messages(uow, state, channel, limit)]


async def quiet(uow: UnitOfWork, actor: Actor) -> Quiet | None:
    """The hours in which people are written to; None: at any."""
    require(actor, permissions.MANAGE)
    found = await _store.quiet(uow)
    return Quiet(found.opens, found.closes) if found else None


async def template_versions(uow: UnitOfWork, actor: Actor) -> dict[tuple[str, str], int]:
    """The version that holds of every template, by way and kind; 0 is the catalogue's."""
    require(actor, permissions.WRITE)
    own = await _store.template_versions(uow)
    return {key: own.get(key, 0) for key in writable()}


async def template(uow: UnitOfWork, actor: Actor, channel: str, kind: str) -> tuple[Template, list[Template]]:
    """What holds, and the versions there were, the newest first. Raises NotFound."""
    require(actor, permissions.WRITE)
    if (channel, kind) not in writable():
        raise NotFound
    rows = await _store.templates(uow, channel, kind)
    versions = [Template(row.subject, row.body, row.version, row.published_at, row.publisher) for row in rows]
    return await template_of(uow, channel, kind), versions


async def preview(uow: UnitOfWork, actor: Actor, kind: str, written: Template, base: str) -> Template | None:
    """``written`` as it would be about the latest notice of that kind that the actor got; None when there is none."""
    require(actor, permissions.WRITE)
    row = await _store.latest_of(uow, actor.person, kind)
    if row is None:
        return None
    words = words_of(item_of(row), tenant_name=row.tenant_name, recipient=actor.name, base=base)
    return Template(fill(written.subject, words), fill(written.body, words))


async def own(uow: UnitOfWork, actor: Actor) -> Own:
    """What the actor has chosen, and what of it can reach them."""
    row = await _store.preference_of(uow, actor.person)
    contact = await contact_of(uow, actor.person)
    found = {"mail": contact and contact.email, "sms": contact and contact.phone}
    return Own(
        choice=choice_of(row.chosen if row else None, row.digest_hour if row else None),
        open=tuple(way.channel for way in await _store.states(uow) if way.channel in PERSONAL),
        reachable=frozenset(name for name, address in found.items() if address),
        pauses=tuple(Pause(one.channel, one.reason, one.at) for one in await _store.pauses(uow, actor.person)),
    )


def choice_of(chosen: Mapping[str, Sequence[str]] | None, digest_hour: int | None) -> Choice:
    """What holds for somebody, by kind; kinds that they have never seen come as usual."""
    usual = {code: ("inbox", *kind.usual) for code, kind in KINDS.items()}
    ways = usual if chosen is None else usual | {code: tuple(chosen[code]) for code in KINDS if code in chosen}
    return Choice(ways, digest_hour)


async def muted(uow: UnitOfWork, people: Sequence[UUID], kind: str) -> set[UUID]:
    """Those of ``people`` who do not want this kind in their inbox, where that is theirs to choose."""
    if KINDS[kind].duty:
        return set()
    rows = await _store.reached(uow, people)
    return {row.id for row in rows if "inbox" not in choice_of(row.chosen, row.digest_hour).ways[kind]}
