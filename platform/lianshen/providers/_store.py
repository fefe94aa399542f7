"""SQL of providers, links and visits."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, Row, delete, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from lianshen.identity._tables import person
from lianshen.kernel.database import UnitOfWork
from lianshen.providers._tables import provider, provider_link, provider_visit
from lianshen.providers.types import Link, Provider

_KEPT_FOR = timedelta(days=1)


def provider_of(row: Row[Any]) -> Provider:
    said = {name: getattr(row, name) for name in Provider.__struct_fields__}
    return Provider(**said | {name: tuple(said[name]) for name in ("hosts", "amr", "acr")})


async def providers(uow: UnitOfWork) -> list[Provider]:
    live = (provider.c.tenant == uow.tenant) & provider.c.ended_at.is_(None)
    return [provider_of(row) for row in await uow.execute(select(provider).where(live).order_by(provider.c.name))]


async def find(uow: UnitOfWork, which: UUID) -> Row[Any] | None:
    mine = (provider.c.tenant == uow.tenant) & (provider.c.id == which) & provider.c.ended_at.is_(None)
    return (await uow.execute(select(provider).where(mine))).one_or_none()


async def named(uow: UnitOfWork, name: str) -> Row[Any] | None:
    """The live provider of that name, locked."""
    mine = (provider.c.tenant == uow.tenant) & (provider.c.name == name) & provider.c.ended_at.is_(None)
    return (await uow.execute(select(provider).where(mine).with_for_update())).one_or_none()


async def add(uow: UnitOfWork, row: Mapping[str, Any]) -> None:
    await uow.execute(insert(provider).values(tenant=uow.tenant, created_at=uow.now, **row))


async def change(uow: UnitOfWork, which: UUID, **values: object) -> None:
    await uow.execute(update(provider).where(provider.c.tenant == uow.tenant, provider.c.id == which).values(values))


async def links(uow: UnitOfWork, who: UUID | None = None) -> list[Link]:
    """Live links to live providers, of one person or of all."""
    statement = (
        select(
            provider_link,
            provider.c.name.label("provider_name"),
            person.c.name.label("person_name"),
            person.c.login,
        )
        .join(provider, (provider.c.tenant == provider_link.c.tenant) & (provider.c.id == provider_link.c.provider))
        .join(person, (person.c.tenant == provider_link.c.tenant) & (person.c.id == provider_link.c.person))
        .where(provider_link.c.tenant == uow.tenant, provider_link.c.ended_at.is_(None), provider.c.ended_at.is_(None))
        .order_by(provider.c.name, person.c.login)
    )
    if who is not None:
        statement = statement.where(provider_link.c.person == who)
    rows = (await uow.execute(statement)).all()
    return [Link(**{name: getattr(row, name) for name in Link.__struct_fields__}) for row in rows]


async def person_of(uow: UnitOfWork, which: UUID, subject: str) -> UUID | None:
    link = provider_link.c
    mine = (link.tenant == uow.tenant) & (link.provider == which) & (link.subject == subject) & link.ended_at.is_(None)
    return (await uow.execute(select(link.person).where(mine))).scalar_one_or_none()


async def with_login(uow: UnitOfWork, login: str) -> Row[Any] | None:
    mine = (person.c.tenant == uow.tenant) & (person.c.login == login)
    return (await uow.execute(select(person.c.id, person.c.name).where(mine))).one_or_none()


async def add_link(uow: UnitOfWork, which: UUID, subject: str, who: UUID) -> bool:
    """False when the subject or the person is linked there already."""
    row = {"id": uuid4(), "provider": which, "subject": subject, "person": who, "created_at": uow.now}
    statement = upsert(provider_link).values(tenant=uow.tenant, **row).on_conflict_do_nothing()
    return (await uow.execute(statement.returning(provider_link.c.id))).first() is not None


async def end_links(uow: UnitOfWork, which: Sequence[UUID]) -> None:
    mine = (provider_link.c.tenant == uow.tenant) & provider_link.c.id.in_(which)
    await uow.execute(update(provider_link).where(mine).values(ended_at=uow.now))


async def add_visit(uow: UnitOfWork, row: Mapping[str, Any]) -> None:
    """Keep a visit that begins, and no longer those of days past."""
    old = (provider_visit.c.tenant == uow.tenant) & (provider_visit.c.created_at < uow.now - _KEPT_FOR)
    await uow.execute(delete(provider_visit).where(old))
    await uow.execute(insert(provider_visit).values(tenant=uow.tenant, created_at=uow.now, **row))


async def use_visit(uow: UnitOfWork, digest: bytes, lasts: timedelta) -> Row[Any] | None:
    """The visit that ends now; None when there is none such, it is over, or it took too long."""
    visit = provider_visit.c
    mine: ColumnElement[bool] = (visit.tenant == uow.tenant) & (visit.digest == digest) & visit.used_at.is_(None)
    done = update(provider_visit).where(mine, visit.created_at > uow.now - lasts).values(used_at=uow.now)
    return (await uow.execute(done.returning(provider_visit))).one_or_none()
