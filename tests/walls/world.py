"""Two tenants with the same kinds of objects: ours made by our people, theirs copied over to the other side.

``ids_of(tenant)`` gives the id of one object for every name that routes use. A route that names a new kind of object
needs a line in ``KINDS``, and a maker in ``made`` where no table holds a row of it yet.
"""

from datetime import date
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ForeignKeyConstraint, Select, Table, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from lianshen.calendars.commands import put_up
from lianshen.identity import commands as identity
from lianshen.kernel import integrity
from lianshen.kernel.schema import CANARY
from lianshen.providers import commands as providers
from lianshen.providers.types import Provider
from lianshen.systems import commands as systems
from lianshen.systems.queries import grantable
from lianshen.tables import metadata
from lianshen.tenancy.types import PLATFORM
from lianshen.versions.commands import plan_move
from tests.walk.driver import Driver

OURS, THEIRS = "320723", "421000"
LOCAL = {
    "year": "2026",
    "notice_title": "关于地方节日放假的通知",
    "notice_number": "地方〔2026〕1号",
    "notice_published": "2026-01-05",
    "source": "2026-06-01 地方节日",
}
KINDS = {
    "after": "post",
    "deputy": "person",
    "document": "document",
    "key": "system_token",
    "link": "provider_link",
    "order": "operator_order",
    "passkey": "factor",
    "plan": "move_plan",
    "project": "project",
    "successor": "person",
}
"""What a parameter of a route or a field of a body names: the table of the object. A name of a table needs no line."""
_AT_HAND = ("appointment", "office", "person", "post", "session")
"""Tables of which every tenant has rows from the beginning, or as soon as somebody has signed in."""
_STEADY = {"person": ("login",), "post": ("roles", "office")}
"""Tables with a ``kind`` whose rows stand by these: not an administrator's, who may not do with their own what others
may, and not now this one, now that one, as ids made at random would have it."""
_PLATFORMS = ("operator_order",)
"""Tables of which the platform's own tenant alone has rows: foreign to either side."""
_ORDER = text("""
    INSERT INTO operator_order (tenant, id, kind, subject, details, requested_at, requested_by, requester, state,
                                progress)
    SELECT tenant, gen_random_uuid(), 'suspend', :subject, '{}', now(), id, name, 'ordered', '' FROM person
    WHERE tenant = '000000' ORDER BY login LIMIT 1
""")

_VISIT = text("""
    INSERT INTO visit (tenant, id, subject, operator, name, reason, ticket, asked_at, until, digest)
    VALUES (:subject, gen_random_uuid(), :subject, gen_random_uuid(), '运维', '核对', '工单', now(),
            now() + interval '1 day', sha256(gen_random_uuid()::text::bytea))
""")


_TOLD = text("""
    INSERT INTO notice (tenant, event, person, project, subject, body, at, kind)
    SELECT tenant, gen_random_uuid(), id, :project, '题', '文', now(), 'project' FROM person
    WHERE tenant = :tenant AND login = :login
""")
_SET_UP = text("""
    WITH made AS (
        INSERT INTO endpoint (tenant, id, channel, name, address, details, kinds, state, state_at, reason, failures,
                              created_at, created_by)
        SELECT tenant, gen_random_uuid(), 'webhook', '门户', 'x', '{}', '{project}', 'active', now(), '', 0, now(), id
        FROM person WHERE tenant = :tenant ORDER BY login LIMIT 1 RETURNING tenant, id)
    INSERT INTO message (tenant, id, event, channel, kind, endpoint, at, position, digest, state, next_at, attempts,
                         reason)
    SELECT tenant, gen_random_uuid(), gen_random_uuid(), 'webhook', 'project', id, now(), 1, false, 'parked', now(), 8,
           'HTTP 500' FROM made
""")
_PASSKEY = text("""
    INSERT INTO factor (tenant, id, person, kind, secret, counter, created_at, confirmed_at, name, credential)
    VALUES (:tenant, gen_random_uuid(), :person, 'passkey', '', 0, now(), now(), '钥匙', '\\x01')
""")


class Unmade(Exception):
    """A route names a kind of object that these tests do not know how to make."""


class World:
    """Ids of objects of both tenants."""

    def __init__(self, superuser: AsyncConnection, project: UUID) -> None:
        self._superuser = superuser
        self.project = project
        self._copies: dict[tuple[str, UUID], UUID] = {}

    async def ids_of(self, tenant: str, names: set[str]) -> dict[str, UUID]:
        """An object of ``tenant`` for each of ``names``. Raises Unmade."""
        return {name: await self._id(tenant, table_of(name)) for name in sorted(names)}

    async def _id(self, tenant: str, table: Table) -> UUID:
        if table.name in _PLATFORMS:
            return await self._any(table, PLATFORM)
        mine = await self._of_ours(table)
        if tenant == OURS:
            return mine
        if table.name in _AT_HAND:
            return await self._any(table, tenant)
        return await self._copy(table, mine)

    async def _of_ours(self, table: Table) -> UUID:
        asked = _first(table, OURS)
        if table.name == "project":
            asked = asked.where(table.c.id == self.project)
        elif "project" in table.c:
            asked = asked.where(table.c.project == self.project)
        found = (await self._superuser.execute(asked)).scalar_one_or_none()
        if found is None:
            raise Unmade(f"no row of {table.name}: make one in `made` of tests/walls/world.py")
        return UUID(str(found))

    async def _any(self, table: Table, tenant: str) -> UUID:
        return UUID(str((await self._superuser.execute(_first(table, tenant))).scalar_one()))

    async def _copy(self, table: Table, mine: UUID) -> UUID:
        """A row of ours as one of theirs, with whatever it refers to."""
        if known := self._copies.get((table.name, mine)):
            return known
        row = dict(
            (await self._superuser.execute(select(table).where(table.c.tenant == OURS, table.c.id == mine)))
            .mappings()
            .one()
        )
        self._copies[table.name, mine] = row["id"] = uuid4()
        row["tenant"] = THEIRS
        row = {name: value for name, value in row.items() if table.c[name].computed is None}
        row |= {name: THEIRS for name in ("subject",) if row.get(name) == OURS}
        row |= {name: None for name in row if name.startswith("approve")}  # by another than who planned it: nobody yet
        for key in table.constraints:
            if isinstance(key, ForeignKeyConstraint) and key.referred_table.name != "tenant":
                row |= await self._referred(key, row)
        if "number" in row:
            row["number"] = f"{THEIRS}-{row['id']}"
        await self._superuser.execute(insert(table).values(row))
        await self._superuser.commit()
        return UUID(str(row["id"]))

    async def _referred(self, key: ForeignKeyConstraint, row: dict[str, Any]) -> dict[str, Any]:
        columns = [one for one in key.columns if one.name != "tenant"]
        if len(columns) > 1:  # what it names is named by a column of its own, too
            return {}
        (column,) = columns
        value = row[column.name]
        if value is None or not isinstance(value, UUID):
            return {}
        other = key.referred_table
        if other.name in _AT_HAND:
            return {column.name: await self._any(other, THEIRS)}
        return {column.name: await self._copy(other, value)}


def _first(table: Table, tenant: str) -> Select[Any]:
    """The id of one row of ``tenant``, the same in every run where it matters which; canaries are nobody's."""
    asked = select(table.c.id).where(table.c.tenant == tenant, table.c.id != CANARY).limit(1)
    if table.name in _STEADY:
        by = [table.c[column] for column in _STEADY[table.name]]
        return asked.where(table.c.kind == "staff").order_by(*by, table.c.id)
    return asked.order_by(table.c.id)


def table_of(name: str) -> Table:
    """The table of the objects that ``name`` stands for. Raises Unmade."""
    table = metadata.tables.get(KINDS.get(name, name))
    if table is None or "id" not in table.c:
        raise Unmade(
            f"a route names an object as {name!r}: say in KINDS of tests/walls/world.py of which table it is, "
            "or in CODES of tests/walls/routes.py that it is no tenant's object"
        )
    return table


async def made(work: Any, staff: Any, law: Any, files: Any, superuser: AsyncConnection) -> World:
    """A project in joint review with papers, deadlines, opinions and tasks; a plan to move projects; on both sides."""
    drive = Driver(work, staff, law, files)
    drive.at("2026-03-02")
    await drive.to_joint_review("2026-03-20", "700000")
    async with work() as uow:
        officer = await staff.actor(staff.find("县数据局", "rules_officer"))
        await uow.enter(OURS)
        await plan_move(uow, officer, law, "320723@2025-09-06")
        await put_up(uow, officer, "local", LOCAL)
        await uow.commit()
    guard = await staff.actor(staff.find("县数据局", "security_admin"))
    async with work() as uow:
        await uow.enter(OURS)
        system = await systems.register(uow, guard, name="办公系统", office=guard.office, person=guard.person)
        await systems.issue(uow, guard, system, may=grantable()[:1], days=30)
        said = Provider(id=system, name="统一身份认证", issuer="https://sso.example", client_id="lianshen")
        provider = await providers.set_provider(uow, guard, said)
        login = staff.find("县数据局", "security_admin")
        await providers.link(uow, guard, provider, login=login, subject="security")
        keeper = await identity.add_person(uow, guard.office, "keeper", "有钥匙的人", (), date(2026, 1, 1))
        assert keeper is not None
        await uow.commit()
    await superuser.execute(_PASSKEY, {"tenant": OURS, "person": keeper[0]})
    await superuser.execute(_ORDER, {"subject": THEIRS})
    told = {"tenant": OURS, "project": drive.project, "login": staff.find("县数据局", "lead_officer")}
    await superuser.execute(_TOLD, told)
    await superuser.execute(_SET_UP, {"tenant": OURS})
    await superuser.execute(_VISIT, {"subject": OURS})
    await superuser.commit()
    world = World(superuser, drive.project)
    await world.ids_of(
        THEIRS,
        {
            "project",
            "document",
            "deadline",
            "opinion",
            "plan",
            "system",
            "key",
            "provider",
            "link",
            "passkey",
            "calendar_plan",
        },
    )
    async with work() as uow:  # copies count as changed past our commands, else
        await uow.enter(THEIRS)
        await integrity.protect_all(uow)
        await uow.commit()
    return world


async def digests(superuser: AsyncConnection) -> dict[tuple[str, str], str]:
    """A digest of all rows of every table, by table and tenant."""
    await superuser.commit()
    found = {}
    for table in metadata.sorted_tables:
        owner = "tenant" if "tenant" in table.c else "''"
        asked = text(f"SELECT {owner}, md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {table.name} t GROUP BY 1")
        found.update({(table.name, tenant): digest for tenant, digest in await superuser.execute(asked)})
    return found
