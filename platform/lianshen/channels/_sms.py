"""Short messages through Alibaba Cloud (Dysmsapi 2017-05-25, SendSms), signed with ACS3-HMAC-SHA256. Pure.

https://help.aliyun.com/zh/sdk/product-overview/v3-request-structure-and-signature
https://help.aliyun.com/zh/sms/developer-reference/api-dysmsapi-2017-05-25-sendsms
"""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import quote, urlsplit

import msgspec

from lianshen.channels.types import Letter, Outcome

HOST = "https://dysmsapi.aliyuncs.com/"
_ALGORITHM = "ACS3-HMAC-SHA256"
_VERSION, _ACTION = "2017-05-25", "SendSms"
_LONGEST = 35
"""Characters of a template's variable."""
_NOBODY = {"isv.MOBILE_NUMBER_ILLEGAL", "isv.OUT_OF_SERVICE", "isv.MOBILE_COUNT_OVER_LIMIT"}
_NEVER = {"isv.INVALID_PARAMETERS", "isv.TEMPLATE_PARAMS_ILLEGAL", "isv.BLACK_KEY_CONTROL_LIMIT",
          "isv.PARAM_LENGTH_LIMIT", "isv.PARAM_NOT_SUPPORT_URL"}  # fmt: skip
_LATER = {"isv.BUSINESS_LIMIT_CONTROL", "isv.DAY_LIMIT_CONTROL", "isp.SYSTEM_ERROR", "isp.RAM_PERMISSION_DENY",
          "Throttling.User", "ServiceUnavailable"}  # fmt: skip


class _Said(msgspec.Struct):
    Code: str
    Message: str = ""


def request_of(letter: Letter, *, now: datetime, nonce: str) -> tuple[str, dict[str, str]]:
    """The address and the headers of the request; the body is empty. ``nonce`` differs each time."""
    sent = {
        "PhoneNumbers": letter.to,
        "SignName": letter.details["sign_name"],
        "TemplateCode": letter.details["template_code"],
        "TemplateParam": msgspec.json.encode({letter.details["variable"]: letter.body[:_LONGEST]}).decode(),
        "OutId": str(letter.id),
    }
    url = letter.details["host"]
    headers = sign(
        sent, host=urlsplit(url).netloc, action=_ACTION, version=_VERSION, key=letter.details["access_key"],
        secret=letter.secrets[0], now=now, nonce=nonce,
    )  # fmt: skip
    return f"{url.rstrip('/')}/?{canonical(sent)}", headers


def canonical(sent: Mapping[str, str]) -> str:
    """A query as it is signed and sent: by name, everything but RFC 3986's unreserved escaped."""
    return "&".join(f"{_escaped(name)}={_escaped(value)}" for name, value in sorted(sent.items()))


def sign(
    sent: Mapping[str, str], *, host: str, action: str, version: str, key: str, secret: str, now: datetime, nonce: str
) -> dict[str, str]:
    """The headers of an RPC-style request with an empty body."""
    empty = hashlib.sha256(b"").hexdigest()
    headers = {
        "host": host,
        "x-acs-action": action,
        "x-acs-content-sha256": empty,
        "x-acs-date": f"{now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "x-acs-signature-nonce": nonce,
        "x-acs-version": version,
    }
    signed = ";".join(headers)
    lines = "".join(f"{name}:{value}\n" for name, value in headers.items())
    request = "\n".join(("POST", "/", canonical(sent), lines, signed, empty))
    said = f"{_ALGORITHM}\n{hashlib.sha256(request.encode()).hexdigest()}"
    code = hmac.digest(secret.encode(), said.encode(), hashlib.sha256).hex()
    return headers | {"authorization": f"{_ALGORITHM} Credential={key},SignedHeaders={signed},Signature={code}"}


def read(status: int, body: bytes) -> Outcome:
    """``Code`` says what happened; what it does not name is the gateway's own refusal: of the key, the signature."""
    try:
        said = msgspec.json.decode(body, type=_Said)
    except msgspec.DecodeError:
        return Outcome("later", f"HTTP {status}")
    reason = f"{said.Code} {said.Message}"[:200]
    if said.Code == "OK":
        return Outcome("sent", reason)
    if said.Code in _NOBODY:
        return Outcome("bounced", reason)
    if said.Code in _NEVER:
        return Outcome("never", reason)
    return Outcome("later" if said.Code in _LATER or status >= 500 else "broken", reason)


def _escaped(said: str) -> str:
    return quote(said, safe="~")
