"""How this process speaks to PostgreSQL and Redis: by TLS that knows whom it speaks to, or within one machine (D145).

There is no third way and nothing falls back: a server on another machine without an authority to check it by is no
server. Where a proxy on the same machine encrypts (a sidecar), the address is the machine's own.
"""

import ssl
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from lianshen.kernel.settings import Settings, SettingsError
from lianshen.kernel.settings import settings as from_environment

_OURSELVES = ("", "localhost")


def for_database(url: str) -> dict[str, Any]:
    """Arguments of asyncpg's ``connect`` for ``url``. Raises SettingsError for an open way to another machine."""
    return dict(ssl=context) if (context := _context(url)) else {}  # noqa: C408 (no word of an algorithm)


def for_redis(url: str) -> dict[str, Any]:
    """Arguments of a client of Redis at ``url``, which is ``rediss://`` where an authority is set. Raises as above."""
    if _context(url) is None:
        if urlsplit(url).scheme == "rediss":
            raise SettingsError("LIANSHEN_TLS_CA_FILE is not set, and Redis is asked for by TLS")
        return {}
    if urlsplit(url).scheme != "rediss":
        raise SettingsError("LIANSHEN_REDIS_URL: with LIANSHEN_TLS_CA_FILE it begins with rediss://")
    return {
        "ssl_ca_certs": str(from_environment().tls_ca_file),
        "ssl_cert_reqs": "required",
        "ssl_check_hostname": True,
        "ssl_min_version": ssl.TLSVersion.TLSv1_2,
    }


def _context(url: str) -> ssl.SSLContext | None:
    """What checks the server of ``url``; None where no authority is set and the server is this machine."""
    known: Settings = from_environment()
    if known.tls_ca_file is not None:
        context = ssl.create_default_context(cafile=str(known.tls_ca_file))
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return context
    host = urlsplit(url).hostname or ""
    if host not in _OURSELVES and not _is_loopback(host):
        raise SettingsError(f"LIANSHEN_TLS_CA_FILE is not set, and {host} is another machine")
    return None


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
