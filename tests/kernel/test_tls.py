"""PostgreSQL and Redis are spoken to by TLS that knows whom it speaks to, or within one machine (D145).

The servers of the tests speak no TLS themselves, so a door before them does: what is tried is what our processes use.
"""

import asyncio
import select
import socket
import socketserver
import ssl
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from msgspec.structs import replace
from sqlalchemy import text

from lianshen.kernel import settings as from_environment
from lianshen.kernel import tls
from lianshen.kernel.database import Database
from lianshen.kernel.settings import SettingsError
from lianshen.operations._redis import forget
from lianshen.web._limits import Limits
from lianshen_workers.broker import make, require_settings

_SSL_REQUEST = struct.pack("!ii", 8, 80877103)
_DAY = timedelta(days=1)


class Authority:
    """Issues certificates of servers."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder, self._name = folder, name
        self._key = ec.generate_private_key(ec.SECP256R1())
        made = self._certificate(self._key, ends=_DAY).add_extension(
            x509.BasicConstraints(ca=True, path_length=0), True
        )
        self.file = folder / f"{name}.pem"
        self.file.write_bytes(made.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))

    def server(self, host: str, *, ends: timedelta = _DAY, newest: Any = None) -> ssl.SSLContext:
        """What a server shows that calls itself ``host`` until ``ends`` from now."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = x509.SubjectAlternativeName(
            [x509.IPAddress(ip_address(host)) if host[0].isdigit() else x509.DNSName(host)]
        )
        made = self._certificate(key, ends=ends).add_extension(names, False).sign(self._key, hashes.SHA256())
        file = self._folder / f"{self._name}-{host}-{ends.days}.pem"
        file.write_bytes(
            made.public_bytes(serialization.Encoding.PEM)
            + key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        if newest is not None:
            context.minimum_version = ssl.TLSVersion.TLSv1
            context.maximum_version = newest
            context.set_ciphers("ALL:@SECLEVEL=0")
        context.load_cert_chain(file)
        return context

    def _certificate(self, key: ec.EllipticCurvePrivateKey, *, ends: timedelta) -> x509.CertificateBuilder:
        now, name = datetime.now(UTC), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, self._name)])
        subject = name if key is self._key else x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "server")])
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - 2 * _DAY)
            .not_valid_after(now + ends)
        )


@pytest.fixture
def ours(tmp_path: Path, monkeypatch, configured) -> Authority:
    made = Authority(tmp_path, "ours")
    monkeypatch.setenv("LIANSHEN_TLS_CA_FILE", str(made.file))
    from_environment.settings.cache_clear()
    yield made
    monkeypatch.undo()
    from_environment.settings.cache_clear()


@contextmanager
def door(url: str, context: ssl.SSLContext | None, *, asks_first: bool) -> Iterator[str]:
    """``url`` behind a door that speaks TLS by ``context``, or refuses to; PostgreSQL's clients ask for it first."""
    parts = urlsplit(url)

    class Enter(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with suppress(OSError):
                if asks_first and self.request.recv(8) != _SSL_REQUEST:
                    open_.append("it began without asking for TLS")
                    return
                if asks_first:
                    self.request.sendall(b"S" if context else b"N")
                if context is None:
                    open_.extend(["it went on without TLS"] if self.request.recv(1) else [])
                    return
                with (
                    context.wrap_socket(self.request, server_side=True) as near,
                    socket.create_connection((parts.hostname or "", parts.port or 0)) as far,
                ):
                    _carry(near, far)

    open_: list[str] = []
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Enter) as server:
        server.daemon_threads = True
        Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        port = server.server_address[1]
        yield parts._replace(netloc=parts.netloc.replace(f":{parts.port}", f":{port}")).geturl()
        server.shutdown()
    assert open_ == []


def _carry(near: ssl.SSLSocket, far: socket.socket) -> None:
    while True:
        ready = [near] if near.pending() else select.select([near, far], [], [], 10)[0]
        for one, other in ((near, far), (far, near)):
            if one in ready:
                said = one.recv(65536)
                if not said:
                    return
                other.sendall(said)
        if not ready:
            return


async def ask_database(url: str) -> None:
    database = Database(url, pool_size=1)
    try:
        async with database.engine.connect() as connection:
            assert (await connection.execute(text("SELECT 1"))).scalar_one() == 1
    finally:
        await database.close()


async def ask_redis(url: str) -> None:
    """As the queue, the limits and a deletion do."""
    await asyncio.to_thread(require_settings, url)
    await asyncio.to_thread(make(url).client.ping)
    await forget(url, "999999")


WRONG: dict[str, Callable[[Authority, Path], ssl.SSLContext | None]] = {
    "another authority": lambda ours, folder: Authority(folder, "theirs").server("127.0.0.1"),
    "another name": lambda ours, folder: ours.server("db.example"),
    "another address": lambda ours, folder: ours.server("127.0.0.2"),
    "expired": lambda ours, folder: ours.server("127.0.0.1", ends=-_DAY),
    "an old protocol": lambda ours, folder: ours.server("127.0.0.1", newest=ssl.TLSVersion.TLSv1_1),
}


@pytest.mark.demand("D145")
async def test_a_server_that_our_authority_vouches_for_is_spoken_to(ours, configured):
    with door(configured.database_url, ours.server("127.0.0.1"), asks_first=True) as url:
        await ask_database(url)
    redis = configured.redis_url.replace("redis://", "rediss://")
    with door(redis, ours.server("127.0.0.1"), asks_first=False) as url:
        await ask_redis(url)


@pytest.mark.demand("D145")
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
@pytest.mark.parametrize("what", WRONG)
async def test_any_other_is_refused(ours, configured, tmp_path, what):
    context = WRONG[what](ours, tmp_path)
    with door(configured.database_url, context, asks_first=True) as url, pytest.raises((ssl.SSLError, OSError)):
        await ask_database(url)
    with door(configured.redis_url.replace("redis://", "rediss://"), context, asks_first=False) as url:
        for ask in (lambda: require_settings(url), make(url).client.ping):
            with pytest.raises(Exception, match=r"(?i)ssl|certificate|connection"):
                await asyncio.to_thread(ask)


@pytest.mark.demand("D145")
async def test_nothing_falls_back_to_an_open_way(ours, configured):
    with door(configured.database_url, None, asks_first=True) as url:  # noqa: SIM117
        with pytest.raises(OSError, match=r"(?i)ssl|rejected"):
            await ask_database(url)
    for ask in (require_settings, make, tls.for_redis):
        with pytest.raises(SettingsError, match="rediss://"):
            ask(configured.redis_url)


@pytest.mark.demand("D145")
@pytest.mark.parametrize("host", ["10.0.0.7", "db.internal", "[fd00::7]", "localhost.example", "127.0.0.1.example"])
def test_without_an_authority_another_machine_is_no_server(configured, host):
    with pytest.raises(SettingsError, match="another machine"):
        Database(f"postgresql+asyncpg://u:p@{host}:5432/x")
    for make_client in (require_settings, make, lambda url: Limits(replace(configured, redis_url=url))):
        with pytest.raises(SettingsError, match="another machine"):
            make_client(f"redis://{host}:6379/0")


@pytest.mark.demand("D145")
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", ""])
def test_within_the_machine_it_is_not_asked_for(configured, host):
    assert tls.for_database(f"postgresql+asyncpg://u:p@{host}/x") == {}
    assert tls.for_redis(f"redis://{host}/0") == {}
