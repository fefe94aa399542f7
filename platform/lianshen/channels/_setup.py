"""What somebody typed to set up a way out, checked. Pure."""

import re
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

import msgspec

from lianshen.channels import _robots, _sms
from lianshen.channels._outbound import Forbidden, Outbound
from lianshen.channels.types import KINDS, SHARED
from lianshen.kernel.errors import Invalid, Item, NotFound
from lianshen.kernel.messages import text
from lianshen.kernel.settings import Settings

_KEY = re.compile(r"[A-Za-z0-9_.\-]{8,128}")
_WORD = re.compile(r"[A-Za-z0-9_]{1,40}")
_CHANNELS = ("mail", "sms", *SHARED)


class Given(msgspec.Struct, frozen=True):
    """What is kept; ``shown`` is the part of the address that is no secret."""

    name: str
    address: str
    secret: str
    details: dict[str, str]
    kinds: tuple[str, ...]
    shown: str


def shared_kinds() -> tuple[str, ...]:
    """Kinds that may go to groups and other systems."""
    return tuple(code for code, kind in KINDS.items() if kind.shared)


def shown(channel: str, address: str) -> str:
    """The part of an address that is no secret."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}" + ("" if channel in _robots.PATHS else parts.path)


def checked(settings: Settings, channel: str, typed: Mapping[str, str], kinds: Sequence[str]) -> Given:
    """Raises NotFound for no channel, Invalid for all that does not fit, each beside its field."""
    if channel not in _CHANNELS:
        raise NotFound
    said = {name: value.strip() for name, value in typed.items()}
    wrong: dict[str, str] = {}
    name = said.get("name", "") or text(f"channel.{channel}")
    if len(name) > 60:
        wrong["name"] = text("channels.name")
    address, secret = "", said.get("secret", "")
    details: dict[str, str] = {}
    if channel == "mail":
        secret = ""
        if not settings.mail_host:
            wrong["name"] = text("channels.no_mail")
    else:
        address = said.get("address", "") or (_sms.HOST if channel == "sms" else "")
        wrong |= _address(settings, channel, address)
    if channel == "sms":
        details, more = _gateway(said)
        wrong |= more
    if channel == "dingtalk" and secret and not re.fullmatch(r"SEC[0-9a-zA-Z]{20,120}", secret):
        wrong["secret"] = text("channels.dingtalk_secret")
    if channel in SHARED and (not kinds or not set(kinds) <= set(shared_kinds())):
        wrong["kinds"] = text("channels.kinds")
    if wrong:
        raise Invalid(tuple(Item(code="invalid", message=what, field=field) for field, what in wrong.items()))
    chosen = tuple(dict.fromkeys(kinds)) if channel in SHARED else ()
    details = details | ({"shown": shown(channel, address)} if address else {})
    if channel in ("webhook", "wecom"):
        secret = ""
    return Given(name, address, secret, details, chosen, details.get("shown", ""))


def _address(settings: Settings, channel: str, address: str) -> dict[str, str]:
    try:
        Outbound.of(settings).check(address)
    except Forbidden as error:
        return {"address": text(f"channels.address.{error}".replace(" ", "_"))}
    if channel in _robots.PATHS and not _robots.fits(channel, address):
        return {"address": text(f"channels.address.{channel}")}
    return {}


def _gateway(said: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    wrong = {}
    if not _KEY.fullmatch(said.get("access_key", "")):
        wrong["access_key"] = text("channels.access_key")
    if not _KEY.fullmatch(said.get("secret", "")):
        wrong["secret"] = text("channels.access_secret")
    if not 0 < len(said.get("sign_name", "")) <= 30:
        wrong["sign_name"] = text("channels.sign_name")
    for field in ("template_code", "variable"):
        if not _WORD.fullmatch(said.get(field, "")):
            wrong[field] = text(f"channels.{field}")
    return {name: said.get(name, "") for name in ("access_key", "sign_name", "template_code", "variable")}, wrong
