"""Roles of a tenant's own: what they grant equals Casbin's answer, and whatever is wrong grants nothing."""

import time
from datetime import date, timedelta
from uuid import UUID

import casbin
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from sqlalchemy import text
from tests.support.rights import administrator

from lianshen import wiring
from lianshen.access import _state, commands, queries
from lianshen.access._policy import Unsaved, asked, compile_own, compile_policy, enforcer
from lianshen.access._state import Own, granted, keep
from lianshen.access.types import Draft, Role
from lianshen.identity.types import Actor
from lianshen.kernel.clock import day_of
from lianshen.kernel.errors import Conflict, Forbidden, Invalid
from lianshen.kernel.settings import Settings

POLICY = compile_policy(Settings().policies_dir, wiring.PERMISSIONS)
BASES, SINGLE = POLICY.composable
TODAY = date(2026, 3, 2)
ACTOR = Actor(
    tenant="320723", person=UUID(int=1), name="", post=UUID(int=2), office=UUID(int=3), office_name="", body="",
    roles=(), form_key="", rights=0, on=TODAY,
)  # fmt: skip


def role(number: int, includes: tuple[str, ...], single: tuple[str, ...], since: date = TODAY, **more: object) -> Role:
    plain = {"until": None, "ended_at": None, "version": 1} | more
    return Role(code=f"own_{number}", label=str(number), includes=includes, permissions=single, since=since, **plain)


@st.composite
def roles(draw: st.DrawFn) -> list[Role]:
    """Any roles, also of what is reserved, unknown or written to be taken for something else."""
    odd = ["security_admin", "nobody", "", "r:approver", "own_1", "approver, x", "a\ng, r:own_1, r:approver"]
    wild = ["access.manage", "projects.destroy", "*.*", "projects.read", "projects.*", "a.b, c", "x\np, r:own_1, a, b"]
    bases = st.lists(st.sampled_from([*BASES, *odd]), max_size=4, unique=True)
    single = st.lists(st.sampled_from([*SINGLE, *wild]), max_size=5, unique=True)
    return [
        role(n, tuple(draw(bases)), tuple(draw(single)), TODAY + timedelta(days=draw(st.integers(-2, 2))))
        for n in range(draw(st.integers(1, 4)))
    ]


@pytest.mark.demand("D28", "D35")
@settings(max_examples=20, deadline=None)
@example([role(0, ("own_1",), ()), role(1, ("applicant",), ())], None)
@given(roles(), st.data())
def test_a_decision_equals_casbins_enforcer_within_the_dates_and_outside_what_is_reserved(own, data):
    _state.use(POLICY)
    keep("320723", 7, tuple(own))
    known = [*POLICY.grants, *(one.code for one in own)]
    held = data.draw(st.lists(st.sampled_from(known), max_size=3, unique=True)) if data else ["own_0"]
    actor = replace(ACTOR, rights=7, roles=tuple(held))
    ask = enforcer(POLICY, own)
    counting = [one for one in held if one in POLICY.grants or next(r for r in own if r.code == one).since <= TODAY]
    for permission in POLICY.known - POLICY.scoped:
        expected = any(
            ask.enforce(f"r:{one}", *asked(permission)) and (one in POLICY.grants or permission not in POLICY.reserved)
            for one in counting
        )
        assert queries.may(actor, permission) == expected, (permission, held)
    for permission in POLICY.scoped:
        assert queries.may(actor, permission) == bool(queries.scopes(actor, permission))


def test_an_own_role_grants_from_its_first_day_to_its_last_and_never_after_its_end():
    _state.use(POLICY)
    since, until = TODAY, TODAY + timedelta(days=3)
    dated = role(1, ("approver",), (), since, until=until)
    keep("320723", 1, (dated, role(2, ("approver",), (), since, ended_at=None)))
    days = {n: queries.may(replace(ACTOR, rights=1, roles=("own_1",), on=since + timedelta(days=n)), "projects.approve")
            for n in range(-2, 6)}  # fmt: skip
    assert [n for n, allowed in days.items() if allowed] == [0, 1, 2, 3]


@pytest.mark.demand("D29")
@settings(deadline=None)
@given(
    st.one_of(st.sampled_from(["", "*", "32072", "320723*", "３２０７２３", "3207230", " 320723"]), st.text(max_size=8))
)
def test_no_tenant_but_a_code_is_ever_decided_about(tenant):
    _state.use(POLICY)
    for stamp in (0, 5):
        actor = replace(ACTOR, tenant=tenant, roles=("approver",), rights=stamp)
        ordinary = len(tenant) == 6 and tenant.isascii() and tenant.isdigit()
        assert queries.may(actor, "projects.approve") == ordinary


@pytest.mark.demand("D28")
def test_no_person_is_ever_a_subject():
    """A person whose id, name or login equals a role gets nothing by it: only the post's roles are asked about."""
    _state.use(POLICY)
    for name in (*POLICY.grants, *(f"r:{one}" for one in POLICY.grants)):
        assert granted(replace(ACTOR, name=name, office_name=name, body=name)) == frozenset()
        assert granted(replace(ACTOR, roles=(f"r:{name}", f"u:{name}"))) == frozenset()


@pytest.mark.demand("D32")
def test_casbin_never_writes_the_policy():
    ask = enforcer(POLICY)
    for write in (
        ask.save_policy,
        lambda: ask.add_policy("r:applicant", "projects", "approve"),
        lambda: ask.remove_policy("r:applicant", "projects", "submit"),
        lambda: ask.remove_filtered_policy(0, "r:applicant"),
    ):
        with pytest.raises(Unsaved):
            write()


@pytest.mark.demand("D35")
@pytest.mark.parametrize("broken", [casbin.Enforcer, Own])
def test_whatever_fails_grants_nothing(monkeypatch, broken):
    _state.use(POLICY)
    actor = replace(ACTOR, roles=("approver",))

    def fail(*_: object) -> None:
        raise RuntimeError("injected")

    if broken is Own:
        monkeypatch.setattr(_state, "_decide", fail)
        assert not queries.may(actor, "projects.approve")
        with pytest.raises(Forbidden):
            queries.require(actor, "projects.approve")
    else:
        keep("320723", 3, (role(1, ("approver",), ()),))
        late = replace(actor, rights=3, roles=("own_1", "applicant"))
        with monkeypatch.context() as patched:
            patched.setattr(casbin, "Enforcer", fail)
            assert granted(late) == frozenset()
        assert queries.may(late, "projects.approve"), "a failure is not remembered"


@pytest.mark.demand("D34")
async def test_a_read_that_is_empty_or_fails_is_not_believed(work, monkeypatch, staff):
    _state.use(POLICY)
    officer = await administrator(staff)
    keep("320723", 10, (role(1, ("approver",), ()),))
    before, after = (replace(officer, rights=stamp, roles=("own_1", "observer")) for stamp in (10, 11))

    async def empty(_uow: object) -> tuple[int, tuple[Role, ...]]:
        return 0, ()

    async def fails(_uow: object) -> tuple[int, tuple[Role, ...]]:
        raise ConnectionError

    async with work() as uow:
        await uow.enter("320723")
        monkeypatch.setattr(queries._store, "read", empty)
        await queries.ready(uow, after)
        monkeypatch.setattr(queries._store, "read", fails)
        with pytest.raises(ConnectionError):
            await queries.ready(uow, after)
    assert queries.may(before, "projects.approve"), "a request that began before is decided as it began"
    assert not queries.may(after, "projects.approve")
    assert queries.may(after, "projects.read")


@pytest.fixture
def draft(work):
    return Draft(label="验收专岗", includes=("observer",), permissions=("projects.accept",), since=day_of(work.now))


async def act(work, actor, command, *arguments, keep=True):
    async with work() as uow:
        await uow.enter(actor.tenant)
        found = await command(uow, actor, *arguments)
        if keep:
            await uow.commit()
        return found


async def entries(superuser):
    await superuser.commit()
    rows = text("SELECT code, ended_at IS NULL, version FROM role WHERE tenant = '320723' ORDER BY code")
    stamp = text("SELECT version FROM rights WHERE tenant = '320723'")
    events = text("SELECT action, facts FROM event WHERE tenant = '320723' AND action ~ '^access.*_role$' ORDER BY seq")
    return [[tuple(row) for row in await superuser.execute(one)] for one in (rows, stamp, events)]


@pytest.mark.demand("D31")
async def test_row_stamp_and_event_stand_or_fall_together(work, staff, superuser, draft):
    officer = await administrator(staff)
    before = await entries(superuser)
    await act(work, officer, commands.compose, draft, keep=False)
    assert await entries(superuser) == before
    code = await act(work, officer, commands.compose, draft)
    composed = await entries(superuser)
    wider = replace(draft, permissions=("projects.accept", "projects.evaluate"))
    await act(work, officer, commands.change, code, wider, 1)
    changed = await entries(superuser)
    with pytest.raises(Conflict):
        await act(work, officer, commands.change, code, draft, 1)
    await act(work, officer, commands.end, code, 2)
    ended = await entries(superuser)
    with pytest.raises(Conflict):
        await act(work, officer, commands.change, code, draft, 3)
    stamps = [state[1][0][0] for state in (composed, changed, ended)]
    assert stamps == sorted(set(stamps))
    assert [(code, False, 3)] == [row for row in ended[0] if row[0] == code]
    said = [(action, facts) for action, facts in ended[2] if code in facts["code"]]
    assert [action for action, _ in said] == ["access.compose_role", "access.change_role", "access.end_role"]
    assert said[1][1]["permissions"] == [["projects.accept"], ["projects.accept", "projects.evaluate"]]


async def test_only_the_security_administrator_composes_and_nothing_reserved(work, staff, draft):
    officer = await administrator(staff)
    for code in set(POLICY.grants) - {"security_admin"}:
        with pytest.raises(Forbidden):
            await act(work, replace(officer, roles=(code,)), commands.compose, draft)
    for wrong, field in (
        (replace(draft, includes=("security_admin",)), "includes"),
        (replace(draft, includes=("nobody",)), "includes"),
        (replace(draft, includes=("own_1",)), "includes"),
        (replace(draft, permissions=("access.manage",)), "permissions"),
        (replace(draft, permissions=("projects.read",)), "permissions"),
        (replace(draft, permissions=("*",)), "permissions"),
        (replace(draft, includes=(), permissions=()), "includes"),
        (replace(draft, label=" "), "label"),
        (replace(draft, label="审批岗"), "label"),
        (replace(draft, since=draft.since - timedelta(days=1)), "since"),
        (replace(draft, until=draft.since - timedelta(days=1)), "until"),
    ):
        with pytest.raises(Invalid) as refused:
            await act(work, officer, commands.compose, wrong)
        assert [item.field for item in refused.value.items] == [field]


async def test_what_is_told_is_what_is_decided_and_each_way_ends_at_a_rule(work, staff, draft, superuser):
    """Who can do this, and what can this person do and why: over everybody and every permission."""
    officer = await administrator(staff)
    code = await act(work, officer, commands.compose, replace(draft, label="说明用岗"))
    holder = await staff.actor(staff.find("县政府办公室", "observer"))
    await superuser.execute(text("UPDATE post SET roles = roles || :code WHERE id = :post"), {
        "code": [code], "post": holder.post})  # fmt: skip
    await superuser.commit()
    async with work(read_only=True) as uow:
        await uow.enter(officer.tenant)
        stamp, roles_there = await queries._store.read(uow)
        keep(officer.tenant, stamp, roles_there)
        everybody = await queries.people(uow, officer)
        can = {one: {h.post for h in await queries.who_can(uow, officer, one)} for one in POLICY.known - POLICY.scoped}
        ask = enforcer(POLICY, roles_there)
        for person in {one.person for one in everybody}:
            for rights in await queries.rights_of(uow, officer, person):
                post = rights.holder.post
                as_post = replace(officer, roles=rights.holder.roles, rights=stamp, on=day_of(work.now))
                assert {one.permission for one in rights.can} == granted(as_post) - POLICY.scoped
                assert {one for one, posts in can.items() if post in posts} == granted(as_post) - POLICY.scoped
                for one in rights.can:
                    assert one.reasons
                    for reason in one.reasons:
                        assert reason.roles[0] in rights.holder.roles
                        assert ask.has_policy(f"r:{reason.roles[-1]}", *asked(one.permission))
        preview = await queries.preview(uow, officer, code, None)
    assert holder.post in {one.post for one in preview.concerns}
    assert {one.code for one in preview.takes} == compile_own(POLICY, roles_there)[code] - POLICY.scoped
    await superuser.execute(text("UPDATE post SET roles = array_remove(roles, :code)"), {"code": code})
    await superuser.commit()


@pytest.mark.demand("D34")
def test_three_hundred_tenants_do_not_grow_without_bound():
    _state.use(POLICY)
    own = tuple(role(n, (BASES[n % len(BASES)],), ()) for n in range(3))
    began = time.perf_counter()
    for stamp in range(1, 1100):
        keep("320723", stamp, own)
    assert len(_state._own) <= 1024
    assert (time.perf_counter() - began) / 1100 < 0.05
