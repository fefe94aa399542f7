"""The demo's jurisdictions, offices and posts, from ``tenants/<code>-<name>/``; what is there already is kept."""

import secrets
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from uuid import UUID

import msgspec

from lianshen.audit.commands import record
from lianshen.audit.types import By
from lianshen.cli.accounts import Account
from lianshen.identity import commands as identity
from lianshen.identity.commands import hash_password
from lianshen.kernel import cipher
from lianshen.kernel.clock import now
from lianshen.kernel.database import Database, UnitOfWork
from lianshen.kernel.messages import text
from lianshen.kernel.settings import Settings
from lianshen.kernel.strict_yaml import load
from lianshen.tenancy import commands as tenancy
from lianshen.tenancy.types import Parent, Tenant

_SINCE = date(2020, 1, 1)
"""Since when the demo's people hold their posts: before any day that somebody may want to try."""


class ParentEdge(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A level above, from the day ``since`` on."""

    tenant: str
    since: date
    until: date | None = None


class TenantFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``tenant.yaml``: a jurisdiction, and who stands above it."""

    code: str
    name: str
    level: str
    parents: list[ParentEdge]


class Post(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody who can log in. Named in two offices, it is one person with two posts."""

    login: str
    name: str
    role: str


class Office(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An office, which is a body of the packs."""

    code: str
    name: str
    body: str
    posts: list[Post]


class Demo(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``demo.yaml``: the offices and posts of the demo."""

    offices: list[Office]


async def seed_demo(settings: Settings, accounts_file: Path) -> None:
    """Enter every jurisdiction below ``settings.tenants_dir`` with its offices and posts; safe to repeat.

    Runs as the owner of the schema, which is under the walls too. All accounts of one instance share a random
    password, made once and kept in ``accounts_file``: this is for a demo on one machine.
    """
    cipher.start(settings)
    password = _known_password(accounts_file) or secrets.token_urlsafe(6)
    hashed = hash_password(password)
    folders = sorted(path.parent for path in settings.tenants_dir.glob("*/tenant.yaml"))
    tenants = [msgspec.convert(load(folder / "tenant.yaml").data, TenantFile) for folder in folders]
    database = Database(settings.owner_database_url, pool_size=1, name="lianshen-seed")
    try:
        for tenant in tenants:
            await _register(database, tenant)
        accounts: list[Account] = []
        for folder, tenant in zip(folders, tenants, strict=True):
            demo = msgspec.convert(load(folder / "demo.yaml").data, Demo)
            await _enter_people(database, tenant, demo, hashed)
            accounts += _accounts(tenant, demo, password)
    finally:
        await database.close()
    _keep(accounts, accounts_file)


def _keep(accounts: list[Account], accounts_file: Path) -> None:
    accounts_file.touch(mode=0o600)
    accounts_file.write_bytes(msgspec.json.format(msgspec.json.encode(accounts)))


def _work(database: Database) -> UnitOfWork:
    return UnitOfWork(database, now=now(), jobs_for=lambda _: (), request_id="seed")


async def _register(database: Database, tenant: TenantFile) -> None:
    async with _work(database) as uow:
        await uow.enter(tenant.code)
        await tenancy.register(uow, Tenant(tenant.code, tenant.name, tenant.level))
        await uow.commit()


async def _enter_people(database: Database, tenant: TenantFile, demo: Demo, hashed: str) -> None:
    async with _work(database) as uow:
        await uow.enter(tenant.code)
        await tenancy.place(uow, [Parent(one.tenant, one.since, one.until) for one in tenant.parents])
        added = 0
        for office in demo.offices:
            at = await identity.add_office(uow, office.code, office.name, office.body)
            for post in office.posts:
                added += await _enter_post(uow, at, post, hashed, f"100{tenant.code[:4]}{added:04}")
        if added:
            record(uow, "identity.enter_people", label=text("act.enter_people"), by=By(label=text("actor.operator")))
        await uow.commit()


async def _enter_post(uow: UnitOfWork, office: UUID, post: Post, hashed: str, phone: str) -> bool:
    """False when it is there already."""
    found = await identity.add_person(uow, office, post.login, post.name, (post.role,), _SINCE, hashed=hashed)
    if found is not None:
        await identity.set_contact(uow, found[0], phone, f"{post.login}@{uow.tenant}.invalid")
        return True
    return await identity.add_post(uow, office, post.login, (post.role,), _SINCE)


def _accounts(tenant: TenantFile, demo: Demo, password: str) -> Iterator[Account]:
    for office in demo.offices:
        for post in office.posts:
            yield Account(tenant.code, tenant.name, office.name, post.login, post.name, post.role, password)


def _known_password(accounts_file: Path) -> str | None:
    if not accounts_file.exists():
        return None
    accounts = msgspec.json.decode(accounts_file.read_bytes(), type=list[Account])
    return accounts[0].password if accounts else None
