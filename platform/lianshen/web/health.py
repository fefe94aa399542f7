"""For probes, and for whoever watches the instance."""

import msgspec
from litestar import Response, get

from lianshen.calendars.queries import horizon
from lianshen.deadlines import queries as deadlines
from lianshen.kernel import timetable
from lianshen.kernel.queries import ping
from lianshen.web._auth import PUBLIC
from lianshen.web._context import Asked

_LATE = 300.0
"""Seconds after which a beat that nobody has begun is late."""


@get("/healthz", opt=PUBLIC, include_in_schema=False, sync_to_thread=False)
def healthz() -> dict[str, str]:
    """The process answers. Asks nothing of the database (D92)."""
    return {"status": "ok"}


@get("/readyz", opt=PUBLIC, include_in_schema=False)
async def readyz(call: Asked) -> dict[str, str]:
    """The process can work: its database answers."""
    await ping(call.uow)
    return {"status": "ok"}


@get("/healthz/sweep", opt=PUBLIC, include_in_schema=False)
async def sweep(call: Asked) -> Response[dict[str, float | int | str | None]]:
    """That deadlines take effect: 503 when nobody sweeps or what is due stays undone (D60). Numbers alone."""
    pulse = await deadlines.pulse(call.uow)
    said = {"status": "silent" if pulse.failing else "ok", "silent": pulse.silent, "oldest": pulse.oldest}
    return Response(said | {"parked": pulse.parked}, status_code=503 if pulse.failing else 200)


class Work(msgspec.Struct, frozen=True):
    """How the work behind the pages is, in numbers: ``late`` names beats of the timetable that nobody has begun,
    ``backlog`` is what waits in all outboxes, ``oldest`` in seconds (D84)."""

    late: list[str]
    backlog: dict[str, float]


@get("/healthz/work", opt=PUBLIC, include_in_schema=False)
async def work(call: Asked) -> Work:
    """The timetable is kept, and how much waits. Counts over the whole instance, of which none tells of a tenant."""
    return Work(await timetable.late(call.uow, _LATE), await timetable.found(call.uow, "watch_backlog"))


_OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"


@get("/healthz/metrics", opt=PUBLIC, include_in_schema=False)
async def metrics(call: Asked) -> Response[str]:
    """Figures of the instance as OpenMetrics text, read when asked; no tenant's."""
    left = (await horizon(call.uow, call.today)).left
    lines = (
        "# HELP calendar_horizon_days Days until the last published calendar year ends.",
        "# TYPE calendar_horizon_days gauge",
        f"calendar_horizon_days {left}",
        "# EOF",
    )
    return Response("\n".join(lines) + "\n", media_type=_OPENMETRICS)
