"""What is shown of people."""

from uuid import UUID

import msgspec

FIELDS = ("phone", "email")
"""What is kept of how a person is reached."""


class MaskedContact(msgspec.Struct, frozen=True):
    """A person of the tenant; ``phone`` and ``email`` are masked, None where nothing is kept."""

    person: UUID
    name: str
    office_name: str
    phone: str | None
    email: str | None


class ContactPage(msgspec.Struct, frozen=True):
    """People, one for each of their posts; ``next`` is where the following page begins, None on the last."""

    items: tuple[MaskedContact, ...]
    next: UUID | None


class Unmasked(msgspec.Struct, frozen=True):
    """One value in full, shown once. ``field`` is ``phone`` or ``email``."""

    person: UUID
    name: str
    field: str
    value: str
