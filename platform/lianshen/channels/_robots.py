"""Group robots of WeCom and DingTalk. Pure.

WeCom: https://developer.work.weixin.qq.com/document/path/91770 (the key is part of the address; text up to 2048 bytes).
DingTalk: https://open.dingtalk.com/document/orgapp/custom-robots-send-group-messages (a signature over the instant).
"""

import base64
import hashlib
import hmac
from datetime import datetime
from urllib.parse import quote_plus, urlsplit

import msgspec

from lianshen.channels.types import Letter, Outcome

PATHS = {"wecom": "/cgi-bin/webhook/send", "dingtalk": "/robot/send"}
"""Where robots listen, by whose they are; the host may be that of a deployment of its own."""
_KEYS = {"wecom": "key=", "dingtalk": "access_token="}
_MOST = {"wecom": 2048, "dingtalk": 20000}
"""Bytes of text."""
_BUSY = {45009, 130101, 410100}
"""Sent too fast."""
_BROKEN = {93000, 40035, 300001, 300005, 310000, 400013, 400101, 400102}
"""The address or the signature does not hold, or the group has forbidden the robot."""


class _Said(msgspec.Struct):
    errcode: int
    errmsg: str = ""


def fits(channel: str, url: str) -> bool:
    """Whether ``url`` is an address of such a robot, with its key."""
    parts = urlsplit(url)
    return parts.path == PATHS[channel] and parts.query.startswith(_KEYS[channel]) and len(parts.query) > 20


def body_of(letter: Letter) -> bytes:
    text = _cut(letter.body, _MOST[letter.channel])
    return msgspec.json.encode({"msgtype": "text", "text": {"content": text}})


def address_of(letter: Letter, now: datetime) -> str:
    """Where to send it: for DingTalk with the instant in milliseconds and its signature."""
    if letter.channel == "wecom" or not letter.secrets:
        return letter.to
    stamp = int(now.timestamp() * 1000)
    secret = letter.secrets[0]
    code = hmac.digest(secret.encode(), f"{stamp}\n{secret}".encode(), hashlib.sha256)
    return f"{letter.to}&timestamp={stamp}&sign={quote_plus(base64.b64encode(code))}"


def read(status: int, body: bytes) -> Outcome:
    """They answer 200 to nearly everything; what happened is in ``errcode``."""
    try:
        said = msgspec.json.decode(body, type=_Said)
    except msgspec.DecodeError:
        return Outcome("later", f"HTTP {status}")
    reason = f"{said.errcode} {said.errmsg}"[:200]
    if status == 200 and said.errcode == 0:
        return Outcome("sent", reason)
    return Outcome("broken" if said.errcode in _BROKEN else "later", reason)


def _cut(text: str, most: int) -> str:
    """``text`` within ``most`` bytes of UTF-8, whole characters."""
    raw = text.encode()
    return text if len(raw) <= most else raw[: most - 3].decode(errors="ignore") + "…"
