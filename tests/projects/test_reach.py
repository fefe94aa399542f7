"""The scope of reading: one predicate, equal to a slow look at each row, in every way to come by a project."""

from itertools import chain, combinations
from random import Random
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert, text

from lianshen.projects import _store
from lianshen.projects._reach import EVERYTHING
from lianshen.projects._store import Reach
from lianshen.projects.permissions import OFFICE, TENANT, UNIT
from lianshen.tables import metadata
from tests.support.seals import reseal

THERE = "990100"
SCOPES = [frozenset(one) for one in chain.from_iterable(combinations((UNIT, OFFICE, TENANT), n) for n in range(4))]
OFFICES, PROJECTS = 12, 1200
ALL = {"sort": "updated", "phase": None, "after": None}


class County:
    """Rows as they are, for looking at one by one."""

    def __init__(self, seed: int, now) -> None:
        random = Random(seed)
        self.offices = [UUID(int=random.getrandbits(128), version=4) for _ in range(OFFICES)]
        self.projects = [
            {"id": UUID(int=random.getrandbits(128), version=4), "number": f"{THERE}-2026-{place:04d}",
             "office": random.choice(self.offices), "disclosed": random.random() < 0.6, "title": f"项目{place}",
             "phase": random.choice("ab"), "phase_label": "x", "pack": "x", "pack_digest": "x", "facts": {},
             "version": 1, "created_at": now, "updated_at": now}
            for place in range(PROJECTS)
        ]  # fmt: skip
        pairs = [(one["id"], office) for one in self.projects for office in self.offices]
        self.tasks = set(random.sample(pairs, len(pairs) // 20))
        self.events = set(random.sample(pairs, len(pairs) // 20))

    def reached(self, project, office: UUID, scopes: frozenset[str]) -> bool:
        """The slow way: one project, one office, one scope after another."""
        for scope in scopes:
            if scope == UNIT and project["office"] == office:
                return True
            if scope == TENANT and project["disclosed"]:
                return True
            pair = (project["id"], office)
            if scope == OFFICE and project["disclosed"] and (pair in self.tasks or pair in self.events):
                return True
        return False


@pytest.fixture
async def county(superuser, work, worker_database):
    made = County(7, work.now)
    tables = metadata.tables
    await superuser.execute(
        insert(tables["tenant"]).values(tenant=THERE, name="试验县", level="county", state="active")
    )
    rows = {
        "office": [{"id": one, "code": str(n), "name": f"单位{n}", "body": "x"} for n, one in enumerate(made.offices)],
        "project": made.projects,
        "task": [
            {"project": project, "office": office, "action": "x", "label": "x", "since": work.now}
            for project, office in sorted(made.tasks)
        ],
        "event": [
            {"seq": seq, "id": uuid4(), "project": project, "office": office, "at": work.now, "action": "x",
             "label": "x", "actor": "x", "article": "", "facts": {}, "note": "", "request_id": "x",
             "previous": seq.to_bytes(64), "sm3": bytes(32), "sha256": bytes(32), "encoding": 1,
             "result": "done", "source": "", "law": ""}
            for seq, (project, office) in enumerate(sorted(made.events), 1)
        ],
    }  # fmt: skip
    for name, values in rows.items():
        await superuser.execute(insert(tables[name]), [{"tenant": THERE, **row} for row in values])
    await superuser.commit()
    await reseal(worker_database, THERE)
    yield made
    await superuser.execute(text("SET session_replication_role = replica"))
    for name in (*reversed(rows), "data_key", "tenant"):
        await superuser.execute(text(f"DELETE FROM {name} WHERE tenant = :there"), {"there": THERE})
    await superuser.commit()


async def test_the_predicate_equals_a_look_at_each_row(county, work):
    """Over a hundred thousand pairs of a project and an office that reads in some scopes."""
    pairs = 0
    async with work(read_only=True) as uow:
        await uow.enter(THERE)
        for office in county.offices:
            for scopes in SCOPES:
                reach = Reach(office, scopes)
                listed = await _store.lines(uow, reach, **ALL, words=None, limit=10_000)
                expected = {one["id"] for one in county.projects if county.reached(one, office, scopes)}
                assert {line.id for line in listed.items} == expected, scopes
                assert listed.total == len(expected)
                assert sum(many for _, _, many in await _store.phases(uow, reach)) == len(expected)
                todo = {row["project"] for row in await _store.tasks(uow, reach)}
                assert todo == {project for project, at in county.tasks if at == office} & expected
                pairs += len(county.projects)
    assert pairs > 100_000


async def test_get_search_and_act_ask_the_same(county, work):
    random = Random(11)
    seen = hidden = 0
    async with work() as uow:
        await uow.enter(THERE)
        for _ in range(250):
            project, office, scopes = (random.choice(some) for some in (county.projects, county.offices, SCOPES))
            reach, expected = Reach(office, scopes), county.reached(project, office, scopes)
            assert (await _store.read(uow, project["id"], reach) is not None) == expected
            assert (await _store.hold(uow, project["id"], reach, ()) is not None) == expected
            found = await _store.lines(uow, reach, **ALL, words=project["number"], limit=5)
            assert [line.id for line in found.items] == ([project["id"]] if expected else [])
            seen, hidden = seen + expected, hidden + (not expected)
        for project in random.sample(county.projects, 50):
            assert (await _store.read(uow, project["id"], EVERYTHING) is not None) == project["disclosed"]
    assert min(seen, hidden) > 50


def test_a_scope_that_nobody_knows_reaches_nothing():
    assert Reach(uuid4(), frozenset()).predicate == "false"
    assert Reach(uuid4(), frozenset({"below", "*", ""})).predicate == "false"
