"""Opinions of a project's joint reviews. Whoever may see the project may see them: ask ``projects`` first."""

from itertools import groupby
from uuid import UUID

from lianshen.kernel.database import UnitOfWork
from lianshen.reviews import _store
from lianshen.reviews.types import Round


async def rounds(uow: UnitOfWork, project: UUID) -> tuple[Round, ...]:
    """Joint reviews of the project, the present one first."""
    found = await _store.of_project(uow, project)
    return tuple(Round(number, tuple(group)) for number, group in groupby(found, key=lambda item: item.round))
