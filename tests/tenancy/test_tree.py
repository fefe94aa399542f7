"""The tree of jurisdictions: edges with dates, and what was true on a day stays true of it (D30)."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from lianshen.audit.types import By
from lianshen.kernel.errors import TenantClosed
from lianshen.tenancy import commands, queries
from lianshen.tenancy.commands import HasChildren, WrongDay, WrongState
from lianshen.tenancy.types import Parent, Tenant

BY = By("平台运维")
FIRST = date(2026, 1, 1)
CODES = [f"99001{number}" for number in range(5)]
PLAN = [
    ("990100", "样例省", "province", None),
    ("990110", "甲市", "city", "990100"),
    ("990120", "乙市", "city", "990100"),
    ("990111", "甲东县", "county", "990110"),
    ("990112", "甲西县", "county", "990110"),
    ("990190", "直管市", "county", "990100"),  # administered by the province, whatever its code looks like
]


@pytest.fixture
def act(operator_database, work):
    """Units of work of the operator's process."""
    return type(work)(operator_database)


async def found(act, code: str, name: str, level: str, parent: str | None) -> None:
    async with act() as uow:
        await uow.enter(code)
        await commands.register(uow, Tenant(code, name, level, "founding"))
        await commands.place(uow, [Parent(parent, FIRST)] if parent else [])
        await commands.open_founded(uow, "active")
        await uow.commit()


async def do(act, code: str, verb, *arguments, **options) -> None:
    async with act() as uow:
        await uow.enter(code)
        await verb(uow, *arguments, by=BY, **options)
        await uow.commit()


@pytest.fixture
async def land(act, superuser):
    """The plan above, at the start of 2026; gone again afterwards."""
    act.now = datetime(2026, 1, 5, 1, tzinfo=UTC)
    for one in PLAN:
        await found(act, *one)
    yield act
    await superuser.execute(text("SET session_replication_role = replica"))
    for table in ("parent_edge", "former_name", "succession", "chain_head", "event", "tenant"):
        await superuser.execute(text(f"DELETE FROM {table} WHERE tenant LIKE '9901%'"))
    await superuser.commit()


async def parents(act, on: date) -> dict[str, str | None]:
    async with act() as uow:
        return {one.code: one.parent for one in await queries.tree(uow, on) if one.code.startswith("9901")}


def moment(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, 1, tzinfo=UTC)


@pytest.mark.demand("D30")
async def test_a_county_moved_mid_year_has_both_parents_each_in_its_time(land, heard):
    await do(land, "990111", commands.move, "990120", date(2026, 7, 1))
    assert ("990111", "tenancy.move") in await heard()
    for on, expected in ((date(2026, 6, 30), "990110"), (date(2026, 7, 1), "990120"), (date(2027, 1, 1), "990120")):
        assert (await parents(land, on))["990111"] == expected
        async with land() as uow:
            assert await queries.above(uow, "990111", on) == [expected, "990100"]
    assert (await parents(land, date(2026, 12, 1)))["990112"] == "990110"


@pytest.mark.demand("D30")
async def test_a_city_under_the_province_has_no_prefix_in_common_with_a_parent_of_its_own(land):
    async with land() as uow:
        assert await queries.above(uow, "990190", date(2026, 3, 1)) == ["990100"]
    await do(land, "990190", commands.move, "990120", date(2026, 3, 2))
    async with land() as uow:
        assert await queries.above(uow, "990190", date(2026, 3, 1)) == ["990100"]
        assert await queries.above(uow, "990190", date(2026, 3, 2)) == ["990120", "990100"]


async def test_the_past_is_not_rewritten(land):
    land.now = moment(2026, 8, 1)
    with pytest.raises(WrongDay):
        await do(land, "990111", commands.move, "990120", date(2026, 7, 31))
    await do(land, "990111", commands.move, "990120", date(2026, 10, 1))
    for on in (date(2026, 9, 1), date(2026, 10, 1), date(2026, 11, 1)):
        if on > date(2026, 10, 1):
            await do(land, "990111", commands.move, "990110", on)
        else:
            with pytest.raises(WrongDay):
                await do(land, "990111", commands.move, "990110", on)
    assert [(await parents(land, date(2026, month, 15)))["990111"] for month in (9, 10, 11)] == [
        "990110", "990120", "990110",
    ]  # fmt: skip


@pytest.mark.demand("D30")
async def test_a_merged_county_is_read_only_keeps_its_history_and_leads_on_to_its_heir(land, superuser, heard):
    event = text("SELECT count(*) FROM event WHERE tenant = '990112'")
    land.now = moment(2026, 9, 1)
    await do(land, "990112", commands.succeed, ["990111"], date(2026, 9, 1), closes=True)
    assert (await superuser.execute(event)).scalar_one() == 1
    assert ("990112", "tenancy.succeed") in await heard()
    assert [(await parents(land, on))["990112"] for on in (date(2026, 8, 31), date(2026, 9, 1))] == ["990110", None]
    async with land() as uow:
        assert [one.code for one in await queries.heirs(uow, "990112")] == ["990111"]
        assert [one.code for one in await queries.heirs(uow, "990111")] == ["990111"]
        assert "990112" not in await queries.codes(uow)
    with pytest.raises(WrongState):
        await do(land, "990112", commands.move, "990120", date(2026, 9, 2))


async def open_again(uow, *, by: By) -> None:
    """As opening is asked for, with the sender that ``do`` names."""
    await commands.open_founded(uow, "active")


TODAY = date(2026, 9, 1)
WRONG = [
    ("closed", commands.move, ["990120", TODAY], {}),
    ("closed", commands.rename, ["甲东区", TODAY], {}),
    ("suspended", commands.succeed, [["990190"], TODAY], {"closes": True}),
    ("closed", commands.suspend, ["核查"], {}),
    ("suspended", commands.suspend, ["核查"], {}),
    ("active", commands.resume, ["核查"], {}),
    ("suspended", open_again, [], {}),
]


@pytest.mark.parametrize(
    ("state", "verb", "given", "more"), WRONG, ids=[f"{one[1].__name__}-{one[0]}" for one in WRONG]
)
async def test_each_act_on_a_tenant_has_states_in_which_it_is_refused(land, superuser, state, verb, given, more):
    """Whoever may write is asked by us, in words, before the database says no."""
    land.now = moment(2026, 9, 1)
    await turn(superuser, "990111", state)
    with pytest.raises(WrongState) as refused:
        await do(land, "990111", verb, *given, **more)
    assert "甲东县" in refused.value.detail


@pytest.mark.parametrize("state", ["suspended", "closed"])
async def test_who_takes_over_must_be_at_work_and_who_stands_above_must_stand(land, superuser, state):
    land.now = moment(2026, 9, 1)
    await turn(superuser, "990120", state)
    with pytest.raises(WrongState):
        await do(land, "990111", commands.succeed, ["990120"], TODAY, closes=False)
    if state == "closed":
        with pytest.raises(WrongState):
            await do(land, "990111", commands.move, "990120", date(2026, 10, 1))
    else:
        await do(land, "990111", commands.move, "990120", date(2026, 10, 1))


async def turn(superuser, code: str, state: str) -> None:
    """Past the guards of the database, as only its owner can."""
    await superuser.execute(text("SET session_replication_role = replica"))
    await superuser.execute(
        text("UPDATE tenant SET state = :state WHERE tenant = :code"), {"state": state, "code": code}
    )
    await superuser.execute(text("SET session_replication_role = origin"))
    await superuser.commit()


async def test_acts_of_a_closed_tenant_are_refused_by_the_database(land, work):
    land.now = moment(2026, 9, 1)
    await do(land, "990112", commands.succeed, ["990111"], date(2026, 9, 1), closes=True)
    from lianshen.audit.commands import record

    for action, refused in (("projects.submit", True), ("deadlines.expire", True), ("identity.sign_in", False)):
        async with work() as uow:
            await uow.enter("990112")
            record(uow, action, label="试", by=BY)
            if refused:
                with pytest.raises(TenantClosed):
                    await uow.commit()
            else:
                await uow.commit()


async def test_a_city_with_counties_is_not_closed_and_a_split_may_leave_it_standing(land):
    land.now = moment(2026, 9, 1)
    with pytest.raises(HasChildren):
        await do(land, "990110", commands.succeed, ["990120"], date(2026, 9, 1), closes=True)
    await do(land, "990111", commands.succeed, ["990112", "990190"], date(2026, 9, 1), closes=False)
    async with land() as uow:
        assert (await queries.find(uow, "990111")).state == "active"
        assert [one.successor for one in await queries.successions(uow) if one.tenant == "990111"] == [
            "990112", "990190",
        ]  # fmt: skip


async def test_a_renamed_county_keeps_its_code_and_its_name_of_then(land, heard):
    land.now = moment(2026, 5, 1)
    await do(land, "990111", commands.rename, "甲东区", date(2026, 5, 1))
    assert ("990111", "tenancy.rename") in await heard()
    async with land() as uow:
        for on, name in ((date(2026, 4, 30), "甲东县"), (date(2026, 5, 1), "甲东区")):
            assert {one.code: one.name for one in await queries.tree(uow, on)}["990111"] == name
    with pytest.raises(WrongDay):
        await do(land, "990111", commands.rename, "甲东市", date(2026, 5, 1))


EDGE = st.tuples(
    st.sampled_from(CODES), st.sampled_from(CODES), st.integers(0, 8), st.one_of(st.none(), st.integers(0, 9))
)
DAYS = 10


def accepts(edges: list[tuple[str, str, int, int | None]], new: tuple[str, str, int, int | None]) -> bool:
    """Day by day, by brute force: what the database decides with ranges."""
    child, parent, since, until = new
    if child == parent or (until is not None and until <= since):
        return False
    for day in range(since, DAYS + 1 if until is None else until):
        above = {one[0]: one[1] for one in edges if one[2] <= day and (one[3] is None or day < one[3])}
        if child in above:
            return False
        here: str | None = parent
        while here is not None:
            if here == child:
                return False
            here = above.get(here)
    return True


@pytest.mark.demand("D30")
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=st.lists(EDGE, max_size=14))
async def test_any_history_has_one_parent_a_day_and_no_circle(act, history):
    kept: list[tuple[str, str, int, int | None]] = []
    insert = text("INSERT INTO parent_edge VALUES (:tenant, :parent, :since, :until)")
    async with act() as uow:
        for code in CODES:
            await uow.execute(text("INSERT INTO tenant VALUES (:c, :c, 'county', 'founding')"), {"c": code})
        for edge in history:
            child, parent, since, until = edge
            values = {
                "tenant": child, "parent": parent, "since": FIRST + timedelta(since),
                "until": None if until is None else FIRST + timedelta(until),
            }  # fmt: skip
            await uow.execute(text("SAVEPOINT one"))
            try:
                await uow.execute(insert, values)
                done = True
            except DBAPIError:
                await uow.execute(text("ROLLBACK TO SAVEPOINT one"))
                done = False
            assert done == accepts(kept, edge), (kept, edge)
            kept += [edge] if done else []
        for day in range(DAYS):
            on = FIRST + timedelta(day)
            expected = {one[0]: one[1] for one in kept if one[2] <= day and (one[3] is None or day < one[3])}
            tree = {one.code: one.parent for one in await queries.tree(uow, on) if one.code in CODES}
            assert {code: parent for code, parent in tree.items() if parent} == expected
