"""Where a request comes from: the rightmost address that is no proxy of ours (D113).

Every hop appends to the header what it saw, so the list is believed from its right end and only for as long as the
speaker is a trusted proxy. What the caller wrote stands to the left of that and is never reached.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address

from litestar.datastructures import Headers

from lianshen.kernel.settings import Network
from lianshen.web._asgi import Scope

Address = IPv4Address | IPv6Address
_FOR = re.compile(r"(?:^|;)\s*for=(\"[^\"]*\"|[^;,\s]*)", re.IGNORECASE)
_WITH_PORT = re.compile(r"\[([0-9A-Fa-f:.]+)\](?::\d+)?|([0-9.]+):\d+")
_SAME_HOUSE = 64
"""Bits of an IPv6 address that name a household or an office; who has one has all addresses below it."""


def source_of(scope: Scope, headers: Headers, proxies: Sequence[Network], header: str) -> str:
    """The address of the caller, or of the last hop that can be believed; blank where the server knows none."""
    client = scope.get("client")
    at = _address(client[0]) if client else None
    if at is None:
        return ""
    for said in _from_the_right(headers, header) if proxies else ():
        if not any(at in network for network in proxies):
            break
        before = _address(said)
        if before is None:  # "unknown", or nonsense: our proxy is the last that is known
            break
        at = before
    return str(at)


def household(source: str) -> str:
    """``source`` as limits count it: an IPv6 address stands for its network."""
    at = _address(source)
    if isinstance(at, IPv6Address):
        return str(IPv6Address(int(at) >> _SAME_HOUSE << _SAME_HOUSE))
    return source


def _from_the_right(headers: Headers, header: str) -> Iterator[str]:
    entries = [entry for line in headers.getall(header, []) for entry in line.split(",")]
    for entry in reversed(entries):
        if header == "forwarded":
            found = _FOR.search(entry)
            yield found[1].strip('"') if found else ""
        else:
            yield entry.strip()


@lru_cache(4096)
def _address(said: str) -> Address | None:
    ported = _WITH_PORT.fullmatch(said)
    try:
        at = ip_address(ported[1] or ported[2] if ported else said)
    except ValueError:
        return None
    return at.ipv4_mapped or at if isinstance(at, IPv6Address) else at
