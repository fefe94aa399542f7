"""How a telephone number and an address are written, whatever way they were typed."""

import re

_NOT_DIALLED = re.compile(r"[\s\-()（）]")
_PHONE = re.compile(r"1[0-9]{10}|0[0-9]{9,11}")
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
_LONGEST = 254


def phone(typed: str) -> str | None:
    """The digits of a mobile or, with its area code, a fixed number in China; None when it is neither."""
    digits = _NOT_DIALLED.sub("", typed).removeprefix("+86")
    return digits if _PHONE.fullmatch(digits) else None


def email(typed: str) -> str | None:
    """The address with a small domain; None when it is none."""
    name, at, domain = typed.strip().rpartition("@")
    address = f"{name}{at}{domain.lower()}"
    return address if len(address) <= _LONGEST and _EMAIL.fullmatch(address) else None
