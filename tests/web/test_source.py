"""The caller's address from trusted hops only: the rightmost address that is no proxy of ours (D113)."""

from ipaddress import ip_network
from typing import Any

import pytest
from litestar.datastructures import Headers

from lianshen.kernel.settings import SettingsError, read
from lianshen.web._source import household, source_of

OURS = (ip_network("10.2.0.0/24"), ip_network("fd00::/64"))


def seen(peer: str | None, *said: str, header: str = "x-forwarded-for", proxies: Any = OURS, **more: str) -> str:
    raw = [(header.encode(), value.encode()) for value in said]
    raw += [(name.replace("_", "-").encode(), value.encode()) for name, value in more.items()]
    scope = {"client": (peer, 40000) if peer else None}
    return source_of(scope, Headers(raw), proxies, header)


@pytest.mark.demand("D113")
@pytest.mark.parametrize(
    ("peer", "said", "source"),
    [
        ("203.0.113.9", (), "203.0.113.9"),
        ("203.0.113.9", ("1.1.1.1",), "203.0.113.9"),  # not our proxy: its words are its own
        ("10.2.0.5", (), "10.2.0.5"),
        ("10.2.0.5", ("198.51.100.7",), "198.51.100.7"),
        ("10.2.0.5", ("1.1.1.1, 198.51.100.7",), "198.51.100.7"),  # forged to the left
        ("10.2.0.5", ("1.1.1.1", "198.51.100.7"), "198.51.100.7"),  # in a header line of its own
        ("10.2.0.5", ("1.1.1.1, 198.51.100.7, 10.2.0.6",), "198.51.100.7"),  # two proxies of ours
        ("10.2.0.5", ("10.2.0.9, 198.51.100.7",), "198.51.100.7"),  # one of our addresses, claimed from outside
        ("10.2.0.5", ("10.2.0.7, 10.2.0.6",), "10.2.0.7"),
        ("10.2.0.5", ("unknown",), "10.2.0.5"),
        ("10.2.0.5", ("198.51.100.7, <script>",), "10.2.0.5"),
        ("10.2.0.5", ("",), "10.2.0.5"),
        ("10.2.0.5", ("198.51.100.7:51234",), "198.51.100.7"),
        ("10.2.0.5", ("[2001:db8::7]:51234",), "2001:db8::7"),
        ("10.2.0.5", ("2001:DB8::0:7",), "2001:db8::7"),
        ("::ffff:10.2.0.5", ("::ffff:198.51.100.7",), "198.51.100.7"),
        ("fd00::5", ("198.51.100.7",), "198.51.100.7"),
        (None, ("198.51.100.7",), ""),  # a socket without addresses says nothing
        ("@", ("198.51.100.7",), ""),
    ],
)
def test_the_rightmost_untrusted_address_counts(peer, said, source):
    assert seen(peer, *said) == source


@pytest.mark.demand("D113")
def test_without_proxies_nobody_is_believed():
    assert seen("10.2.0.5", "198.51.100.7", proxies=()) == "10.2.0.5"


@pytest.mark.parametrize(
    ("said", "source"),
    [
        ("for=198.51.100.7", "198.51.100.7"),
        ('for=1.1.1.1, by=10.2.0.1;For="[2001:db8::7]:4711";proto=https', "2001:db8::7"),
        ("for=1.1.1.1, for=_hidden", "10.2.0.5"),
        ("proto=https", "10.2.0.5"),
        ("for=198.51.100.7, for=10.2.0.6", "198.51.100.7"),
    ],
)
def test_the_standard_header_reads_alike(said, source):
    assert seen("10.2.0.5", said, header="forwarded") == source


def test_only_the_header_that_our_proxies_write_is_read():
    assert seen("10.2.0.5", "198.51.100.7", forwarded="for=1.1.1.1") == "198.51.100.7"
    assert seen("10.2.0.5", forwarded="for=1.1.1.1", x_real_ip="1.1.1.1") == "10.2.0.5"


def test_limits_count_an_ipv6_network_as_one():
    assert household("2001:db8:1:2:3:4:5:6") == household("2001:db8:1:2::9") == "2001:db8:1:2::"
    assert household("2001:db8:1:3::9") != "2001:db8:1:2::"
    assert household("198.51.100.7") == "198.51.100.7"
    assert household("") == ""


@pytest.mark.parametrize(
    ("name", "value"),
    [("TRUSTED_PROXIES", "10.2.0.5/24"), ("TRUSTED_PROXIES", "all"), ("FORWARDED_HEADER", "x-real-ip")],
)
def test_a_wrong_setting_stops_the_process(name, value):
    with pytest.raises(SettingsError):
        read({f"LIANSHEN_{name}": value})
