"""Lists: everything in reach once, in the order asked for, and as many as are said; the date shown is the true one."""

import pytest
from sqlalchemy import text

from lianshen.projects import queries
from lianshen.projects.types import ProjectLine, Sort
from lianshen.rules.queries import Law
from tests.bench import shapes
from tests.bench.shapes import Walker
from tests.walk.driver import LEAD, instant

_NEAREST = text("""
    SELECT count(*) FROM project p WHERE p.due_on <> coalesce((SELECT min(d.due_on) FROM deadline d
        WHERE d.tenant = p.tenant AND d.project = p.id AND d.state = 'open'), 'infinity')
""")


@pytest.fixture(scope="module")
async def walked(database, worker_database, staff, law: Law, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Projects at seven stages, some with open dates and some without."""
    from tests.conftest import Desk

    for shape in shapes.SHAPES:
        walk = Walker(Desk(database), staff, law, tmp_path_factory.mktemp("files"), Desk(worker_database))
        await shape.walk(walk, instant("2026-03-02").date())


async def pages(work, staff, sort: Sort, *, limit: int = 4, **filters: str) -> tuple[int, list[ProjectLine]]:
    """The whole list as the lead office turns its pages."""
    actor = await staff.actor(staff.find(*LEAD))
    found: list[ProjectLine] = []
    cursor = None
    while True:
        async with work(read_only=True) as uow:
            await uow.enter(actor.tenant)
            page = await queries.page(uow, actor, sort=sort, cursor=cursor, limit=limit, **filters)
        found += page.items
        cursor = page.next
        if cursor is None:
            return page.total, found


@pytest.mark.parametrize("sort", ["updated", "due"])
async def test_pages_hold_every_project_once_in_order(work, staff, walked, sort: Sort) -> None:
    total, found = await pages(work, staff, sort)
    assert total == len(found) == len({line.id for line in found}) > 6
    if sort == "updated":
        assert found == sorted(found, key=lambda line: (line.updated_at, line.id), reverse=True)
    else:
        dates = [line.due_on.isoformat() if line.due_on else "infinity" for line in found]
        assert dates == sorted(dates)
        assert dates[0] != "infinity"
        assert dates[-1] == "infinity"


async def test_filters_narrow_list_and_total_alike(work, staff, walked) -> None:
    _, everything = await pages(work, staff, "due")
    phase = everything[0].phase
    total, found = await pages(work, staff, "due", phase=phase)
    assert [line.id for line in found] == [line.id for line in everything if line.phase == phase]
    assert total == len(found) < len(everything)
    assert (await pages(work, staff, "due", words=everything[0].number)) == (1, everything[:1])
    assert (await pages(work, staff, "updated", words="%")) == (0, [])


async def test_a_cursor_of_another_order_begins_anew(work, staff, walked) -> None:
    actor = await staff.actor(staff.find(*LEAD))
    async with work(read_only=True) as uow:
        await uow.enter(actor.tenant)
        first = await queries.page(uow, actor, sort="updated", limit=2)
        again = await queries.page(uow, actor, sort="due", cursor=first.next, limit=2)
        assert again == await queries.page(uow, actor, sort="due", limit=2)


async def test_the_date_in_the_list_is_the_nearest_open_one(superuser, walked) -> None:
    assert (await superuser.execute(_NEAREST)).scalar_one() == 0
    tampered = text("UPDATE project SET due_on = '2030-01-01' WHERE due_on <> 'infinity'")
    await superuser.execute(tampered)
    assert (await superuser.execute(_NEAREST)).scalar_one() > 0
    await superuser.rollback()
