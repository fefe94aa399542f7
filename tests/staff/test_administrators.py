"""Three administrators: exclusive by the tables' own keys, each step by the wrong one refused, power takes two."""

from itertools import permutations

import pytest
from sqlalchemy.exc import DBAPIError, IntegrityError

from lianshen import wiring
from lianshen.access.queries import compile_policy
from lianshen.identity.queries import ADMINISTRATORS
from lianshen.kernel.errors import Forbidden, Invalid
from lianshen.kernel.settings import Settings
from lianshen.staff import commands, queries
from lianshen.staff.permissions import ALL as STAFF
from tests.staff.conftest import OURS, SINCE

WHO = {"system_admin": "xtgl", "security_admin": "aqgl", "audit_admin": "sjgl"}
POLICY = compile_policy(Settings().policies_dir, wiring.PERMISSIONS)


@pytest.mark.demand("D116")
def test_no_subject_is_allowed_everything():
    """Nor half of it: who creates does not empower, who empowers reads no project."""
    for role, granted in POLICY.grants.items():
        assert len(granted) < len(wiring.PERMISSIONS) * 2 / 3, role
        assert not {"staff.create", "staff.empower"} <= granted, role


@pytest.mark.demand("D115")
def test_no_administrator_has_business_data_and_nobody_else_administers():
    business = ("projects.", "documents.", "reviews.", "rules.")
    for role, granted in POLICY.grants.items():
        if role in ADMINISTRATORS:
            assert not [one for one in granted if one.startswith(business)], role
        else:
            assert granted & set(STAFF) <= {"staff.delegate"}, role


@pytest.mark.demand("D117")
async def test_each_step_by_the_wrong_administrator_is_refused(bureau):
    office = await bureau.office("jyj")
    who = await bureau.created()
    post = await bureau.post(who)
    asked = await bureau.by("xtgl", commands.propose, who, "audit_admin")
    steps = {
        "system_admin": [
            (commands.create_office, "bgs", "办公室", "project_unit"),
            (commands.create_person, office, "somebody", "某人", SINCE),
            (commands.add_post, who, office, SINCE),
            (commands.bring, "a.csv", b"x"),
            (commands.enter_rows, "00" * 32),
        ],
        "security_admin": [
            (commands.enable, who),
            (commands.reset, who),
            (commands.disable, who, ""),
            (commands.grant, post, ("applicant",)),
            (commands.decide, asked),
            (commands.leave, who, None, "", ()),
            (commands.empower_rows, "00" * 32),
        ],
    }
    more = {"enter_rows": {"limit": 1}, "empower_rows": {"limit": 1}, "decide": {"granted": True}}
    others = [login for role, login in WHO.items()] + ["jyj-sb", "sjj-ls"]
    for role, acts in steps.items():
        for login in others:
            for act, *given in acts:
                if login != WHO[role]:
                    with pytest.raises(Forbidden):
                        await bureau.by(login, act, *given, **more.get(act.__name__, {}))
    for login in ("jyj-sb", "sjj-ls"):
        for read, given in ((queries.people, ()), (queries.person, (who,)), (queries.offices, ())):
            with pytest.raises(Forbidden):
                await bureau.by(login, read, *given)


@pytest.mark.demand("D117")
async def test_who_is_created_can_do_nothing_until_somebody_else_empowers(bureau):
    who = await bureau.created()
    page = await bureau.by("sjgl", queries.person, who)
    assert (page.person.state, page.person.posts[0].roles) == ("created", ())
    assert await bureau.acting(who) is None
    secret = await bureau.by("aqgl", commands.enable, who)
    assert len(secret.secret) >= 12
    assert (await bureau.acting(who)).roles == ()
    await bureau.by("aqgl", commands.grant, page.person.posts[0].id, ("applicant",))
    assert (await bureau.acting(who)).roles == ("applicant",)
    history = (await bureau.by("sjgl", queries.person, who)).history
    assert [one.label.partition("：")[0] for one in history] == ["授予角色", "启用账号", "登记人员"]


@pytest.mark.demand("D115")
@pytest.mark.parametrize("pair", list(permutations(ADMINISTRATORS, 2)), ids="-".join)
async def test_nobody_is_two_administrators_whatever_is_tried(bureau, pair):
    first, second = pair
    who = await bureau.appointed(first)
    with pytest.raises(commands.Exclusive):
        await bureau.by("xtgl", commands.propose, who, second)
    with pytest.raises(commands.Exclusive):
        await bureau.by("aqgl", commands.grant, await bureau.post(who), ("applicant",))
    office, boss = await bureau.office("jyj"), (await bureau.actor("aqgl")).person
    granted = """
        INSERT INTO appointment (tenant, id, person, role, requested_at, requested_by, requester)
        VALUES (:tenant, gen_random_uuid(), :who, :role, now(), :boss, 'x') RETURNING id
    """
    ((asked,),) = await bureau.sql(granted, tenant=OURS, who=who, role=second, boss=(await bureau.actor("xtgl")).person)
    decided = (
        "UPDATE appointment SET decided_at = now(), decided_by = :boss, decider = 'x', granted = true WHERE id = :id"
    )
    await bureau.sql(decided, boss=boss, id=asked)
    add = """INSERT INTO post (tenant, id, person, office, roles, since, ended_at, appointment)
             VALUES (:tenant, gen_random_uuid(), :who, :office, :roles, '2020-01-01', :ended, :asked)"""
    values = {"tenant": OURS, "who": who, "office": office, "ended": None, "asked": asked}
    for roles, ended in (([second], None), ([second], bureau.work.now), ([first, second], None)):
        with pytest.raises(IntegrityError):
            await bureau.sql(add, **values | {"roles": roles, "ended": ended})
    with pytest.raises(IntegrityError):
        await bureau.sql(add, **values | {"roles": ["applicant"], "asked": None})
    with pytest.raises(IntegrityError):
        await bureau.sql("UPDATE post SET roles = ARRAY['applicant'], appointment = NULL WHERE person = :who", who=who)
    for other in (second, None):
        with pytest.raises(DBAPIError, match="never becomes another"):
            await bureau.sql("UPDATE person SET administers = :other WHERE id = :who", other=other, who=who)
    await bureau.by("aqgl", commands.end_post, await bureau.post(who))
    with pytest.raises(IntegrityError):
        await bureau.sql(add, **values | {"roles": [second]})


@pytest.mark.demand("D115")
async def test_whoever_works_in_business_is_made_no_administrator_meanwhile(bureau):
    who = await bureau.working("applicant")
    asked = await bureau.by("xtgl", commands.propose, who, "audit_admin")
    with pytest.raises(commands.Exclusive):
        await bureau.by("aqgl", commands.decide, asked, granted=True)
    with pytest.raises(IntegrityError):
        await bureau.sql("UPDATE person SET administers = 'audit_admin' WHERE id = :who", who=who)


@pytest.mark.demand("D118")
async def test_power_takes_two_people_neither_of_whom_gets_it(bureau):
    who = await bureau.created("sjj")
    with pytest.raises(commands.OneHand):
        await bureau.by("aqgl", commands.grant, await bureau.post(who), ("audit_admin",))
    asked = await bureau.by("aqgl", commands.propose, who, "audit_admin")
    with pytest.raises(commands.OneHand):
        await bureau.by("aqgl", commands.decide, asked, granted=True)
    with pytest.raises(Forbidden):
        await bureau.by("xtgl", commands.decide, asked, granted=True)
    second = await bureau.appointed("security_admin")
    other = await bureau.acting(second)
    async with bureau.work() as uow:
        await uow.enter(OURS)
        await commands.decide(uow, other, asked, granted=True)
        await uow.commit()
    page = await bureau.by("sjgl", queries.person, who)
    assert page.person.administers == "audit_admin"
    assert (page.appointments[0].requester, page.appointments[0].decider) == ("县数据局 安全管理员", "县数据局 王五")
    await bureau.by("aqgl", commands.end_post, await bureau.post(second))


@pytest.mark.demand("D118")
async def test_the_database_itself_wants_two_people(bureau):
    who = await bureau.created("sjj")
    boss = (await bureau.actor("aqgl")).person
    ask = """INSERT INTO appointment (tenant, id, person, role, requested_at, requested_by, requester)
             VALUES (:tenant, gen_random_uuid(), :who, 'audit_admin', now(), :by, 'x') RETURNING id"""
    ((asked,),) = await bureau.sql(ask, tenant=OURS, who=who, by=boss)
    decide = "UPDATE appointment SET decided_at = now(), decided_by = :by, decider = 'x', granted = true WHERE id = :id"
    for alone in (boss, who):
        with pytest.raises(IntegrityError, match="two_people"):
            await bureau.sql(decide, by=alone, id=asked)
    with pytest.raises(IntegrityError, match="two_people"):
        await bureau.sql(ask, tenant=OURS, who=who, by=who)
    with pytest.raises(DBAPIError, match="permission denied"):
        await bureau.sql(ask.replace("requester)", "requester, founding)").replace("'x')", "'x', true)"),
                         tenant=OURS, who=who, by=boss)  # fmt: skip
    await bureau.sql("UPDATE person SET administers = 'audit_admin' WHERE id = :who", who=who)
    for given in (None, asked):
        with pytest.raises(IntegrityError):
            await bureau.sql("UPDATE post SET roles = ARRAY['audit_admin'], appointment = :given WHERE person = :who",
                             who=who, given=given)  # fmt: skip


async def test_the_last_administrator_of_a_kind_stays(bureau):
    auditor = (await bureau.actor("sjgl")).person
    for act, given in ((commands.disable, (auditor, "")), (commands.end_post, (await bureau.post(auditor),))):
        with pytest.raises(commands.LastOne):
            await bureau.by("aqgl", act, *given)
    with pytest.raises(commands.LastOne):
        await bureau.leave(auditor, None)


@pytest.mark.demand("D98")
async def test_a_login_is_never_used_again(bureau):
    who = await bureau.created()
    page = await bureau.by("aqgl", queries.person, who)
    await bureau.by("aqgl", commands.enable, who)
    await bureau.leave(who, None)
    office = await bureau.office("jyj")
    for login in (page.person.login, page.person.login.upper()):
        with pytest.raises(Invalid):
            await bureau.by("xtgl", commands.create_person, office, login, "另一人", SINCE)
    for statement in ("DELETE FROM person WHERE id = :who", "UPDATE person SET login = 'other' WHERE id = :who"):
        with pytest.raises(DBAPIError, match="permission denied"):
            await bureau.sql(statement, who=who)
    with pytest.raises(IntegrityError):
        await bureau.sql(
            "INSERT INTO person (tenant, id, login, name, password, failures, state, state_at) "
            "VALUES (:tenant, gen_random_uuid(), :login, 'x', '!', 0, 'enabled', now())",
            tenant=OURS,
            login=page.person.login.upper(),
        )


@pytest.mark.demand("D105")
@pytest.mark.parametrize("act", ["grant", "end_post", "disable", "reset", "reset with factors"])
async def test_who_loses_a_right_is_signed_out_of_every_session(bureau, act):
    """On record too: a session that only finds no way in now would find one again with the account."""
    who = await bureau.working("applicant")
    post = await bureau.post(who)
    assert await bureau.acting(who) is not None
    match act:
        case "grant":
            await bureau.by("aqgl", commands.grant, post, ())
        case "end_post":
            await bureau.by("aqgl", commands.end_post, post)
        case "disable":
            await bureau.by("aqgl", commands.disable, who, "核查")
        case _:
            await bureau.by("aqgl", commands.reset, who, factors=act != "reset")
    assert await bureau.sql("SELECT 1 FROM session WHERE person = :who AND ended_at IS NULL", who=who) == []
    if act == "disable":
        assert await bureau.acting(who) is None


@pytest.mark.demand("D105")
async def test_who_becomes_an_administrator_signs_in_anew(bureau):
    who = await bureau.created("sjj", "王五")
    await bureau.by("aqgl", commands.enable, who)
    assert await bureau.acting(who) is not None
    asked = await bureau.by("xtgl", commands.propose, who, "audit_admin")
    assert len(await bureau.sql("SELECT 1 FROM session WHERE person = :who AND ended_at IS NULL", who=who)) == 1
    await bureau.by("aqgl", commands.decide, asked, granted=True)
    assert await bureau.sql("SELECT 1 FROM session WHERE person = :who AND ended_at IS NULL", who=who) == []
