"""Signed hooks: verified by the receiver's own library, in order, paused when nobody answers (D162, D87)."""

import asyncio

import msgspec
import pytest
from sqlalchemy import text
from standardwebhooks import Webhook, WebhookVerificationError
from structlog.testing import capture_logs

from lianshen.channels import commands as channels
from lianshen.channels import outgoing, queries
from lianshen.channels.types import Outcome
from lianshen_workers.send import report_overdue
from tests.channels.conftest import OURS, receiving, reply, work_off
from tests.conftest import Desk

pytestmark = pytest.mark.demand("D162")


def verified(secret: str, received) -> dict:
    return Webhook(secret).verify(received.body, received.headers)


@pytest.fixture
def by(work, manager):
    """One act of the administrator."""

    async def act(verb, *given):
        async with work() as uow:
            await uow.enter(OURS)
            found = await verb(uow, manager, *given)
            await uow.commit()
        return found

    return act


@pytest.fixture
def real_time(work):
    """The desk at the present instant: signatures are of now."""
    from datetime import UTC, datetime

    def now() -> Desk:
        work.now = datetime.now(UTC)
        return work

    return now


async def test_a_hook_is_signed_as_the_standard_has_it(receiver, set_up, posting, acted):
    made = await set_up("webhook", address=f"{receiver.url}/in")
    post = posting()
    (project,) = await acted()
    await post.round()
    (one,) = receiver.received
    assert one.line == "POST /in HTTP/1.1"
    assert one.headers["content-type"] == "application/json"
    said = verified(made.secret, one)
    assert said["type"] == "projects.submit"
    assert said["data"]["project"] == str(project)
    assert said["data"]["tenant"] == OURS
    (id_,) = await post.rows("id")
    assert one.headers["webhook-id"] == f"msg_{id_}"
    with pytest.raises(WebhookVerificationError):
        verified("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", one)
    with pytest.raises(WebhookVerificationError):
        Webhook(made.secret).verify(one.body.replace(b"projects", b"project5"), one.headers)
    old = one.headers | {"webhook-timestamp": str(int(one.headers["webhook-timestamp"]) - 301)}
    with pytest.raises(WebhookVerificationError):
        Webhook(made.secret).verify(one.body, old)


async def test_no_person_is_named(receiver, set_up, posting, acted, staff, superuser):
    await set_up("webhook", address=f"{receiver.url}/in")
    post = posting()
    await acted()
    await post.round()
    names = (await superuser.execute(text("SELECT name FROM person WHERE tenant = :t"), {"t": OURS})).scalars()
    said = receiver.received[0].body.decode()
    assert [name for name in names if name in said] == []


async def test_two_secrets_hold_while_one_takes_the_others_place(receiver, set_up, posting, acted, by, superuser):
    made = await set_up("webhook", address=f"{receiver.url}/in")
    new = await by(channels.rotate, made.id)
    assert new.secret != made.secret
    post = posting()
    await superuser.execute(text("UPDATE endpoint SET former_until = now() + interval '1 day'"))
    await acted()
    await post.round()
    (one,) = receiver.received
    assert verified(new.secret, one) == verified(made.secret, one)
    await superuser.execute(text("UPDATE endpoint SET former_until = now() - interval '1 second'"))
    await acted()
    await post.round()
    verified(new.secret, receiver.received[1])
    with pytest.raises(WebhookVerificationError):
        verified(made.secret, receiver.received[1])


async def test_a_hook_hears_in_order_though_the_first_is_refused_at_first(receiver, set_up, posting, acted):
    receiver.answers = [reply(503), reply(200)]
    await set_up("webhook", address=f"{receiver.url}/in")
    post = posting()
    projects = [str(one) for one in await acted(3)]
    await post.round()
    assert len(receiver.received) == 1
    assert await post.round() == 0, "what comes after waits as long"
    assert [row[:2] for row in await post.rows("state, attempts")] == [("waiting", 1), ("waiting", 0), ("waiting", 0)]
    await post.hurry()
    while await post.round():
        pass
    heard = [msgspec.json.decode(one.body)["data"]["project"] for one in receiver.received]
    assert heard == [projects[0], *projects]
    assert receiver.received[0].headers["webhook-id"] == receiver.received[1].headers["webhook-id"]


async def test_a_hook_that_fails_is_paused_and_a_person_takes_it_up_again(
    receiver, set_up, posting, acted, by, manager, work, superuser
):
    receiver.answers = [reply(500)]
    made = await set_up("webhook", address=f"{receiver.url}/in")
    post = posting()
    await acted(2)
    for _ in range(outgoing.MOST):
        await post.hurry()
        await post.round()
    assert len(receiver.received) == outgoing.MOST
    assert {row[0] for row in await post.rows("state, attempts")} == {"held"}
    await post.hurry()
    assert await post.round() == 0
    async with work(read_only=True) as uow:
        await uow.enter(OURS)
        (way,) = await queries.ways(uow, manager)
    assert (way.state, way.reason, way.waiting) == ("paused", "HTTP 500", 2)
    told = "SELECT subject FROM notice WHERE tenant = :t AND person = :p ORDER BY at DESC LIMIT 1"
    subject = (await superuser.execute(text(told), {"t": OURS, "p": manager.person})).scalar_one()
    assert "自动暂停" in subject
    noted = "SELECT note FROM event WHERE tenant = :t AND action = 'channels.set_aside'"
    assert (await superuser.execute(text(noted), {"t": OURS})).scalars().all() == ["HTTP 500"]
    await acted()
    assert {row[0] for row in await post.rows("state, attempts")} == {"held"}
    receiver.answers = [reply(204)]
    await by(channels.resume, made.id)
    while await post.round():
        pass
    assert {row[0] for row in await post.rows("state, attempts")} == {"sent"}
    ids = [one.headers["webhook-id"] for one in receiver.received]
    assert len(set(ids)) == 3
    assert ids[-3:] == [f"msg_{one}" for one in await post.rows("id")]


async def test_gone_means_gone(receiver, set_up, posting, acted):
    receiver.answers = [reply(410)]
    await set_up("webhook", address=f"{receiver.url}/in")
    post = posting()
    await acted()
    await post.round()
    assert await post.rows("state, reason") == [("held", "HTTP 410")]


async def test_one_message_is_sent_again_under_the_same_id(receiver, set_up, posting, acted, by):
    await set_up("webhook", address=f"{receiver.url}/in")
    post = posting()
    await acted()
    await post.round()
    (id_,) = await post.rows("id")
    await by(channels.again, id_)
    await post.round()
    first, second = receiver.received
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body


async def test_an_ended_hook_forgets_its_secrets_and_hears_nothing(receiver, set_up, posting, acted, by, superuser):
    made = await set_up("webhook", address=f"{receiver.url}/in")
    post = posting()
    await acted()
    await by(channels.end, made.id)
    await acted()
    await post.round()
    assert receiver.received == []
    assert await post.rows("state, attempts") == [("parked", 0)]
    row = (await superuser.execute(text("SELECT address, secret, former_secret FROM endpoint"))).one()
    assert tuple(row) == (None, None, None)


async def test_a_way_is_tried_by_a_message_of_its_own(receiver, set_up, posting, by, worker_database, superuser):
    made = await set_up("webhook", address=f"{receiver.url}/in")
    post = posting()
    await by(channels.test, made.id)
    await work_off(worker_database, superuser)
    await post.round()
    assert verified(made.secret, receiver.received[0])["type"] == "channels.test"


@pytest.mark.demand("D87")
async def test_two_senders_at_once_send_once(receiver, set_up, posting, acted):
    await set_up("webhook", address=f"{receiver.url}/in")
    one, two = posting(), posting()
    await acted()
    await asyncio.gather(one.round(), two.round())
    await asyncio.gather(one.round(), two.round())
    assert len(receiver.received) == 1


@pytest.mark.demand("D87")
async def test_whoever_outlasts_its_lease_changes_nothing(
    receiver, set_up, posting, acted, worker_database, work, superuser
):
    """A sender that slept through its lease comes back: another has sent meanwhile, and its word counts."""
    await set_up("webhook", address=f"{receiver.url}/in")
    post = posting()
    await acted()
    desk = Desk(worker_database)
    async with desk() as uow:
        await uow.enter(OURS)
        (lease,) = await outgoing.claim(uow, 4)
        await uow.commit()
    assert await post.round() == 0, "leased"
    await post.hurry()
    await post.round()
    assert await post.rows("state, attempts, reason") == [("sent", 2, "HTTP 200")]
    async with desk() as uow:
        await uow.enter(OURS)
        assert await outgoing.compose(uow, lease, "") is None
        assert (await outgoing.settle(uow, lease, Outcome("later", "late"))).lost
        await uow.commit()
    assert await post.rows("state, attempts, reason") == [("sent", 2, "HTTP 200")]


async def test_a_sender_that_dies_each_time_parks_its_message(receiver, set_up, posting, acted, worker_database):
    await set_up("webhook", address=f"{receiver.url}/in")
    post = posting()
    await acted()
    desk = Desk(worker_database)
    for _ in range(outgoing.MOST):
        await post.hurry()
        async with desk() as uow:
            await uow.enter(OURS)
            assert await outgoing.claim(uow, 4)
            await uow.commit()
    await post.hurry()
    await post.round()
    assert receiver.received == []
    assert await post.rows("state, reason") == [("parked", "attempts exhausted")]


async def test_one_tenants_dead_receiver_does_not_hold_up_another_way(set_up, posting, acted):
    """Four hooks that never answer, and a fifth that does: it is served while the others still wait."""
    gate = asyncio.Event()

    async def never(writer):
        await gate.wait()

    async with receiving() as dead, receiving() as well:
        dead.answers = [never]
        for number in range(3):
            await set_up("webhook", name=f"死{number}", address=f"{dead.url}/{number}")
        await set_up("webhook", name="活", address=f"{well.url}/in")
        post = posting()
        await acted()
        await post.sender.turn()
        async with asyncio.timeout(5):
            await well.heard.wait()
        gate.set()
        await post.sender.rest()
    assert {row[0] for row in await post.rows("state, attempts")} == {"sent", "waiting"}


@pytest.mark.demand("D84")
async def test_what_should_have_left_long_ago_is_an_alarm(set_up, receiver, posting, acted, relay_database, superuser):
    await set_up("webhook", address=f"{receiver.url}/in")
    post = posting()
    await acted(2)
    for minutes, waiting in ((9, []), (11, [2])):
        await superuser.execute(
            text(f"UPDATE message SET next_at = now() - interval '{minutes} min' WHERE position > 0")
        )
        await superuser.commit()
        with capture_logs() as said:
            await report_overdue(relay_database)
        assert [line["waiting"] for line in said if line["tenant"] == OURS] == waiting
    await post.round()


@pytest.mark.demand("D25")
async def test_a_sender_that_cannot_see_says_so(posting, superuser):
    """The policy by which it looks over all tenants is gone: nothing found is not nothing to do."""
    post = posting()
    await superuser.execute(text("DROP POLICY relay ON message"))
    await superuser.commit()
    try:
        with capture_logs() as said:
            assert await post.round() == 0
    finally:
        await superuser.execute(text("CREATE POLICY relay ON message FOR SELECT TO lianshen_relay USING (true)"))
        await superuser.commit()
    alarms = [line for line in said if line["event"] == "canary_unseen"]
    assert [line["table"] for line in alarms] == ["message"]
    assert OURS in alarms[0]["tenants"]
    with capture_logs() as said:
        await post.round()
    assert [line for line in said if line["event"] == "canary_unseen"] == []
