"""Entering providers, linking accounts, and signing in through them. Nobody is ever made by signing in."""

from collections.abc import Sequence
from datetime import timedelta
from hmac import compare_digest
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from lianshen.access.queries import require
from lianshen.audit import commands as audit
from lianshen.audit.types import By
from lianshen.identity import commands as identity
from lianshen.identity.types import Actor, SignedIn, Terms
from lianshen.kernel import cipher
from lianshen.kernel.database import UnitOfWork
from lianshen.kernel.errors import Invalid, Item, NotFound, Refusal
from lianshen.kernel.messages import text
from lianshen.providers import _fetch, _provider, _store, permissions
from lianshen.providers.types import Claims, Link, Provider, Visit

LASTS = timedelta(minutes=10)
"""How long one may take at the provider."""


class VisitLost(Refusal):
    """The browser brings back what we did not send it away with, or too late, or a second time."""

    status = 401
    code = "provider_lost"


class NotLinked(Refusal):
    """The provider knows the person; nobody has said who that is here."""

    status = 401
    code = "provider_unlinked"


class LinkTaken(Refusal):
    """The account there, or the person here, is linked already."""

    status = 409
    code = "provider_taken"


async def set_provider(
    uow: UnitOfWork, actor: Actor | None, provider: Provider, client_secret: str | None = None
) -> UUID:
    """Enter a provider, or change the one of that name; without ``client_secret`` the present one stays.

    Its ``id`` does not count. ``actor`` None: the platform's operator. Raises Invalid.
    """
    by = _by(actor)
    wrong = _amiss(provider)
    former = await _store.named(uow, provider.name)
    if former is not None and former.issuer != provider.issuer:
        wrong["issuer"] = text("provider.issuer_stays")
    if wrong:
        raise Invalid(tuple(Item(code="invalid", message=said, field=name) for name, said in wrong.items()))
    one = former.id if former is not None else uuid4()
    said: dict[str, object] = {name: list(getattr(provider, name)) for name in ("hosts", "amr", "acr")}
    said |= {"client_id": provider.client_id, "private": provider.private}
    if client_secret:
        said["client_secret"] = await cipher.seal(uow, "provider", "client_secret", one, client_secret)
    if former is None:
        await _store.add(uow, {"id": one, "name": provider.name, "issuer": provider.issuer, **said})
    else:
        await _store.change(uow, one, **said)
    note = text("act.set_provider.note", issuer=provider.issuer, amr=" ".join((*provider.amr, *provider.acr)) or "—")
    audit.record(uow, "providers.set", label=text("act.set_provider", name=provider.name), by=by, note=note)
    return one


async def end_provider(uow: UnitOfWork, actor: Actor | None, which: UUID) -> None:
    """Nobody signs in through it from now on, and its links are ended. Raises NotFound."""
    by = _by(actor)
    row = await _store.find(uow, which)
    if row is None:
        raise NotFound
    await _store.end_links(uow, [one.id for one in await _store.links(uow) if one.provider == which])
    await _store.change(uow, which, ended_at=uow.now)
    audit.record(uow, "providers.end", label=text("act.end_provider", name=row.name), by=by)


async def link(uow: UnitOfWork, actor: Actor, which: UUID, *, login: str, subject: str) -> None:
    """Say beforehand that ``subject`` there is who has ``login`` here. Raises NotFound, Invalid, LinkTaken."""
    require(actor, permissions.MANAGE)
    row, found = await _store.find(uow, which), await _store.with_login(uow, login)
    if row is None:
        raise NotFound
    wrong = {}
    if found is None:
        wrong["login"] = text("provider.login")
    if not 0 < len(subject) <= 255 or not subject.isprintable():
        wrong["subject"] = text("provider.subject")
    if wrong or found is None:
        raise Invalid(tuple(Item(code="invalid", message=said, field=name) for name, said in wrong.items()))
    await _link(uow, actor, row.id, row.name, subject, found.id, f"{found.name}（{login}）")


async def link_own(uow: UnitOfWork, actor: Actor, visit: Visit, claims: Claims) -> None:
    """Link the account with which the actor has just signed in there. Raises VisitLost, LinkTaken."""
    if visit.person != actor.person:
        raise VisitLost  # somebody else has signed in here meanwhile
    await _link(uow, actor, visit.provider.id, visit.provider.name, claims.subject, actor.person, actor.called)


async def _link(uow: UnitOfWork, actor: Actor, which: UUID, name: str, subject: str, who: UUID, called: str) -> None:
    if not await _store.add_link(uow, which, subject, who):
        raise LinkTaken
    label = text("act.link_account", name=name, person=called)
    audit.record(uow, "providers.link", label=label, by=actor.by, facts={"person": (None, str(who))}, note=subject)


async def unlink(uow: UnitOfWork, actor: Actor, which: UUID) -> None:
    """Raises NotFound."""
    require(actor, permissions.MANAGE)
    await _unlink(uow, actor, which, await _store.links(uow))


async def unlink_own(uow: UnitOfWork, actor: Actor, which: UUID) -> None:
    """Raises NotFound, also for another's."""
    await _unlink(uow, actor, which, await _store.links(uow, actor.person))


async def _unlink(uow: UnitOfWork, actor: Actor, which: UUID, among: Sequence[Link]) -> None:
    found = next((one for one in among if one.id == which), None)
    if found is None:
        raise NotFound
    await _store.end_links(uow, [which])
    label = text("act.unlink_account", name=found.provider_name, person=f"{found.person_name}（{found.login}）")
    facts = {"person": (None, str(found.person))}
    audit.record(uow, "providers.unlink", label=label, by=actor.by, facts=facts, note=found.subject)


async def begin(uow: UnitOfWork, provider: Provider, secret: str, wanted: str, person: UUID | None = None) -> None:
    """Keep that a browser is on its way; ``person`` is who wants to be linked. Only a digest of its state is kept."""
    row = {"digest": _provider.digest_of(secret), "provider": provider.id, "person": person, "wanted": wanted}
    await _store.add_visit(uow, row)


async def come_back(uow: UnitOfWork, secret: str, state: str) -> Visit:
    """End the visit of the browser that has ``secret``; the caller commits before the code is exchanged, so that no
    state counts twice. Raises VisitLost.
    """
    if not compare_digest(_provider.secret_for(secret, "state").encode(), state.encode()):
        raise VisitLost
    visit = await _store.use_visit(uow, _provider.digest_of(secret), LASTS)
    row = None if visit is None else await _store.find(uow, visit.provider)
    if visit is None or row is None:
        raise VisitLost
    sealed = row.client_secret
    return Visit(
        provider=_store.provider_of(row),
        person=visit.person,
        wanted=visit.wanted,
        secret=secret,
        client_secret=await cipher.open_(uow, "provider", "client_secret", row.id, sealed) if sealed else None,
    )


async def sign_in(
    uow: UnitOfWork, visit: Visit, claims: Claims, *, terms: Terms, came: identity.Came, choose: bool = False
) -> SignedIn:
    """Open a session for who is linked. Raises NotLinked, and SignInFailed for an account that may not sign in.

    A second factor is asked for here all the same, unless the configuration trusts what the provider says of its own.
    """
    provider = visit.provider
    if await _store.find(uow, provider.id) is None:
        raise VisitLost  # ended while the browser was there
    who = await _store.person_of(uow, provider.id, claims.subject)
    if who is None:
        raise NotLinked
    strong = bool(set(claims.amr) & set(provider.amr)) or claims.acr in provider.acr
    signed_in = await identity.sign_in_as(uow, who, terms=terms, came=came, strong=strong, choose=choose)
    if signed_in is None:
        raise identity.SignInFailed
    label = text("act.provider_sign_in", name=provider.name)
    note = text("act.provider_sign_in.strong") if strong else ""
    audit.record(uow, "providers.sign_in", label=label, by=By(signed_in.actor.name, who), note=note)
    return signed_in


def _by(actor: Actor | None) -> By:
    if actor is None:
        return By(label=text("actor.operator"))
    require(actor, permissions.MANAGE)
    return actor.by


def _amiss(provider: Provider) -> dict[str, str]:
    """What does not fit, by field."""
    wrong = {}
    if not 0 < len(provider.name) <= 40 or not provider.name.isprintable():
        wrong["name"] = text("provider.name")
    parts = urlsplit(provider.issuer)
    try:
        _fetch.require_address(provider, provider.issuer)
        plain = not parts.query
    except _fetch.NotAllowed:
        plain = False
    if not plain or len(provider.issuer) > 500:
        wrong["issuer"] = text("provider.issuer")
    if not 0 < len(provider.client_id) <= 500 or not provider.client_id.isprintable():
        wrong["client_id"] = text("provider.client_id")
    if not all(0 < len(host) <= 253 and host.isascii() and not set(host) & set("/@:? ") for host in provider.hosts):
        wrong["hosts"] = text("provider.hosts")
    return wrong
