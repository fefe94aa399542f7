"""E-mail over real SMTP: what arrives, what a refusal means, and whom nothing is sent to any more."""

import email
from email.policy import default

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from lianshen.channels import commands as channels
from lianshen.channels import queries
from lianshen_workers.send import report_overdue
from tests.channels.authority import make
from tests.channels.conftest import OURS, _authenticate, mailing
from tests.walk.driver import LEAD


def read(envelope):
    return email.message_from_bytes(envelope.content, policy=default)


@pytest.fixture
async def box(mailbox, set_up):
    await set_up("mail")
    return mailbox


def local(port: int, **more):
    return {"mail_host": "127.0.0.1", "mail_port": port, "mail_security": "none"} | more


@pytest.mark.demand("D68")
async def test_an_act_reaches_the_concerned_by_mail_once(box, posting, acted, work):
    mails, port = box
    post = posting(**local(port))
    (project,) = await acted()
    waiting = await post.rows("state, person")
    assert waiting
    assert {state for state, _ in waiting} == {"waiting"}
    assert await post.round() == min(4, len(waiting))
    while await post.round():
        pass
    assert {row[1] for row in await post.rows()} == {"sent"}
    assert len(mails.mails) == len(waiting)
    assert await post.round() == 0
    assert len(mails.mails) == len(waiting)
    one = read(mails.mails[0])
    assert one["from"].addresses[0].addr_spec == "lianshen@example.gov.cn"
    assert one["from"].addresses[0].display_name == "灌云县联审"
    assert one["auto-submitted"] == "auto-generated"
    assert one["list-id"] == "<320723.lianshen.example.gov.cn>"
    assert one["message-id"].endswith("@example.gov.cn>")
    assert one["date"]
    assert "提交申报" in one["subject"]
    plain = one.get_body(("plain",)).get_content()
    assert f"https://lianshen.test/projects/{project}" in plain
    assert "\n" not in one["subject"]
    assert 'lang="zh-CN"' in one.get_body(("html",)).get_content()
    assert one.get_content_type() == "multipart/alternative"
    assert len({read(mail)["message-id"] for mail in mails.mails}) == len(mails.mails)


async def test_whoever_did_not_set_up_mail_writes_none(posting, acted, mailbox):
    post = posting(**local(mailbox[1]))
    await acted()
    assert await post.rows() == []


async def test_a_refused_address_is_paused_and_its_holder_takes_it_up_again(box, posting, acted, work, staff):
    mails, port = box
    post = posting(**local(port))
    actor = await staff.actor(staff.find(*LEAD))
    address = f"{staff.find(*LEAD)}@{OURS}.invalid"
    mails.refuse[address] = f"550 5.1.1 <{address}> no such mailbox"
    await acted()
    while await post.round():
        pass
    ((state, reason),) = await post.rows("state, reason", f"person = '{actor.person}'")
    assert state == "parked"
    assert address not in reason, "what a server says back does not unseal the address"
    assert reason.startswith("550 5.1.1")
    async with work(read_only=True) as uow:
        await uow.enter(OURS)
        (pause,) = (await queries.own(uow, actor)).pauses
        assert pause.channel == "mail"
    mails.refuse.clear()
    await acted()
    while await post.round():
        pass
    assert [row[0] for row in await post.rows("state, reason", f"person = '{actor.person}'")] == ["parked", "parked"]
    async with work() as uow:
        await uow.enter(OURS)
        await channels.resume_address(uow, actor, "mail")
        await uow.commit()
    await acted()
    while await post.round():
        pass
    states = await post.rows("state, reason", f"person = '{actor.person}'")
    assert [row[0] for row in states] == ["parked", "parked", "sent"]


async def test_a_temporary_refusal_is_tried_again_and_parked_in_the_end(box, posting, acted, staff):
    mails, port = box
    post = posting(**local(port))
    actor = await staff.actor(staff.find(*LEAD))
    mails.refuse[f"{staff.find(*LEAD)}@{OURS}.invalid"] = "450 4.2.1 try later"
    await acted()
    mine = f"person = '{actor.person}'"
    for attempt in range(1, 9):
        await post.hurry()
        while await post.round():
            pass
        ((state, attempts, soon),) = await post.rows("state, attempts, next_at > now()", mine)
        assert attempts == attempt
        assert state == ("parked" if attempt == 8 else "waiting")
        assert soon or state == "parked"
    assert await post.rows("state, reason", mine) == [("parked", "450 4.2.1 try later")]


async def test_refused_content_is_parked_and_pauses_nobody(box, posting, acted, superuser):
    mails, port = box
    post = posting(**local(port))
    mails.refuse_data = "554 5.6.0 content refused"
    await acted()
    while await post.round():
        pass
    assert {row[1:2] + row[3:] for row in await post.rows()} == {("parked", "554 5.6.0 content refused")}
    assert (await superuser.execute(text("SELECT count(*) FROM address_pause"))).scalar_one() == 0


async def test_mail_of_a_suspended_tenant_waits_without_alarm_and_that_of_a_closed_one_leaves(
    box, posting, acted, superuser, relay_database
):
    """What was to be said before a county became part of another is still said; a suspended one says nothing."""
    mails, port = box
    post = posting(**local(port))
    await acted()
    told = len(await post.rows())
    assert told > 0

    async def stands(state: str) -> None:
        await superuser.execute(text("UPDATE tenant SET state = :state WHERE tenant = :t"), {"state": state, "t": OURS})
        await superuser.commit()

    async def late() -> list[str]:
        with capture_logs() as said:
            await report_overdue(relay_database)
        return [one["tenant"] for one in said if one["event"] == "messages_overdue"]

    await superuser.execute(text("UPDATE message SET next_at = now() - interval '1 day' WHERE kind <> 'canary'"))
    try:
        await stands("suspended")
        assert await post.round() == 0
        assert await late() == []
        assert {row[1] for row in await post.rows()} == {"waiting"}
        await stands("closed")
        assert await late() == [OURS]
        while await post.round():
            pass
    finally:
        await stands("active")
    assert {row[1] for row in await post.rows()} == {"sent"}
    assert len(mails.mails) == told
    assert await late() == []


@pytest.mark.filterwarnings("ignore:Requiring AUTH:UserWarning", "ignore:Session.login_data:DeprecationWarning")
@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_mail_goes_under_tls_to_a_server_that_asks_for_an_account(
    security, set_up, posting, acted, tmp_path, monkeypatch
):
    monkeypatch.setattr("lianshen.channels._mail._SECONDS", 3.0)
    await set_up("mail")
    context, certificate = make(tmp_path)
    by_command = {"tls_context": context, "require_starttls": True, "auth_require_tls": True}
    options = by_command if security == "starttls" else {"ssl_context": context, "auth_require_tls": False}
    known = {"mail_security": security, "mail_user": "lianshen", "extra_certificates": str(certificate)}
    async with mailing(authenticator=_authenticate, auth_required=True, **options) as (box, port):
        await acted()
        await posting(**local(port, **known, mail_password="wrong")).round()
        post = posting(**local(port, **known, mail_password="right"))
        assert box.mails == []
        assert {row[1] for row in await post.rows()} == {"waiting"}
        await post.hurry()
        while await post.round():
            pass
        assert {row[1] for row in await post.rows()} == {"sent"}
        assert box.mails


async def test_without_tls_nothing_is_sent_where_tls_is_asked_for(box, posting, acted):
    mails, port = box
    post = posting(**local(port, mail_security="starttls"))
    await acted()
    await post.round()
    assert mails.mails == []
    assert "waiting" in {row[1] for row in await post.rows()}


async def test_without_a_server_mail_cannot_be_set_up_and_says_so(set_up, configured):
    from lianshen.kernel.errors import Invalid

    with pytest.raises(Invalid) as refused:
        await set_up("mail", settings=configured)
    assert "邮件服务器" in refused.value.items[0].message
