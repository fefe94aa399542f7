"""The one place that asks providers anything: only hosts that are configured, only addresses that may be (D161).

A name is resolved once and the connection goes to the address that was looked at, so that a name which answers
differently a moment later leads nowhere else. There are no redirects, no proxies and no compressed bodies.
"""

import asyncio
import socket
import ssl
from collections.abc import Mapping
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

import httpx

from lianshen.providers.types import Provider

_SECONDS = 8.0
"""For one question altogether."""
_MOST = 256 * 1024
"""Bytes of an answer."""
_TRANSLATED = IPv6Network("64:ff9b::/96")
_OK = 200


class Unreachable(Exception):
    """Nothing that counts came back; the message says why."""


class Rejected(Unreachable):
    """It was answered that what we sent is wrong."""


class NotAllowed(Unreachable):
    """The address may not be asked."""


def hosts_of(provider: Provider) -> frozenset[str]:
    """Names that the provider's addresses may have."""
    return frozenset(name.lower() for name in (urlsplit(provider.issuer).hostname, *provider.hosts) if name)


def require_address(provider: Provider, address: str) -> None:
    """Raise NotAllowed for an address that is not the configured provider's: host, scheme, or with somebody's name."""
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise NotAllowed(f"no address: {address[:200]!r}") from error
    schemes = ("https", "http") if provider.private else ("https",)
    if parts.scheme not in schemes or "@" in parts.netloc or parts.fragment or port == 0 or not address.isprintable():
        raise NotAllowed(f"not allowed: {address[:200]!r}")
    if host not in hosts_of(provider):
        raise NotAllowed(f"host is not configured: {host!r}")


async def ask(
    provider: Provider,
    address: str,
    *,
    form: Mapping[str, str] | None = None,
    basic: tuple[str, str] | None = None,
) -> bytes:
    """The body of a 200 answer to GET, or to POST of ``form``. Raises Unreachable."""
    require_address(provider, address)
    try:
        async with asyncio.timeout(_SECONDS):
            return await _ask(provider, address, form, basic)
    except TimeoutError as error:
        raise Unreachable(f"no answer within {_SECONDS:g} seconds") from error
    except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError) as error:
        raise Unreachable(f"{type(error).__name__}: {error}") from error


async def _ask(
    provider: Provider, address: str, form: Mapping[str, str] | None, basic: tuple[str, str] | None
) -> bytes:
    parts = urlsplit(address)
    assert parts.hostname is not None, "looked at before"
    at = await _resolve(parts.hostname, parts.port or (443 if parts.scheme == "https" else 80), provider)
    pinned = httpx.URL(address).copy_with(host=str(at))
    headers = {"host": parts.netloc, "accept": "application/json", "accept-encoding": "identity"}
    async with (
        httpx.AsyncClient(verify=_trust(), trust_env=False, follow_redirects=False, timeout=_SECONDS) as client,
        client.stream(
            "GET" if form is None else "POST",
            pinned,
            headers=headers,
            data=form,
            auth=httpx.BasicAuth(*basic) if basic else None,
            extensions={"sni_hostname": parts.hostname},
        ) as answer,
    ):
        if answer.is_client_error:
            raise Rejected(f"{parts.path} answered {answer.status_code}")
        if answer.status_code != _OK:
            raise Unreachable(f"{parts.path} answered {answer.status_code}")
        if answer.headers.get("content-encoding", "identity") != "identity":
            raise Unreachable("a compressed answer")
        body = bytearray()
        async for part in answer.aiter_raw():
            body += part
            if len(body) > _MOST:
                raise Unreachable(f"more than {_MOST} bytes")
        return bytes(body)


async def _resolve(host: str, port: int, provider: Provider) -> IPv4Address | IPv6Address:
    """The address to connect to. Raises NotAllowed when any of those that the name has may not be asked."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [ip_address(entry[4][0]) for entry in found]
    for at in addresses:
        if not _may_be_asked(at, private=provider.private):
            raise NotAllowed(f"{host} is at {at}")
    return addresses[0]


def _may_be_asked(at: IPv4Address | IPv6Address, *, private: bool) -> bool:
    if isinstance(at, IPv6Address):
        if at.ipv4_mapped is not None:
            return _may_be_asked(at.ipv4_mapped, private=private)
        if at in _TRANSLATED or at.sixtofour is not None or at.teredo is not None:
            return False
    if at.is_multicast or at.is_unspecified or at.is_link_local:
        return False  # link-local: a cloud's metadata service among others
    return at.is_global or (private and (at.is_private or at.is_loopback))


@lru_cache(maxsize=1)
def _trust() -> ssl.SSLContext:
    """The system's certificates, with those of our own network that an operator added (``SSL_CERT_FILE``)."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
