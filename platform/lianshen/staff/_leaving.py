"""Somebody leaves: one act hands over what is open, ends posts, and disables (feature 25, D108)."""

from collections.abc import Collection, Sequence
from uuid import UUID

from lianshen.access.queries import require
from lianshen.identity import commands as identity
from lianshen.identity.types import Actor
from lianshen.kernel.clock import day_of
from lianshen.kernel.database import UnitOfWork
from lianshen.kernel.errors import Item, NotFound
from lianshen.kernel.messages import text
from lianshen.staff import _store, permissions
from lianshen.staff._acts import LastOne, NotNow, WorkLeft, named, note
from lianshen.staff.queries import left_behind
from lianshen.staff.types import Handover, Participant, Person, Post


async def leave(
    uow: UnitOfWork,
    actor: Actor,
    who: UUID,
    successor: UUID | None,
    reason: str,
    participants: Sequence[Participant],
    *,
    hand_over: Collection[UUID] = (),
) -> None:
    """Hand over, end and disable, in one act. Posts that nobody else could act in go to the successor, and those in
    ``hand_over`` besides; the other modules' ``participants`` hand over what is a person's there.

    Raises NotFound (also for a post that is not the leaver's), NotNow, LastOne, WorkLeft (nobody named where
    somebody must be), or what a participant refuses.
    """
    require(actor, permissions.EMPOWER)
    account = await _store.hold(uow, who)
    if account is None:
        raise NotFound
    heir = await _store.hold(uow, successor) if successor else None
    if (successor and heir is None) or not {*hand_over} <= {one.id for one in await _store.open_posts(uow, who)}:
        raise NotFound
    if account.state == "left" or who in (actor.person, successor):
        raise NotNow
    if account.administers and await _store.other_administrators(uow, account.administers, who) == 0:
        raise LastOne
    found = await left_behind(uow, who, participants)
    if found.needs_successor and successor is None:
        raise WorkLeft(tuple(Item(code="work_left", message=f"{one.label}：{one.count}") for one in found.work))
    if heir is not None and (heir.state != "enabled" or heir.administers != account.administers):
        raise NotNow
    facts = {"state": (account.state, "left"), "successor": (None, str(successor) if successor else None)}
    note(
        uow,
        "leave",
        actor.by,
        who,
        name=account.name,
        successor=heir.name if heir else text("staff.nobody"),
        facts=facts,
        remark=reason,
    )
    if heir is not None:
        given = [one.post for one in found.posts if one.binding or one.post.id in hand_over]
        await _give(uow, actor, found.person, heir.id, heir.name, [one for one in given if _lasting(one)])
        handover = Handover(who, account.name, heir.id, heir.name, actor.by)
        for participant in participants:
            await participant.hand_over(uow, handover)
    deputies = [one for post in found.posts for one in await _store.stand_ins(uow, post.post.id)]
    await _store.end_posts(uow, [one.post.id for one in found.posts])
    await _store.set_person(uow, who, state="left", state_at=uow.now)
    for one in {who, *deputies}:
        await identity.end_sessions(uow, one)


def _lasting(post: Post) -> bool:
    """What is lent to somebody is not theirs to hand on."""
    return post.current and post.stands_in_for is None and bool(post.roles)


async def _give(uow: UnitOfWork, actor: Actor, leaver: Person, heir: UUID, name: str, posts: Sequence[Post]) -> None:
    """Let the successor do in each office what the leaver did; with an own post there, that one carries it too."""
    if leaver.administers or not posts:
        return
    own = {one.office: one for one in await _store.open_posts(uow, heir) if one.stands_in_for is None}
    for post in posts:
        before = tuple(own[post.office].roles) if post.office in own else ()
        roles = tuple(sorted({*before, *post.roles}))
        if post.office in own:
            await _store.set_roles(uow, own[post.office].id, roles)
        else:
            await _store.add_post(uow, heir, post.office, roles, since=day_of(uow.now), until=post.until)
        facts = {"roles": (list(before), list(roles)), "office": (None, post.office_name), "from": (leaver.name, name)}
        said = {"name": name, "leaver": leaver.name, "office": post.office_name, "roles": await named(uow, post.roles)}
        note(uow, "take_over", actor.by, heir, facts=facts, **said)
    await identity.end_sessions(uow, heir)
