"""What is refused before anything of a request is worked: its host, its size, its shape (D171, D175)."""

import re
from typing import Final

from litestar.datastructures import Headers

from lianshen.kernel.errors import Malformed, Refusal
from lianshen.kernel.settings import Settings
from lianshen.web._asgi import Scope
from lianshen.web._source import source_of

_HOST = re.compile(r"(\[[0-9a-f:.]{2,45}\]|[a-z0-9._-]{1,253})(?::[0-9]{1,5})?")
LONGEST_ADDRESS: Final = 16 * 1024
"""Bytes of path and query: a pre-check carries a whole form in its query."""
MOST_HEADERS: Final = 100
LARGEST_HEADERS: Final = 32 * 1024
"""Bytes of all names and values together."""


class WrongHost(Refusal):
    """Another instance's name, or somebody's invention."""

    status = 421
    code = "wrong_host"


class AddressTooLong(Refusal):
    status = 414
    code = "address_too_long"


class HeadersTooLarge(Refusal):
    status = 431
    code = "headers_too_large"


class Door:
    """The settings that decide who is let in to be heard at all, read once."""

    def __init__(self, settings: Settings) -> None:
        self._hosts = settings.host_names
        self._proxies = settings.proxies
        self._header = settings.forwarded_header

    def source(self, scope: Scope, headers: Headers) -> str:
        """The address that the request comes from; blank where none is known."""
        return source_of(scope, headers, self._proxies, self._header)

    def check(self, scope: Scope, headers: Headers) -> None:
        """Raise Malformed, WrongHost, AddressTooLong or HeadersTooLarge for what is not worth reading on."""
        raw = scope["headers"]
        if len(raw) > MOST_HEADERS or sum(len(name) + len(value) for name, value in raw) > LARGEST_HEADERS:
            raise HeadersTooLarge
        if len(scope.get("raw_path") or scope["path"].encode()) + len(scope["query_string"]) > LONGEST_ADDRESS:
            raise AddressTooLong
        named = headers.getall("host", [])
        host = _HOST.fullmatch(named[0].lower()) if len(named) == 1 else None
        if host is None:  # RFC 9112, 3.2: one Host, and a valid one
            raise Malformed
        if host[1] not in self._hosts:
            raise WrongHost
