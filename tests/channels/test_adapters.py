"""Robots and short messages against recorded payloads: what the others' own documents show (see ``recorded/``)."""

import msgspec
import pytest

from lianshen.channels import _robots, _sms
from lianshen.channels.outgoing import Carrier
from tests.channels.conftest import allowed, reply
from tests.channels.recorded import (
    ALIYUN_DOCUMENTED,
    DINGTALK_SENT,
    NOW,
    SMS_SENT,
    WECOM_SENT,
    dingtalk,
    sms,
    wecom,
)  # fmt: skip


def test_the_signature_of_the_providers_own_example():
    """The example of the documentation of ACS3-HMAC-SHA256, to the last digit."""
    said = ALIYUN_DOCUMENTED
    headers = _sms.sign(
        said["query"], host=said["host"], action=said["action"], version=said["version"], key=said["key"],
        secret=said["secret"], now=said["now"], nonce=said["nonce"],
    )  # fmt: skip
    assert headers["authorization"] == said["authorization"]


async def test_wecom(receiver, configured):
    receiver.answers = [reply(200, b'{"errcode":0,"errmsg":"ok"}')]
    outcome = await Carrier(allowed(configured)).carry(wecom(receiver.url), NOW)
    assert (outcome.what, outcome.reason) == ("sent", "0 ok")
    (one,) = receiver.received
    assert (one.line, one.headers["content-type"], msgspec.json.decode(one.body)) == WECOM_SENT


async def test_dingtalk(receiver, configured):
    receiver.answers = [reply(200, b'{"errcode":0,"errmsg":"ok"}')]
    outcome = await Carrier(allowed(configured)).carry(dingtalk(receiver.url), NOW)
    assert outcome.what == "sent"
    (one,) = receiver.received
    assert (one.line, one.headers["content-type"], msgspec.json.decode(one.body)) == DINGTALK_SENT


async def test_short_message(receiver, configured):
    receiver.answers = [reply(200, b'{"Message":"OK","RequestId":"1","Code":"OK","BizId":"9"}')]
    outcome = await Carrier(allowed(configured)).carry(sms(receiver.url), NOW)
    assert (outcome.what, outcome.reason) == ("sent", "OK OK")
    (one,) = receiver.received
    assert one.line == SMS_SENT[0]
    assert one.body == b""
    headers = {name: value for name, value in one.headers.items() if name.startswith("x-acs-")}
    assert headers.pop("x-acs-signature-nonce")
    assert headers == SMS_SENT[1]
    assert one.headers["host"] == receiver.url.removeprefix("http://")
    assert one.headers["authorization"].startswith(
        "ACS3-HMAC-SHA256 Credential=LTAI5tExample,SignedHeaders=host;x-acs-"
    )


@pytest.mark.parametrize(
    ("status", "body", "what"),
    [
        (200, b'{"errcode":0,"errmsg":"ok"}', "sent"),
        (200, b'{"errcode":45009,"errmsg":"api freq out of limit"}', "later"),
        (200, b'{"errcode":130101,"errmsg":"send too fast"}', "later"),
        (200, b'{"errcode":-1,"errmsg":"system busy"}', "later"),
        (200, b'{"errcode":93000,"errmsg":"invalid webhook url"}', "broken"),
        (200, b'{"errcode":310000,"errmsg":"sign not match"}', "broken"),
        (200, b'{"errcode":300005,"errmsg":"token is not exist"}', "broken"),
        (502, b"<html>", "later"),
        (200, b"", "later"),
        (500, b'{"errcode":0,"errmsg":"ok"}', "later"),
    ],
)
def test_what_robots_answer(status, body, what):
    assert _robots.read(status, body).what == what


@pytest.mark.parametrize(
    ("status", "code", "what"),
    [
        (200, "OK", "sent"),
        (200, "isv.MOBILE_NUMBER_ILLEGAL", "bounced"),
        (200, "isv.BUSINESS_LIMIT_CONTROL", "later"),
        (200, "isv.TEMPLATE_PARAMS_ILLEGAL", "never"),
        (400, "SignatureDoesNotMatch", "broken"),
        (404, "InvalidAccessKeyId.NotFound", "broken"),
        (200, "isv.AMOUNT_NOT_ENOUGH", "broken"),
        (503, "ServiceUnavailable", "later"),
        (500, "InternalError", "later"),
    ],
)
def test_what_the_gateway_answers(status, code, what):
    assert _sms.read(status, f'{{"Code":"{code}","Message":"x"}}'.encode()).what == what


def test_text_of_a_robot_is_cut_at_whole_characters():
    long = msgspec.structs.replace(wecom("http://x"), body="项" * 3000)
    sent = msgspec.json.decode(_robots.body_of(long))["text"]["content"]
    assert len(sent.encode()) <= 2048
    assert set(sent) == {"项", "…"}


@pytest.mark.parametrize(
    ("channel", "url", "fits"),
    [
        ("wecom", "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa", True),
        ("wecom", "https://qyapi.weixin.qq.com/cgi-bin/webhook/send", False),
        ("wecom", "https://qyapi.weixin.qq.com/cgi-bin/user/get?key=693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa", False),
        ("dingtalk", "https://oapi.dingtalk.com/robot/send?access_token=" + "a" * 64, True),
        ("dingtalk", "https://oapi.dingtalk.com/gettoken?access_token=" + "a" * 64, False),
    ],
)
def test_addresses_of_robots(channel, url, fits):
    assert _robots.fits(channel, url) is fits
