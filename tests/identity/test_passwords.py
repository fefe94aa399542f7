"""What a password must be, in both profiles (D99), and how it is kept (D112)."""

import time
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from lianshen.access.strength import Strength
from lianshen.identity._passwords import LONGEST, PROFILES, fault
from lianshen.identity._secrets import hash_password, initial_secret, verify_password
from lianshen.identity.commands import Came, sign_in
from lianshen.kernel.settings import Settings
from lianshen.web._terms import terms_of
from tests.support.hashes import hash_as_served, hash_quickly
from tests.support.people import TERMS as PATIENT

TERMS = terms_of(Settings(), Strength(*[frozenset()] * 3, minutes=15))
CONTEXT = (*TERMS.context, "wxb-zb", "王晓波", "320723", "县委网信办")


@pytest.fixture
def as_served():
    """Hashes as slow as they are meant to be."""
    hash_as_served()
    yield
    hash_quickly()


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
def test_hashes_are_slow_salted_and_say_what_they_are(as_served):
    """By the work that is asked for, and by the time of the processor that it takes, which no busy machine adds to."""
    began = time.thread_time()
    first, second = hash_password("Kx7-vmRq2t"), hash_password("Kx7-vmRq2t")
    assert time.thread_time() - began > 0.1
    assert first != second
    assert first.startswith("$argon2id$v=19$m=65536,t=3,p=1$")


@pytest.mark.demand("D112")
async def test_a_hash_of_less_work_is_renewed_when_its_holder_signs_in(as_served, work, staff, superuser):
    """The seed's were made quickly."""
    who = staff.account(staff.find("县教育局", "applicant"))
    asked = text("SELECT password FROM person WHERE tenant = :t AND login = :l")
    before = (await superuser.execute(asked, {"t": who.tenant, "l": who.login})).scalar_one()
    assert "m=8," in before
    work.now = datetime.now(UTC)
    async with work() as uow:
        assert await sign_in(uow, who.tenant, who.login, who.password, terms=PATIENT, came=Came()) is not None
        await uow.commit()
    await superuser.rollback()
    after = (await superuser.execute(asked, {"t": who.tenant, "l": who.login})).scalar_one()
    assert after.startswith("$argon2id$v=19$m=65536,t=3,p=1$")


@pytest.mark.demand("D110")
def test_initial_secrets_are_random_and_can_be_read_out():
    secrets = {initial_secret() for _ in range(200)}
    assert len(secrets) == 200
    assert not set("".join(secrets)) & set("01OIl")
