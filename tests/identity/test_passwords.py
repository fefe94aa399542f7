"""What a password must be, in both profiles (D99), and how it is kept (D112)."""

import time

import pytest

from lianshen.access.strength import Strength
from lianshen.identity._passwords import LONGEST, PROFILES, fault
from lianshen.identity._secrets import hash_password, initial_secret, verify_password
from lianshen.kernel.settings import Settings
from lianshen.web._terms import terms_of

TERMS = terms_of(Settings(), Strength(*[frozenset()] * 3, minutes=15))
CONTEXT = (*TERMS.context, "wxb-zb", "王晓波", "320723", "县委网信办")


def said(password: str, profile: str = "dengbao", *, admin: bool = False) -> str | None:
    return fault(password, PROFILES[profile], admin=admin, common=TERMS.common, context=CONTEXT)


@pytest.mark.demand("D99")
@pytest.mark.parametrize(
    ("password", "remark"),
    [
        ("Kx7-vmRq2t", None),
        ("Kx7-vmRq2", "至少 10 个"),
        ("kxtvmrqzth", "至少 3 种"),
        ("kxtvmrqz17", "至少 3 种"),
        ("Kxtvmrqz17", None),
        ("江南水Ab9乡柳岸晓风", None),
        ("aA1aA1aA1a", "太少"),
        ("P@ssw0rd2026", "常见"),
        ("Woaini520!", "常见"),
        ("Admin@12345", "常见"),
        ("1qaz2WSX3edc", "常见"),
        ("Qwertyuiop1!", "常见"),
        ("Wxb-zb#7Qkp2", "账号"),
        ("Guanyun#7Qkp", "账号"),
        ("Kp7#王晓波Qzw", "账号"),
        ("Kp7#320723Qz", "账号"),
        ("Lianshen#7Qk", "账号"),
        ("Kx7-" + "vmRq2t".join("abcdefgh") + "z" * 20, None),
        ("Kx7-vmRq" * 32, None),
        ("Kx7-vmRq" * 32 + "x", f"不超过 {LONGEST}"),
    ],
)
def test_the_profile_of_the_baseline(password, remark):
    found = said(password)
    assert (found is None) if remark is None else (remark in (found or "")), found


@pytest.mark.demand("D99")
def test_administrators_need_longer_ones():
    assert said("Kx7-vmRq2t") is None
    assert "至少 12 个" in (said("Kx7-vmRq2t", admin=True) or "")
    assert said("Kx7-vmRq2tWp", admin=True) is None


@pytest.mark.demand("D99")
def test_the_other_profile_asks_length_and_no_composition_and_never_ages():
    assert said("correcthorsebattery", "asvs") is None
    assert "至少 12 个" in (said("kxtvmrqzthw", "asvs") or "")
    assert "常见" in (said("passwordpassword", "asvs") or "")
    assert PROFILES["asvs"].max_age is None
    assert PROFILES["dengbao"].max_age.days == 90
    assert PROFILES["dengbao"].remembered == 5


@pytest.mark.demand("D99")
def test_nothing_of_a_long_password_is_cut_off():
    stored = hash_password("Kx7-vmRq" * 32)
    assert verify_password(stored, "Kx7-vmRq" * 32)
    assert not verify_password(stored, "Kx7-vmRq" * 31 + "Kx7-vmR_")


@pytest.mark.demand("D112")
def test_hashes_are_slow_salted_and_say_what_they_are():
    began = time.perf_counter()
    first, second = hash_password("Kx7-vmRq2t"), hash_password("Kx7-vmRq2t")
    assert time.perf_counter() - began > 0.1
    assert first != second
    assert first.startswith("$argon2id$v=19$m=65536,t=3,p=1$")


@pytest.mark.demand("D110")
def test_initial_secrets_are_random_and_can_be_read_out():
    secrets = {initial_secret() for _ in range(200)}
    assert len(secrets) == 200
    assert not set("".join(secrets)) & set("01OIl")
