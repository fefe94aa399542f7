"""Asking other hosts over HTTP where somebody in a jurisdiction has said which (D161).

The name is resolved once, every address it gives must be allowed, and the connection goes to one of those: a name that
answers differently a moment later changes nothing. No proxy from the environment, no redirect, no cookie; what answers
has so many seconds and so many bytes.
"""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

import httpcore
import msgspec

from lianshen.kernel.settings import Network, Settings

Address = IPv4Address | IPv6Address
Resolve = Callable[[str, int], Awaitable[list[str]]]
SECONDS = 15.0
"""For the whole exchange, from the name to the last byte."""
_EACH = 8.0
"""For connecting, and for each read and write."""
MOST = 64 * 1024
"""Bytes of an answer; more is an answer that we do not read."""
_LONGEST = 2000
_NEVER = tuple(
    ip_network(one)
    for one in (
        "0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15",
        "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4", "::/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64",
        "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16", "fc00::/7", "fec0::/10",
    )
)  # fmt: skip
"""Beside what Python calls private, loopback, link-local, multicast or reserved: shared address space (in which clouds
keep their metadata), tests, relays, and every form that carries another address within it (NAT64, 6to4, Teredo)."""


class Forbidden(Exception):
    """The address is not one that may be asked; the message says why, without the address."""


class Unanswered(Exception):
    """No answer, or none that can be read; the message says in which way."""


class Answer(msgspec.Struct, frozen=True):
    status: int
    body: bytes


class Outbound:
    """``networks`` are the operator's own, which may be asked although they are not public; to no other goes plain
    http. ``resolve`` gives a name's addresses."""

    def __init__(
        self,
        networks: Iterable[Network] = (),
        ports: Iterable[range] = (range(443, 444),),
        *,
        resolve: Resolve | None = None,
        certificates: str = "",
    ) -> None:
        self._networks = tuple(networks)
        self._ports = tuple(ports)
        self._resolve = resolve or _resolve
        self._tls = ssl.create_default_context()
        if certificates:
            self._tls.load_verify_locations(certificates)

    @classmethod
    def of(cls, settings: Settings) -> "Outbound":
        """As the settings say."""
        return cls(settings.outbound, settings.outbound_port_ranges, certificates=settings.extra_certificates)

    def check(self, url: str) -> None:
        """Raise Forbidden for an address that could never be asked, whatever its name resolves to."""
        try:
            parts = urlsplit(url)
            usual = 443 if parts.scheme == "https" else 80
            port = usual if parts.port is None else parts.port
        except ValueError as error:
            raise Forbidden("not an address") from error
        plain = parts.scheme == "http" and bool(self._networks)
        if parts.scheme != "https" and not plain:
            raise Forbidden("https only")
        if not parts.hostname or parts.username or parts.password or parts.fragment or len(url) > _LONGEST:
            raise Forbidden("not an address")
        if not url.isascii() or not url.isprintable() or " " in url:
            raise Forbidden("not an address")
        if not any(port in ports for ports in self._ports):
            raise Forbidden("port not allowed")
        try:
            literal = ip_address(parts.hostname)
        except ValueError:
            return
        if not self.allows(literal):
            raise Forbidden("network not allowed")

    def allows(self, address: Address) -> bool:
        """Whether an address may be connected to."""
        if isinstance(address, IPv6Address):
            address = address.ipv4_mapped or address
        if any(address in network for network in self._networks):
            return True
        odd = address.is_multicast or address.is_reserved or address.is_unspecified or address.is_link_local
        return address.is_global and not odd and not any(address in network for network in _NEVER)

    async def post(self, url: str, headers: dict[str, str], body: bytes) -> Answer:
        """Raises Forbidden and Unanswered. A redirect is an answer like any other, and is not followed."""
        self.check(url)
        backend = _Checked(self, plain=url.startswith("http:"))
        sent = [("user-agent", "lianshen"), ("accept-encoding", "identity"), *headers.items()]
        limits = dict.fromkeys(("connect", "read", "write", "pool"), _EACH)
        try:
            async with (
                asyncio.timeout(SECONDS),
                httpcore.AsyncConnectionPool(
                    ssl_context=self._tls, max_connections=1, retries=0, network_backend=backend
                ) as pool,
                pool.stream("POST", url, headers=sent, content=body, extensions={"timeout": limits}) as answer,
            ):
                return Answer(answer.status, await _read(answer))
        except (TimeoutError, httpcore.TimeoutException) as error:
            raise Unanswered("timeout") from error
        except (httpcore.NetworkError, httpcore.ProtocolError, OSError) as error:
            raise Unanswered(type(error).__name__) from error

    async def address_for(self, host: str, port: int, *, plain: bool) -> str:
        """The one address to connect to for ``host``. Raises Forbidden, Unanswered."""
        try:
            found = await self._resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise Unanswered("name not resolved") from error
        addresses = [ip_address(one.partition("%")[0]) for one in found]
        if not addresses or not all(self.allows(one) for one in addresses):
            raise Forbidden("network not allowed")
        if plain and not all(_within(one, self._networks) for one in addresses):
            raise Forbidden("https only")
        return found[0]


def _within(address: Address, networks: tuple[Network, ...]) -> bool:
    bare = (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address
    return any(bare in network for network in networks)


class _Checked(httpcore.AsyncNetworkBackend):
    """Connects to the address that was checked; TLS still asks for the name's certificate."""

    def __init__(self, outbound: Outbound, *, plain: bool) -> None:
        self._outbound, self._plain = outbound, plain
        self._real = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 (httpcore's signature)
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        address = await self._outbound.address_for(host, port, plain=self._plain)
        return await self._real.connect_tcp(address, port, timeout, local_address, socket_options)


async def _read(answer: httpcore.Response) -> bytes:
    """Raises Unanswered for one that is too long; the connection is then closed, not drained."""
    read = bytearray()
    async for part in answer.aiter_stream():
        read += part
        if len(read) > MOST:
            raise Unanswered("answer too long")
    return bytes(read)


async def _resolve(host: str, port: int) -> list[str]:
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]
