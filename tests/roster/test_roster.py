"""Rosters show what is whose, under the reach of the reader's post, with the days left of the calendar."""

import time
from datetime import date
from uuid import uuid4

import pytest
from msgspec.structs import replace
from sqlalchemy import text

from lianshen.kernel.errors import NotFound
from lianshen.roster.queries import late, roster
from lianshen.roster.types import Asked
from tests.walk.driver import CYBER, FINANCE, LEAD, REFORM, UNIT
from tests.walk.test_walk import to_joint_review

OTHER_UNIT = ("县卫生健康委", "applicant")


@pytest.fixture
def seen(work, law, staff):
    """The roster of somebody: what ``asked``, of one project or of all."""

    async def of(who, project=None, **asked):
        actor = await staff.actor(staff.find(*who))
        async with work(read_only=True) as uow:
            await uow.enter(actor.tenant)
            found = await roster(uow, actor, law.calendar, Asked(**asked), limit=500)
        if project is None:
            return found
        return replace(found, items=tuple(line for line in found.items if line.project == project))

    return of


@pytest.fixture
async def reviewed(driver):
    drive = driver()
    drive.at("2026-09-16")
    await to_joint_review(drive, "700000")
    return drive


async def test_what_an_office_owes_is_its_own_until_one_of_it_has_acted(reviewed, seen, staff):
    (line,) = (await seen(FINANCE, reviewed.project, whose="mine")).items
    assert (line.due_on, line.days_left, line.state, line.mine) == (date(2026, 9, 23), 6, "later", True)
    assert (line.owed_by, line.owed_by_name) == ("county_finance_bureau", "县财政局")
    assert line.article
    assert line.quotation
    other = ("县财政局", "estimate_reviewer")
    assert (await seen(other, reviewed.project, whose="mine")).items == (line,)
    await reviewed.act(FINANCE, "give_opinion", verdict="agree", remarks="同意。")
    assert (await seen(FINANCE, reviewed.project, whose="office")).items == ()
    assert len((await seen(LEAD, reviewed.project, whose="all")).items) == 2
    assert len((await seen(LEAD, reviewed.project, whose="awaited")).items) == 2
    assert (await seen(LEAD, reviewed.project, whose="office")).items == ()


async def test_of_two_colleagues_only_who_has_acted_on_it_is_reminded(reviewed, seen, staff, work):
    """As soon as somebody of the unit has acted, what the unit owes there is theirs and no colleague's."""
    for who in (REFORM, FINANCE, CYBER):
        await reviewed.act(who, "give_opinion", verdict="agree", remarks="同意。")
    await reviewed.act(LEAD, "return_with_remarks", remarks="完善接口设计。")
    assert [line.label for line in (await seen(UNIT, reviewed.project, whose="mine")).items]
    colleague = replace(await reviewed.actor(UNIT), person=uuid4())
    async with work(read_only=True) as uow:
        await uow.enter(colleague.tenant)
        mine = await roster(uow, colleague, reviewed._law.calendar, Asked(whose="mine"), limit=500)
        office = await roster(uow, colleague, reviewed._law.calendar, Asked(whose="office"), limit=500)
    assert reviewed.project not in {line.project for line in mine.items}
    assert reviewed.project in {line.project for line in office.items}


async def test_nobody_sees_dates_of_projects_they_do_not_see(reviewed, seen):
    assert (await seen(OTHER_UNIT, reviewed.project, whose="all")).items == ()
    assert len((await seen(UNIT, reviewed.project, whose="all")).items) == 3


async def test_states_follow_the_calendar_and_add_up(reviewed, seen):
    expected = {
        "2026-09-16": ("later", 6),
        "2026-09-20": ("soon", 3),
        "2026-09-23": ("today", 0),
        "2026-09-28": ("late", -2),
    }
    for day, (state, left) in expected.items():
        reviewed.at(day)
        found = await seen(FINANCE, reviewed.project, whose="mine")
        assert [(line.state, line.days_left) for line in found.items] == [(state, left)], day
        assert reviewed.project in {line.project for line in (await seen(FINANCE, whose="mine", state=state)).items}
        counts = found.counts
        assert counts.total == found.tabs.mine == found.total
        chosen = await seen(FINANCE, whose="mine", state=state)
        assert chosen.total == getattr(counts, state) == len(chosen.items)


async def test_filters_narrow_and_pages_follow_each_other(reviewed, seen, staff, work, law):
    title = f"查找{uuid4().hex[:6]}%_"
    second = type(reviewed)(work, staff, law, reviewed._files)
    second.at("2026-09-16")
    await second.to_joint_review("2026-09-24", "700000", title=title)
    found = await seen(LEAD, whose="all", words=title)
    assert [line.project for line in found.items] == [second.project] * 3
    assert found.tabs.all == 3
    assert (await seen(LEAD, whose="all", words=title, since=date(2026, 9, 25))).total == 0
    assert (await seen(LEAD, whose="all", words=title, until=date(2026, 9, 24))).total == 3
    finance = await reviewed.actor(FINANCE)
    assert (await seen(LEAD, whose="all", words=title, owing=finance.office)).total == 1
    with pytest.raises(NotFound):
        await seen(LEAD, whose="all", owing=uuid4())
    lead = await reviewed.actor(LEAD)
    ids, cursor = [], None
    async with work(read_only=True) as uow:
        await uow.enter(lead.tenant)
        while True:
            page = await roster(uow, lead, law.calendar, Asked(whose="all", words=title), cursor=cursor, limit=2)
            ids += [line.id for line in page.items]
            if (cursor := page.next) is None:
                break
    assert len(ids) == len(set(ids)) == 3


async def test_what_each_office_owes_the_late_first(no_other_terms, reviewed, staff, work, law):
    reviewed.at("2026-09-28")
    lead = await reviewed.actor(LEAD)
    async with work(read_only=True) as uow:
        await uow.enter(lead.tenant)
        found = await late(uow, lead, law.calendar)
    by_name = {one.name: one for one in found}
    finance = by_name["县财政局"]
    assert finance.late >= 1
    assert (finance.worst, finance.days_late) == (date(2026, 9, 23), 2)
    assert [one.late for one in found] == sorted((one.late for one in found), reverse=True)


async def test_a_roster_of_ten_thousand_open_dates_is_quick_and_reads_the_index(reviewed, superuser, seen, work, staff):
    """As fast as somebody clicks: one statement, within a second on a loaded machine, over the index of open dates."""
    await superuser.execute(text("SET session_replication_role = replica"))
    await superuser.execute(
        text("""
        INSERT INTO deadline
        SELECT (jsonb_populate_record(d, jsonb_build_object(
            'id', gen_random_uuid(), 'clock', 'many-' || n, 'due_on', d.due_on + n % 200))).*
        FROM deadline d, generate_series(1, 10000) n
        WHERE d.id = (SELECT id FROM deadline WHERE project = :project AND state = 'open' LIMIT 1)
    """),
        {"project": reviewed.project},
    )
    await superuser.commit()
    await superuser.execute(text("ANALYZE deadline"))
    try:
        for whose in ("mine", "office", "awaited", "all"):
            before = time.perf_counter()
            found = await seen(LEAD, whose=whose)
            assert time.perf_counter() - before < 1
        assert found.tabs.all > 10000
        plan = await superuser.execute(
            text("EXPLAIN SELECT id FROM deadline WHERE tenant = 't' AND state IN ('open', 'paused') ORDER BY due_on")
        )
        assert "deadline_roster_idx" in "\n".join(plan.scalars())
    finally:
        await superuser.execute(text("DELETE FROM deadline WHERE clock LIKE 'many-%'"))
        await superuser.commit()
