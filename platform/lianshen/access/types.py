"""What roles are, and what is told about them."""

from collections.abc import Mapping
from datetime import date, datetime
from uuid import UUID

import msgspec


class Draft(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A role as its composer wants it.

    ``includes`` names base roles, ``permissions`` single ones; one that has scopes is given with its scope, as
    ``projects.read/office``. ``until`` is the last day.
    """

    label: str
    includes: tuple[str, ...] = ()
    permissions: tuple[str, ...] = ()
    since: date
    until: date | None = None


class Role(msgspec.Struct, frozen=True, kw_only=True):
    """A role of a tenant's own."""

    code: str
    label: str
    includes: tuple[str, ...]
    permissions: tuple[str, ...]
    since: date
    until: date | None
    ended_at: datetime | None
    version: int

    def in_force(self, on: date) -> bool:
        """Whether it grants anything on that day."""
        return self.ended_at is None and self.since <= on and (self.until is None or on <= self.until)


class Labels(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What policies are called in Chinese: ``policies/labels.yaml``.

    ``reserved`` are the base roles of administrators: no role of a tenant's own includes them, nor anything that they
    alone may do.
    """

    roles: Mapping[str, str]
    actions: Mapping[str, str]
    scopes: Mapping[str, str]
    reserved: frozenset[str]

    def role(self, code: str) -> str:
        return self.roles.get(code, code)

    def permission(self, name: str) -> str:
        """The action, with its scope where it has one."""
        action, _, scope = name.partition("/")
        said = self.actions.get(action, action)
        return f"{said}（{self.scopes.get(scope, scope)}）" if scope else said


class Option(msgspec.Struct, frozen=True):
    """Something that a role can be composed of."""

    code: str
    label: str


class Column(msgspec.Struct, frozen=True):
    """A role in the matrix. ``grants`` are permissions with their scopes; ``role`` is set for the tenant's own."""

    code: str
    label: str
    grants: frozenset[str]
    reserved: bool
    role: Role | None


class Matrix(msgspec.Struct, frozen=True):
    """All roles of a tenant that grant something today, and all actions there are."""

    actions: tuple[Option, ...]
    roles: tuple[Column, ...]


class Holder(msgspec.Struct, frozen=True):
    """Somebody in a post."""

    person: UUID
    name: str
    post: UUID
    office: str
    roles: tuple[str, ...]
    role_labels: tuple[str, ...]


class Reason(msgspec.Struct, frozen=True):
    """How a post comes to a permission: its role, through the roles that one includes, to the one with the rule."""

    roles: tuple[str, ...]
    labels: tuple[str, ...]


class Can(msgspec.Struct, frozen=True):
    """One thing that a post may do, and every way it comes to it."""

    permission: str
    label: str
    reasons: tuple[Reason, ...]


class Rights(msgspec.Struct, frozen=True):
    """What one may do in one post. ``idle`` are roles of the post that grant nothing today."""

    holder: Holder
    can: tuple[Can, ...]
    idle: tuple[str, ...]


class Preview(msgspec.Struct, frozen=True):
    """What a change of a role would give and take today, and whom it concerns: who holds the role now."""

    gives: tuple[Option, ...]
    takes: tuple[Option, ...]
    concerns: tuple[Holder, ...]
