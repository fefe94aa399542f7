"""What is known and shown of versions and of moves between them."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

import msgspec

from lianshen.projects.types import Move


class Plan(msgspec.Struct, frozen=True):
    """A dry run of moving projects to the version ``pack``. ``approver`` is None until somebody has approved it.

    ``total`` projects were looked at; of the ``moves`` among them ``moved`` are done, and ``changed`` were left alone
    because they had changed since.
    """

    id: UUID
    pack: str
    pack_digest: str
    planned_at: datetime
    planned_by: UUID
    planner: str
    approved_at: datetime | None
    approver: str | None
    total: int
    moves: int
    moved: int
    changed: int


class PlanItem(msgspec.Struct, frozen=True):
    """One project of a dry run."""

    project: UUID
    number: str
    title: str
    from_pack: str
    move: Move
    state: Literal["planned", "stays", "moved", "changed"]
    done_at: datetime | None


class PlanPage(msgspec.Struct, frozen=True):
    """A dry run with its projects: those that move first."""

    plan: Plan
    items: tuple[PlanItem, ...]


class Waiting(msgspec.Struct, frozen=True):
    """A project of an approved plan that is still to be moved."""

    plan: UUID
    project: UUID


class LawEnds(msgspec.Struct, frozen=True):
    """A law that ends with nothing to follow it: on which day, and in how many days (negative: it is over)."""

    pack: str
    title: str
    number: str
    ends: date
    left: int
    article: str
    quotation: str
