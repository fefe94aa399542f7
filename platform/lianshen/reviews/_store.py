"""SQL of opinions."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import and_, select, text

from lianshen.identity._tables import office
from lianshen.kernel.database import UnitOfWork
from lianshen.reviews._tables import opinion
from lianshen.reviews.types import Opinion

_ASK = text("""
    INSERT INTO opinion (tenant, id, project, round, office, asked_at, due_on)
    SELECT :tenant, gen_random_uuid(), :project,
           1 + coalesce((SELECT max(round) FROM opinion WHERE tenant = :tenant AND project = :project), 0),
           o.id, :now, :due_on
    FROM office o WHERE o.tenant = :tenant AND o.body = ANY(:bodies)
""")

_GIVE = text("""
    UPDATE opinion SET verdict = :verdict, remarks = :remarks, person = :person, given_by = :given_by, given_at = :now
    WHERE tenant = :tenant AND project = :project AND office = :office AND verdict IS NULL
      AND round = (SELECT max(round) FROM opinion WHERE tenant = :tenant AND project = :project)
""")


async def ask(uow: UnitOfWork, project: UUID, bodies: Sequence[str], due_on: Any) -> int:
    """A new round with one open opinion for each office of ``bodies``; how many were asked."""
    values = {"tenant": uow.tenant, "project": project, "bodies": list(bodies), "due_on": due_on, "now": uow.now}
    return (await uow.execute(_ASK, values)).rowcount


async def give(uow: UnitOfWork, project: UUID, at: UUID, values: dict[str, Any]) -> bool:
    """Fill the office's open opinion of the present round; False when there is none."""
    row = {"tenant": uow.tenant, "project": project, "office": at, "now": uow.now, **values}
    return (await uow.execute(_GIVE, row)).rowcount == 1


async def of_project(uow: UnitOfWork, project: UUID) -> list[Opinion]:
    statement = (
        select(*(opinion.c[name] for name in Opinion.__struct_fields__ if name != "office_name"),
               office.c.name.label("office_name"))
        .join(office, and_(office.c.tenant == opinion.c.tenant, office.c.id == opinion.c.office))
        .where(opinion.c.tenant == uow.tenant, opinion.c.project == project)
        .order_by(opinion.c.round.desc(), office.c.code)
    )  # fmt: skip
    return [Opinion(**row) for row in (await uow.execute(statement)).mappings()]
