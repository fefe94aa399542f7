"""Who acts."""

from uuid import UUID

import msgspec

from lianshen.audit.types import By


class Actor(msgspec.Struct, frozen=True, kw_only=True):
    """A person acting in one post. ``body`` is what the office is in law; ``form_key`` is the session's CSRF token."""

    tenant: str
    person: UUID
    name: str
    post: UUID
    office: UUID
    office_name: str
    body: str
    roles: tuple[str, ...]
    form_key: str
    stale: bool = False
    """True when the session was last noted as seen over a minute ago: the edge then notes it anew."""

    @property
    def by(self) -> By:
        return By(label=f"{self.office_name} {self.name}", person=self.person, post=self.post, office=self.office)


class SignedIn(msgspec.Struct, frozen=True):
    """A new session: ``token`` is shown once, to the browser's cookie or the API's caller, and kept nowhere."""

    token: str
    actor: Actor


class Contact(msgspec.Struct, frozen=True):
    """How a person is reached, in full; None where nothing is kept. Shown to nobody without an event (D179)."""

    person: UUID
    name: str
    office_name: str
    phone: str | None
    email: str | None
