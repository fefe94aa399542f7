"""Calls to addresses that somebody typed cannot be steered, and hostile receivers hold nobody up (D161, F42)."""

import asyncio
import time
from pathlib import Path

import pytest

from lianshen.channels._outbound import MOST, SECONDS, Forbidden, Outbound, Unanswered
from lianshen.kernel.settings import Settings
from tests.channels.authority import make
from tests.channels.conftest import receiving, reply

pytestmark = pytest.mark.demand("D161")
EVERYWHERE = (range(1, 65536),)
_TABLE = Path(__file__).with_name("addresses.txt").read_text(encoding="utf-8").split("# Where one may.\n")
NEVER, WELL = (
    [one for line in part.splitlines() if not line.startswith("#") for one in line.split()] for part in _TABLE
)


class Names:
    """A resolver that gives one answer after the other, the last for ever, and counts how often it was asked."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers, self.asked = list(answers), 0

    async def __call__(self, host: str, port: int) -> list[str]:
        self.asked += 1
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def test_the_table_is_long_enough():
    assert len(NEVER) >= 60
    assert len(set(NEVER)) == len(NEVER)


@pytest.mark.parametrize("address", NEVER)
async def test_where_nobody_may_go(address):
    outbound = Outbound(ports=EVERYWHERE, resolve=Names([address]))
    with pytest.raises(Forbidden, match="network"):
        await outbound.post("https://hook.example.com/", {}, b"")
    literal = f"[{address}]" if ":" in address else address
    with pytest.raises(Forbidden, match="network"):
        outbound.check(f"https://{literal}/")


@pytest.mark.parametrize("address", WELL)
async def test_where_one_may(address):
    assert await Outbound(resolve=Names([address])).address_for("x", 443, plain=False) == address


async def test_one_bad_address_among_good_ones_is_enough():
    with pytest.raises(Forbidden):
        await Outbound(resolve=Names(["8.8.8.8", "127.0.0.1"])).address_for("x", 443, plain=False)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/", "ftp://example.com/", "file:///etc/passwd", "https://", "https:///x", "//example.com/",
        "https://user:word@example.com/", "https://user@example.com/", "https://example.com:22/", "https://example.com:0/",
        "https://example.com:99999/", "https://example.com/#x", "https://exa mple.com/", "https://例.com/", "https://[::1",
        "https://127.0.0.1/", "https://[::ffff:10.0.0.1]/", "https://example.com/" + "x" * 2000, "https://a\r\nb/",
        "javascript:alert(1)", "gopher://example.com/", "",
    ],
)  # fmt: skip
def test_addresses_that_are_refused_as_typed(url):
    with pytest.raises(Forbidden):
        Outbound().check(url)


@pytest.mark.parametrize("host", ["127.1", "2130706433", "0x7f000001", "0177.0.0.1", "localhost", "localhost."])
async def test_other_spellings_of_this_machine_are_what_they_resolve_to(host):
    with pytest.raises((Forbidden, Unanswered)):
        await Outbound(ports=EVERYWHERE).post(f"https://{host}/", {}, b"")


async def test_a_name_that_answers_differently_a_moment_later_is_asked_once(receiver):
    """The first answer is a network that the operator allows; the second one would be the way in."""
    names = Names(["127.0.0.2"], ["127.0.0.1"])
    outbound = Outbound([*Settings(outbound_networks="127.0.0.2/32").outbound], EVERYWHERE, resolve=names)
    server = await asyncio.start_server(receiver.serve, "127.0.0.2", receiver.port)
    async with server:
        answer = await outbound.post(f"http://hook.test:{receiver.port}/", {}, b"x")
    assert (answer.status, names.asked) == (200, 1)
    with pytest.raises(Forbidden):
        await outbound.post(f"http://hook.test:{receiver.port}/", {}, b"x")
    assert len(receiver.received) == 1


async def test_plain_http_goes_to_the_operators_own_networks_alone():
    with pytest.raises(Forbidden, match="https only"):
        Outbound().check("http://example.com:443/")
    outbound = Outbound(Settings(outbound_networks="10.0.0.0/8").outbound, EVERYWHERE, resolve=Names(["8.8.8.8"]))
    with pytest.raises(Forbidden, match="https only"):
        await outbound.post("http://example.com/", {}, b"")


@pytest.fixture
def here() -> Outbound:
    return Outbound(Settings(outbound_networks="127.0.0.1/32").outbound, EVERYWHERE)


async def test_the_certificate_is_that_of_the_name(receiver, tmp_path):
    """The connection goes to the address that was checked, and TLS asks for the name all the same."""
    context, certificate = make(tmp_path, "hook.test")
    allowed = Settings(outbound_networks="127.0.0.1/32").outbound
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0, ssl=context)
    port = server.sockets[0].getsockname()[1]
    async with server:
        outbound = Outbound(allowed, EVERYWHERE, resolve=Names(["127.0.0.1"]), certificates=str(certificate))
        assert (await outbound.post(f"https://hook.test:{port}/", {}, b"x")).status == 200
        with pytest.raises(Unanswered):
            await outbound.post(f"https://other.test:{port}/", {}, b"x")
        with pytest.raises(Unanswered):
            await Outbound(allowed, EVERYWHERE, resolve=Names(["127.0.0.1"])).post(
                f"https://hook.test:{port}/", {}, b""
            )
    assert len(receiver.received) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed(status, here, receiver):
    async with receiving() as inner:
        receiver.answers = [reply(status, location=f"{inner.url}/secret")]
        assert (await here.post(receiver.url + "/", {}, b"x")).status == status
    assert inner.received == []


async def test_proxies_of_the_environment_are_not_asked(here, receiver, monkeypatch):
    async with receiving() as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        await here.post(receiver.url + "/", {}, b"x")
    assert (len(receiver.received), proxy.received) == (1, [])


async def test_ten_gigabytes_are_not_read(here, receiver):
    sent = 0

    async def endless(writer):
        nonlocal sent
        writer.write(f"HTTP/1.1 200 x\r\ncontent-length: {10 * 2**30}\r\n\r\n".encode())
        while sent < 10 * 2**30:
            writer.write(b"x" * 65536)
            await writer.drain()
            sent += 65536

    receiver.answers = [endless]
    with pytest.raises(Unanswered, match="too long"):
        await here.post(receiver.url + "/", {}, b"x")
    assert sent < 100 * MOST


async def test_endless_headers_are_not_read(here, receiver):
    async def endless(writer):
        writer.write(b"HTTP/1.1 200 x\r\n")
        for number in range(10**6):
            writer.write(b"x-%d: " % number + b"y" * 1000 + b"\r\n")
            await writer.drain()

    receiver.answers = [endless]
    with pytest.raises(Unanswered):
        await here.post(receiver.url + "/", {}, b"x")


@pytest.mark.parametrize(
    "said", [b"", b"\x00\xff" * 100, b"HTTP/1.1 200 x\r\ncontent-length: 5\r\n\r\nab", b"SSH-2.0-OpenSSH\r\n"]
)
async def test_what_is_no_answer_is_a_failure(said, here, receiver):
    receiver.answers = [said]
    with pytest.raises(Unanswered):
        await here.post(receiver.url + "/", {}, b"x")


async def test_an_answer_that_drips_has_so_many_seconds(here, receiver, monkeypatch):
    monkeypatch.setattr("lianshen.channels._outbound.SECONDS", 1.0)

    async def drips(writer):
        writer.write(b"HTTP/1.1 200 x\r\ncontent-length: 1000\r\n\r\n")
        for _ in range(1000):
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.05)

    receiver.answers = [drips]
    began = time.monotonic()
    with pytest.raises(Unanswered, match="timeout"):
        await here.post(receiver.url + "/", {}, b"x")
    assert time.monotonic() - began < 5
    assert SECONDS < 30


async def test_nobody_there(here):
    from lianshen.cli.process import free_port

    with pytest.raises(Unanswered):
        await here.post(f"http://127.0.0.1:{free_port()}/", {}, b"")
    with pytest.raises(Unanswered, match="name"):
        await Outbound().post("https://no-such-name.invalid/", {}, b"")
