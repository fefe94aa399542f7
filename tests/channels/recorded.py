"""What goes over the wire to robots and the gateway, written down by hand from the documents of those who run them.

WeCom 群机器人配置说明 (91770), DingTalk 自定义机器人接入 (加签), Alibaba Cloud V3 版本请求体与签名机制 and SendSms.
"""

import base64
import hashlib
import hmac
from datetime import UTC, datetime
from urllib.parse import quote_plus
from uuid import UUID

from lianshen.channels.types import Letter

NOW = datetime(2026, 3, 18, 1, 5, 9, tzinfo=UTC)
_ID = UUID("0d3f7d4e-2f54-4a58-9d0e-3f6a3a0f0001")
_KEY = "693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa"
_TOKEN = "566cc69da782ec33e42541b09b08551f09fbe864eb8008112e994b43887"
_SEAL = "SECbeb3d4c9a8ff2b1a7bd42cfbd1cfab7a8b93fbd2"
_TEXT = "【灌云县】教育数据平台：提交申报"


def _letter(channel: str, to: str, **more: object) -> Letter:
    plain = {"subject": "", "body": _TEXT, "items": (), "secrets": (), "details": {}, "recipient": ""}
    return Letter(id=_ID, tenant="320723", tenant_name="灌云县", channel=channel, to=to, **(plain | more))  # type: ignore[arg-type]


def wecom(base: str) -> Letter:
    return _letter("wecom", f"{base}/cgi-bin/webhook/send?key={_KEY}")


WECOM_SENT = (
    f"POST /cgi-bin/webhook/send?key={_KEY} HTTP/1.1",
    "application/json",
    {"msgtype": "text", "text": {"content": _TEXT}},
)


def dingtalk(base: str) -> Letter:
    return _letter("dingtalk", f"{base}/robot/send?access_token={_TOKEN}", secrets=(_SEAL,))


def _sealed(stamp: str) -> str:
    """As the example of the documentation reckons it."""
    code = hmac.new(_SEAL.encode("utf-8"), f"{stamp}\n{_SEAL}".encode(), digestmod=hashlib.sha256).digest()
    return quote_plus(base64.b64encode(code))


DINGTALK_SENT = (
    f"POST /robot/send?access_token={_TOKEN}&timestamp=1773795909000&sign={_sealed('1773795909000')} HTTP/1.1",
    "application/json",
    {"msgtype": "text", "text": {"content": _TEXT}},
)


def sms(base: str) -> Letter:
    details = {
        "host": f"{base}/", "access_key": "LTAI5tExample", "sign_name": "灌云数据局", "template_code": "SMS_154950909",
        "variable": "content",
    }  # fmt: skip
    return _letter(
        "sms", "13800138000", secrets=("example-secret-of-a-key",), details=details, body="教育数据平台：提交申报"
    )


SMS_SENT = (
    (
        "POST /?OutId=0d3f7d4e-2f54-4a58-9d0e-3f6a3a0f0001&PhoneNumbers=13800138000"
        "&SignName=%E7%81%8C%E4%BA%91%E6%95%B0%E6%8D%AE%E5%B1%80&TemplateCode=SMS_154950909"
        "&TemplateParam=%7B%22content%22%3A%22%E6%95%99%E8%82%B2%E6%95%B0%E6%8D%AE%E5%B9%B3%E5%8F%B0%EF%BC%9A"
        "%E6%8F%90%E4%BA%A4%E7%94%B3%E6%8A%A5%22%7D HTTP/1.1"
    ),
    {
        "x-acs-action": "SendSms",
        "x-acs-content-sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "x-acs-date": "2026-03-18T01:05:09Z",
        "x-acs-version": "2017-05-25",
    },
)

ALIYUN_DOCUMENTED = {
    "key": "YourAccessKeyId",
    "secret": "YourAccessKeySecret",
    "nonce": "3156853299f313e23d1673dc12e1703d",
    "now": datetime(2023, 10, 26, 10, 22, 32, tzinfo=UTC),
    "host": "ecs.cn-shanghai.aliyuncs.com",
    "action": "RunInstances",
    "version": "2014-05-26",
    "query": {"ImageId": "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd", "RegionId": "cn-shanghai"},
    "authorization": "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;x-acs-content-sha256;"
    "x-acs-date;x-acs-signature-nonce;x-acs-version,"
    "Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0",
}
