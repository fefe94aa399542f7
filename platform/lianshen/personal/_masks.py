"""How a value is shown to those who need not see it whole."""

from collections.abc import Callable


def _phone(value: str) -> str:
    """The first three and the last four digits: 138****8000."""
    return f"{value[:3]}****{value[-4:]}"


def _email(value: str) -> str:
    """The first character and the domain: z***@example.gov.cn."""
    name, _, domain = value.rpartition("@")
    return f"{name[:1]}***@{domain}"


def _hidden(_value: str) -> str:
    """Nothing at all: it is never shown."""
    return "******"


def _shown(value: str) -> str:
    """As it is: colleagues and the record need it."""
    return value


MASKS: dict[str, Callable[[str], str]] = {"phone": _phone, "email": _email, "hidden": _hidden, "shown": _shown}
"""Every mask that the inventory may name."""
