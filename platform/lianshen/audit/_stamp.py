"""Time stamps of RFC 3161 from an authority that is asked over HTTP."""

import httpx
from rfc3161_client import TimestampRequestBuilder, decode_timestamp_response

from lianshen.audit.verify import Broken, check_token

_SECONDS = 10.0


class NotStamped(Exception):
    """The authority is away, refuses, or answers what does not hold."""


async def stamp(url: str, text: bytes, certificates: bytes) -> bytes:
    """The authority's answer over ``text``, checked by the same means as everybody will check it later.

    ``certificates`` are PEM: the authority's chain, up to the root that is believed. Raises NotStamped.
    """
    asked = TimestampRequestBuilder().data(text).nonce(nonce=True).cert_request(cert_request=True).build()
    headers = {"content-type": "application/timestamp-query"}
    try:
        async with httpx.AsyncClient(timeout=_SECONDS) as client:
            answer = (await client.post(url, content=asked.as_bytes(), headers=headers)).raise_for_status().content
        found = decode_timestamp_response(answer)
        if found.status != 0 or found.tst_info.nonce != asked.nonce:
            raise NotStamped(f"status {found.status}: {found.status_string}")
        check_token(text, answer, certificates)
    except (httpx.HTTPError, ValueError, OSError, Broken) as error:
        raise NotStamped(str(error)) from error
    return answer
