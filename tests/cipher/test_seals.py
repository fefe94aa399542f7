"""Projects, papers, what is known of units, the stamp of rights: changed by SQL, they are refused and told (D142)."""

from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import event, insert, text
from structlog.testing import capture_logs
from tests.cipher.test_keys import owner, renew_all, rotate, scheduler, states
from tests.projects.test_known import UNIT as OTHER_UNIT
from tests.projects.test_known import invented
from tests.support.rights import administrator
from tests.support.seals import reseal
from tests.walk.driver import LEAD, UNIT, Driver
from tests.web.conftest import app, browser, serving

from lianshen.access import _state
from lianshen.access import queries as rights
from lianshen.access.commands import change, compose
from lianshen.access.types import Draft
from lianshen.identity.queries import actor_of
from lianshen.kernel import integrity
from lianshen.kernel.clock import SHANGHAI, day_of, now
from lianshen.kernel.errors import Altered
from lianshen.projects import queries
from lianshen.projects._tables import project
from lianshen_workers.keys import Keys
from lianshen_workers.sweep import Sweep

__all__ = ["app", "invented", "owner", "scheduler", "serving"]

pytestmark = pytest.mark.demand("D142")
TENANT = "320723"
CHANGES = {
    "facts": """facts || '{"project_budget": 1}'""",
    "phase": "'approved'",
    "phase_label": "'已批复'",
    "version": "version - 1",
    "number": "number || '0'",
    "title": "title || '二期'",
    "office": "(SELECT o.id FROM office o WHERE o.tenant = project.tenant AND o.id <> project.office LIMIT 1)",
    "pack": "'320723@1999-01-01'",
    "pack_digest": "'0'",
    "disclosed": "NOT disclosed",
    "created_at": "created_at - interval '1 day'",
    "updated_at": "updated_at + interval '1 microsecond'",
    "mac": "NULL",
}


@pytest.fixture
def county(work, staff, law, tmp_path):
    made = Driver(work, staff, law, tmp_path)
    made.at("2026-03-02")
    return made


@pytest.fixture
async def filed(county):
    await county.submit("480000")
    return county


@pytest.fixture
def sql(superuser):
    """A change past our commands for as long as a block lasts: a column of one row says something else."""

    @asynccontextmanager
    async def changed(table, column, value, row, key="id"):
        of = f"FROM {table} WHERE {key} = '{row}'"
        await superuser.execute(text("SET LOCAL session_replication_role = replica"))  # papers are append-only
        await superuser.execute(text(f"CREATE TEMP TABLE kept AS SELECT {column} {of}"))
        await superuser.execute(text(f"UPDATE {table} SET {column} = {value} WHERE {key} = '{row}'"))
        await superuser.commit()
        yield
        await superuser.execute(text("SET LOCAL session_replication_role = replica"))
        back = f"UPDATE {table} SET {column} = kept.{column} FROM kept WHERE {key} = '{row}'"
        await superuser.execute(text(back))
        await superuser.execute(text("DROP TABLE kept"))
        await superuser.commit()

    return changed


def rows(said):
    return {(line["table"], line["row"]) for line in said if line["event"] == "row_altered"}


def test_every_column_of_a_project_is_tried_but_those_outside():
    columns = {column.name for column in project.columns} - {"tenant", "id"}
    assert columns - CHANGES.keys() == set(project.c.mac.info["outside"]) == {"due_on"}


@pytest.mark.parametrize("column", CHANGES)
async def test_an_altered_project_is_neither_seen_nor_acted_on(column, filed, sql):
    who = UNIT if column == "disclosed" else LEAD  # hidden from the lead it is its unit's still
    before = (await filed.desk(who)).project
    async with sql("project", column, CHANGES[column], filed.project):
        for doing in (filed.desk(who), filed.act(who, "accept_filing", filing_number="1")):
            with capture_logs() as said, pytest.raises(Altered, match="该项目的记录"):
                await doing
            assert rows(said) == {("project", str(filed.project))}
    assert (await filed.desk(who)).project == before, "as it was, it counts again"


async def test_a_column_for_lists_alone_is_outside(filed, sql):
    async with sql("project", "due_on", "'2031-01-01'", filed.project):
        await filed.desk(UNIT)


async def test_the_page_and_the_api_say_so_in_words(filed, sql, app, staff):
    page, api = f"/projects/{filed.project}", f"/api/v1/projects/{filed.project}"
    paper = next(slot.versions[0].id for slot in (await filed.desk(UNIT)).papers if slot.versions)
    token = await staff.token(staff.find(*LEAD), TENANT)
    async with browser(app, headers={"authorization": f"Bearer {token}"}) as client:
        served = f"{api}/documents/{paper}"
        async with sql("project", "title", "'别的'", filed.project):
            for address in (api, served):
                answer = await client.get(address)
                assert (answer.status_code, answer.json()["type"]) == (403, "urn:lianshen:problem:altered")
                assert "该项目的记录未经本系统办理即被改动" in answer.json()["detail"]
            answer = await client.get(page, headers={"accept": "text/html"})
            assert answer.status_code == 403
            assert "该项目的记录未经本系统办理即被改动" in answer.text
            acted = await client.post(f"{api}/actions/accept_filing", json={"filing_number": "1"},
                                      headers={"idempotency-key": "seals-1"})  # fmt: skip
            assert (acted.status_code, acted.json()["type"]) == (403, "urn:lianshen:problem:altered")
        async with sql("document", "sha256", "repeat('0', 64)", paper):
            answer = await client.get(served)
            assert (answer.status_code, answer.json()["type"]) == (403, "urn:lianshen:problem:altered")
            assert "该材料的记录" in answer.json()["detail"]


@pytest.mark.parametrize(
    "change", ["sha256 = repeat('0', 64)", "sm3 = repeat('0', 64)", "filename = '别的.pdf'", "size = size + 1",
               "media_type = 'text/html'", "version = version + 1", "paper = 'other'", "uploaded_by = '他人'",
               "uploaded_at = now()", "mac = NULL"],
)  # fmt: skip
async def test_an_altered_paper_is_neither_served_nor_vouched_for(change, county, work, sql):
    await county.declare("480000")
    await county.hand_in_all()
    unit = await county.actor(UNIT)
    paper = next(slot.versions[0].id for slot in (await county.desk(UNIT)).papers if slot.versions)
    column, _, value = change.partition(" = ")
    async with sql("document", column, value, paper):
        async with work(read_only=True) as uow:
            await uow.enter(TENANT)
            with capture_logs() as said, pytest.raises(Altered, match="该材料的记录"):
                await queries.document(uow, unit, county.project, paper)
        assert rows(said) == {("document", str(paper))}
        with pytest.raises(Altered):  # a receipt states its digests
            await county.act(UNIT, "submit")
    await county.act(UNIT, "submit")


async def test_what_is_known_of_a_unit_and_of_a_linked_project_is_guarded_too(work, staff, invented, tmp_path, sql):
    main, other = (Driver(work, staff, invented, tmp_path, OTHER_UNIT) for _ in range(2))
    main.at("2026-03-02")
    await main.declare("900")
    await main.act(OTHER_UNIT, "submit")
    await main.act(LEAD, "fix_amount", approved_amount="1000.00")
    await main.act(LEAD, "bar")
    await main.act(LEAD, "release")
    number = (await main.desk(OTHER_UNIT)).project.number
    await other.declare("100", main_project=number)
    office = (await main.actor(OTHER_UNIT)).office
    async with sql("standing", "facts", """'{"unit_barred": true}'""", office, key="office"):
        with capture_logs() as said, pytest.raises(Altered, match="建设单位"):
            await other.desk(OTHER_UNIT)
        assert rows(said) == {("standing", str(office))}
    async with sql("project", "facts", """facts || '{"approved_amount": 1}'""", main.project):
        with capture_logs() as said, pytest.raises(Altered, match=number):
            await other.act(OTHER_UNIT, "submit")
        assert rows(said) == {("project", str(main.project))}
    await other.act(OTHER_UNIT, "submit")
    async with work() as uow:
        await uow.enter(TENANT)
        assert await integrity.altered(uow) == []


@pytest.fixture
async def holding(work, staff, superuser, worker_database):
    """Composes a role that carries one permission, gives it to a unit's applicant, and takes it away afterwards."""
    work.now = now()
    officer = await administrator(staff, day_of(work.now))
    login = staff.find(*UNIT)
    async with work() as uow:
        await uow.enter(TENANT)
        first, second = sorted(set(_state.policy().composable[1]) - rights.granted_to("applicant"))[:2]
        code = await compose(uow, officer, Draft(label="本地", permissions=(first,), since=officer.on))
        await uow.commit()
    give = text("UPDATE post SET roles = roles || :code WHERE id = :post")
    await superuser.execute(give, {"code": [code], "post": (await staff.actor(login)).post})
    await superuser.commit()
    await reseal(worker_database, TENANT)
    yield officer, code, first, second, await staff.token(login)
    await superuser.execute(text("UPDATE post SET roles = array_remove(roles, :code)"), {"code": code})
    await superuser.commit()
    await reseal(worker_database, TENANT)


async def test_a_new_role_leaves_the_stamp_of_rights_ours(work, staff):
    """Composing one turns the stamp, in the database: it gets its code in the same transaction."""
    work.now = now()
    officer = await administrator(staff, day_of(work.now))
    async with work() as uow:
        await uow.enter(TENANT)
        one = min(_state.policy().composable[1])
        await compose(uow, officer, Draft(label="新设", permissions=(one,), since=officer.on))
        await uow.commit()
    async with work() as uow:
        await uow.enter(TENANT)
        assert ("rights", "") not in await integrity.altered(uow)


async def test_a_stamp_of_rights_turned_back_lets_no_old_set_of_permissions_live(
    holding, work, superuser, worker_database
):
    officer, code, first, second, token = holding

    async def held():
        async with work(read_only=True) as uow:
            actor = await actor_of(uow, token, step_up_after=timedelta(days=1))
            await rights.ready(uow, actor)
            return {one for one in (first, second) if rights.may(actor, one)}, actor.rights

    granted, old = await held()
    assert granted == {first}
    async with work() as uow:
        await uow.enter(TENANT)
        await change(uow, officer, code, Draft(label="本地", permissions=(second,), since=officer.on), 1)
        await uow.commit()
    with capture_logs() as said:
        assert (await held())[0] == {second}
    assert rows(said) == set(), "what our command wrote counts"
    await superuser.execute(text("UPDATE rights SET version = :v WHERE tenant = :t"), {"t": TENANT, "v": old})
    await superuser.commit()
    with capture_logs() as said:
        assert await held() == (set(), 0), "this process has the old set still"
    assert rows(said) == {("rights", "")}
    async with work() as uow:
        await uow.enter(TENANT)
        assert ("rights", "") in await integrity.altered(uow)
    async with work() as uow:
        await uow.enter(TENANT)
        await change(uow, officer, code, Draft(label="本地", permissions=(first,), since=officer.on), 2)
        await uow.commit()
    assert (await held())[0] == {first}, "the next change of a role by our commands makes it good"


async def test_the_night_finds_each_kind_of_row(filed, relay_database, worker_database, sql, work):
    paper = next(slot.versions[0].id for slot in (await filed.desk(UNIT)).papers if slot.versions)
    watch = Keys(relay_database, worker_database)
    assert await watch.check_rows() == 0
    for table, row in (("project", filed.project), ("document", paper)):
        async with sql(table, "mac", "'\\x0200'", row):
            with capture_logs() as said:
                assert await watch.check_rows() == 1
            assert rows(said) == {(table, str(row))}


async def test_rotation_keeps_what_is_whole_and_covers_up_nothing(filed, owner, scheduler, sql, work):
    other = Driver(filed._work, filed._staff, filed._law, filed._files)
    await other.declare("480000")
    async with sql("project", "title", "'别的'", other.project):
        await rotate(owner)
        assert (await renew_all(scheduler, batch=200)).broken == 1
        with pytest.raises(Altered):
            await other.desk(UNIT)
        await filed.desk(UNIT)
        await filed.act(LEAD, "accept_filing", filing_number="1号")
    await renew_all(scheduler, batch=200)
    assert "outgoing" not in {state for _, state in await states(owner)}
    await other.desk(UNIT)
    async with work() as uow:
        await uow.enter(TENANT)
        assert await integrity.altered(uow) == []


async def test_a_sweep_leaves_an_altered_project_alone_and_keeps_the_others_whole(
    no_other_terms, county, relay_database, worker_database, law, sql
):
    """Both have a term that is over; the one that was changed stays as it was."""
    other = Driver(county._work, county._staff, county._law, county._files)
    for one in (county, other):
        await one.submit("700000")
        await one.act(LEAD, "fail_pre_review", reason="必要性论证不足。")
    async with sql("project", "title", "'别的'", county.project):
        with capture_logs() as said:
            await Sweep(relay_database, worker_database, law).turn()
        assert ("project", str(county.project)) in rows(said)
        assert (await other.desk(UNIT)).project.phase == "deemed_abandoned"
    assert (await county.desk(UNIT)).project.phase != "deemed_abandoned"


async def test_what_is_found_of_a_unit_passes_its_altered_projects_by(work, staff, invented, tmp_path, sql):
    one, changed, whole = (Driver(work, staff, invented, tmp_path, OTHER_UNIT) for _ in range(3))
    for each in (one, changed, whole):
        each.at("2026-03-02")
        await each.declare("100")
        await each.act(OTHER_UNIT, "submit")
    async with sql("project", "title", "'别的'", changed.project):
        with capture_logs() as said:
            await one.act(LEAD, "bar")
        assert rows(said) == {("project", str(changed.project))}
        await whole.act(LEAD, "release")
    async with work() as uow:
        await uow.enter(TENANT)
        assert await integrity.altered(uow) == []


SPELLED = [
    {"facts": {}},
    {"facts": {"b": 1, "aa": "é", "a": '编"\\\n\t\x07\x7f\u2028/', "zz": None}},
    {"facts": {"c": [1, True, None, {"y": 2, "x": None}]}, "title": "\x01'"},
    {"facts": {"甲": {"乙": ["丙", "", "𠮷"]}, "ab": -12, "ba": 10**30, "n": 0}, "disclosed": True},
]


@pytest.mark.parametrize("micro", [0, 120_000, 123_456, 1])
@pytest.mark.parametrize("more", SPELLED)
async def test_a_row_is_foretold_as_the_database_spells_it(more, micro, superuser):
    at = datetime(2026, 11, 25, 23, 59, 1, micro, UTC)
    office = text("SELECT id FROM office WHERE tenant = :t LIMIT 1")
    row = {
        "tenant": TENANT, "id": uuid4(), "office": (await superuser.execute(office, {"t": TENANT})).scalar_one(),
        "number": "x", "title": "题", "pack": "p", "pack_digest": "", "phase": "", "phase_label": "",
        "disclosed": False, "version": 3, "created_at": at, "updated_at": at.astimezone(SHANGHAI),
    } | more  # fmt: skip
    await superuser.execute(insert(project).values(row))
    said = text(f"SELECT {integrity.spelling(project, 'p')} FROM project p WHERE id = :id")
    found = (await superuser.execute(said, {"id": row["id"]})).scalar_one()
    await superuser.rollback()
    assert integrity.foretell(project, row) == found
    assert integrity.foretell(project, integrity.told(found)) == found


async def test_what_is_spelled_otherwise_than_foretold_gets_its_code_all_the_same(filed, monkeypatch):
    monkeypatch.setattr(integrity._spelling, "foretell", lambda row: "something else")
    await filed.act(LEAD, "accept_filing", filing_number="1号")
    monkeypatch.undo()
    await filed.desk(LEAD)


async def test_nothing_is_sent_besides_for_a_code(county, database):
    """What is foretold is right wherever our commands write, so that no UPDATE of a code follows."""
    sent = []
    listened = database.engine.sync_engine, "before_cursor_execute", lambda *said: sent.append(said[2])
    event.listen(*listened)
    await county.submit("480000", summary='引号"、反斜\\与𠮷。')
    await county.act(LEAD, "accept_filing", filing_number="1号")
    event.remove(*listened)
    assert len(sent) > 10
    assert [one for one in sent if "UPDATE" in one and "SET mac=" in one] == []
    assert [one for one in sent if one.startswith("SELECT id, wrapped FROM active_key")] == []


def test_the_guarded_tables():
    carried = {table.name for table in integrity.guarded() if table.c.mac.info["carried"]}
    assert carried == {"project", "standing", "document"}
    assert {table.name for table in integrity.guarded()} - carried == {"post", "role", "rights"}
