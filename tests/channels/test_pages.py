"""Pages of ways out, templates and one's own choices, as people use them; each act is in the ledger (D120)."""

import re
from uuid import uuid4

import pytest
from sqlalchemy import text

from tests.channels.conftest import OURS, allowed, work_off
from tests.walk.driver import LEAD
from tests.web.conftest import browser, serving
from tests.web.people import key_of

HOOK = {
    "channel": "webhook",
    "name": "政务门户",
    "address": "https://hook.example.com/in",
    "kinds": ["project", "deadline"],
}


@pytest.fixture
async def served(configured):
    from lianshen.web.app import create_app

    made = create_app(allowed(configured, mail_host="127.0.0.1"))
    async with serving(made):
        yield made


@pytest.fixture
async def admin(served, staff, clean):
    login = next(one.login for one in staff.accounts if (one.tenant, one.role) == (OURS, "system_admin"))
    async with browser(served, cookies={"lianshen": await staff.token(login)}) as made:
        yield made


@pytest.fixture
async def lead(served, staff, clean):
    async with browser(served, cookies={"lianshen": await staff.token(staff.find(*LEAD))}) as made:
        yield made


@pytest.fixture
async def acts(superuser):
    """Actions of the ledger since last asked."""
    seen = [0]

    async def since():
        await superuser.commit()
        rows = await superuser.execute(
            text("SELECT seq, action FROM event WHERE tenant = :t AND seq > :s ORDER BY seq"), {"t": OURS, "s": seen[0]}
        )
        found = [tuple(row) for row in rows]
        seen[0] = found[-1][0] if found else seen[0]
        return [action for _, action in found if action.startswith("channels.")]

    await since()
    return since


async def say(client, path, page="/channels", **fields):
    return await client.post(path, data={"_csrf": await key_of(client, page)} | fields)


async def test_a_hook_is_set_up_rotated_tried_paused_resumed_and_ended(
    admin, acts, superuser, worker_database, staff, configured
):
    answer = await say(admin, "/channels", **HOOK)
    assert answer.status_code == 200, answer.text
    secret = re.search(r"whsec_[A-Za-z0-9+/=]{44}", answer.text)[0]
    page = (await admin.get("/channels")).text
    assert secret not in page
    assert "https://hook.example.com/in" in page
    assert await acts() == ["channels.add"]
    way = re.search(r"/channels/([0-9a-f-]{36})/pause", page)[1]
    rotated = await say(admin, f"/channels/{way}/secret")
    assert rotated.status_code == 200
    assert "whsec_" in rotated.text
    assert secret not in rotated.text
    for act in ("test", "pause", "resume"):
        assert (await say(admin, f"/channels/{way}/{act}")).headers["location"] == f"/channels?done={act}"
    assert await acts() == [f"channels.{one}" for one in ("rotate", "test", "pause", "resume")]
    await work_off(worker_database, superuser)
    page = (await admin.get("/channels/messages")).text
    assert "政务门户" in page
    assert "待发" in page
    await superuser.execute(text("UPDATE message SET state = 'parked', reason = 'HTTP 500' WHERE endpoint IS NOT NULL"))
    await superuser.commit()
    message = re.search(r"/channels/messages/([0-9a-f-]{36})/again", (await admin.get("/channels/messages")).text)[1]
    assert (await say(admin, f"/channels/messages/{message}/again", "/channels/messages")).status_code == 303
    assert (await say(admin, f"/channels/messages/{message}/again", "/channels/messages")).status_code == 404
    assert (await say(admin, f"/channels/{way}/end")).status_code == 303
    assert (await say(admin, f"/channels/{way}/resume")).status_code == 404
    assert await acts() == ["channels.again", "channels.end"]
    await superuser.commit()
    left = await superuser.execute(text("SELECT state FROM message WHERE endpoint IS NOT NULL"))
    assert left.scalar_one() == "parked"


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        (HOOK | {"address": "http://10.0.0.1/x"}, "address"),
        (HOOK | {"address": "https://169.254.169.254/latest/meta-data"}, "address"),
        (HOOK | {"address": "ftp://example.com/"}, "address"),
        (HOOK | {"kinds": []}, "kinds"),
        (HOOK | {"kinds": ["account"]}, "kinds"),
        (HOOK | {"name": "x" * 61}, "name"),
        ({"channel": "wecom", "address": "https://qyapi.weixin.qq.com/x?key=1", "kinds": ["project"]}, "address"),
        ({"channel": "dingtalk", "address": "https://oapi.dingtalk.com/robot/send?access_token=" + "a" * 64,
          "secret": "x", "kinds": ["project"]}, "secret"),
        ({"channel": "sms", "access_key": "", "secret": "", "sign_name": "", "template_code": "", "variable": ""},
         "access_key"),
    ],
)  # fmt: skip
async def test_what_does_not_fit_is_said_beside_its_field(admin, acts, typed, field):
    answer = await say(admin, "/channels", **typed)
    assert answer.status_code == 422
    assert re.search(r'role="alert">[^<]{4,}<', answer.text)
    assert await acts() == []
    assert (await say(admin, "/channels", channel="fax", name="x")).status_code == 404


async def test_keys_of_robots_and_gateways_are_sealed_and_never_shown(admin, superuser):
    robot = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa"
    assert (await say(admin, "/channels", channel="wecom", address=robot, kinds="project")).status_code == 303
    sms = {"access_key": "LTAI5tExample", "secret": "a-secret-of-the-gateway", "sign_name": "数据局",
           "template_code": "SMS_1", "variable": "content"}  # fmt: skip
    assert (await say(admin, "/channels", channel="sms", **sms)).status_code == 303
    page = (await admin.get("/channels")).text
    assert "qyapi.weixin.qq.com" in page
    assert "693a91f6" not in page
    assert "a-secret-of-the-gateway" not in page
    rows = (await superuser.execute(text("SELECT row_to_json(e)::text FROM endpoint e"))).scalars()
    assert [one for one in rows if "693a91f6" in one or "a-secret" in one] == []
    ledger = (await superuser.execute(text("SELECT note || label FROM event WHERE action = 'channels.add'"))).scalars()
    assert [one for one in ledger if "693a91f6" in one or "a-secret" in one] == []


async def test_office_hours(admin, acts):
    assert (await say(admin, "/channels/quiet", opens="9", closes="8")).status_code == 422
    assert (await say(admin, "/channels/quiet", opens="8", closes="18")).status_code == 303
    assert await acts() == ["channels.quiet"]
    assert 'value="18"' in (await admin.get("/channels")).text


async def test_a_template_is_previewed_on_a_real_case_and_published(lead, acts, acted):
    (project,) = await acted()
    place = "/templates/mail/project"
    page = (await lead.get(place)).text
    assert "系统默认" in page
    wrong = await say(lead, place, place, subject="{项目}", body="{附件}：{标题}")
    assert wrong.status_code == 422
    beside = dict(re.findall(r'id="(\w+)-remark" role="alert">([^<]*)<', wrong.text))
    assert "{项目}" in beside["subject"]
    assert "{附件}" in beside["body"]
    assert "{项目名称}" in beside["body"]
    shown = await say(lead, place, place, subject="【{地区}】{事项}", body="{项目名称}（{项目编号}）。", preview="1")
    assert shown.status_code in (200, 201)
    preview = shown.text.partition('id="preview"')[2]
    assert "【灌云县】提交申报" in preview
    assert re.search(r"（[^（）]*2026[^（）]*）。", preview), preview[:600]
    assert await acts() == []
    for version in (1, 2):
        answer = await say(lead, place, place, subject=f"第{version}次：{{事项}}", body="{标题}")
        assert answer.status_code == 303
    page = (await lead.get(place)).text
    assert "第 2 版" in page
    assert "第1次" in page
    assert await acts() == ["channels.template"] * 2
    assert project
    assert (await lead.get("/templates/webhook/project")).status_code == 404
    sms = await say(lead, "/templates/wecom/project", "/templates/wecom/project", body="{收件人}")
    assert sms.status_code == 422, "a group is nobody's person"


async def test_ones_own_choices(lead, acts, superuser, staff):
    page = (await lead.get("/account/notices")).text
    assert 'aria-label="期限提醒：站内，不能关闭"' in page
    fields = {
        "project": ["inbox", "mail"],
        "deadline": ["inbox"],
        "account": ["inbox"],
        "system": [],
        "digest_hour": "9",
    }
    assert (await say(lead, "/account/notices", "/account/notices", **fields)).status_code == 303
    assert await acts() == ["channels.prefer"]
    row = (await superuser.execute(text("SELECT chosen, digest_hour FROM preference"))).one()
    assert row.chosen == {"project": ["inbox", "mail"], "deadline": ["inbox"], "account": ["inbox"], "system": []}
    assert row.digest_hour == 9
    without = await say(lead, "/account/notices", "/account/notices", **fields | {"deadline": ["mail"]})
    assert without.status_code == 422
    assert (await say(lead, "/account/notices/mail/resume", "/account/notices")).status_code == 404
    actor = await staff.actor(staff.find(*LEAD))
    await superuser.execute(
        text("INSERT INTO address_pause VALUES (:t, :p, 'mail', '550 no such mailbox', now())"),
        {"t": OURS, "p": actor.person},
    )
    await superuser.commit()
    page = (await lead.get("/account/notices")).text
    assert "550 no such mailbox" in page
    assert (await say(lead, "/account/notices/mail/resume", "/account/notices")).status_code == 303
    assert await acts() == ["channels.resume_address"]
    assert "550 no such mailbox" not in (await lead.get("/account/notices")).text


async def test_notices_are_filtered_opened_and_read(lead, acted, superuser):
    (project,) = await acted()
    page = (await lead.get("/notices?unread=1&kind=project")).text
    notice = re.search(r"/notices/([0-9a-f-]{36})/read", page)[1]
    assert f"/projects/{project}" in page
    assert "没有符合条件" in (await lead.get("/notices?kind=deadline&unread=1")).text
    opened = await say(lead, f"/notices/{notice}/read", "/notices")
    assert re.fullmatch(r"/projects/[0-9a-f-]{36}", opened.headers["location"])
    assert notice not in (await lead.get("/notices?unread=1")).text
    assert (await say(lead, f"/notices/{uuid4()}/read", "/notices")).status_code == 404
    assert (await say(lead, "/notices/read", "/notices")).status_code == 303
    assert "没有符合条件" in (await lead.get("/notices?unread=1")).text
