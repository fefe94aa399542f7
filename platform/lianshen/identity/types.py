"""Who acts."""

from datetime import date
from uuid import UUID

import msgspec

from lianshen.audit.types import By
from lianshen.kernel.messages import text


class Actor(msgspec.Struct, frozen=True, kw_only=True):
    """A person acting in one post. ``body`` is what the office is in law; ``form_key`` is the session's CSRF token.

    ``rights`` is the stamp of the tenant's own roles when the request began (0: it has none), ``on`` its legal day:
    by both it is decided what ``roles`` mean.
    """

    tenant: str
    person: UUID
    name: str
    post: UUID
    office: UUID
    office_name: str
    body: str
    roles: tuple[str, ...]
    form_key: str
    rights: int
    on: date
    principal: UUID | None = None
    """Whom the post stands in for."""
    principal_name: str | None = None
    stale: bool = False
    """True when the session was last noted as seen over a minute ago: the edge then notes it anew."""

    @property
    def people(self) -> tuple[UUID, ...]:
        """Who acts, and whom they stand in for: what one may not do, neither may the other for one."""
        return (self.person, self.principal) if self.principal else (self.person,)

    @property
    def called(self) -> str:
        """The name as every record shows it, with that of whom one stands in for."""
        stands_in = text("stands_in_for", name=self.principal_name) if self.principal_name else ""
        return self.name + stands_in

    @property
    def by(self) -> By:
        return By(label=f"{self.office_name} {self.called}", person=self.person, post=self.post, office=self.office)


class SignedIn(msgspec.Struct, frozen=True):
    """A new session: ``token`` is shown once, to the browser's cookie or the API's caller, and kept nowhere."""

    token: str
    actor: Actor
