"""For probes, and for whoever gathers figures."""

from litestar import Response, get

from lianshen.calendars.queries import horizon
from lianshen.deadlines import queries as deadlines
from lianshen.kernel.queries import ping
from lianshen.web._auth import PUBLIC
from lianshen.web._context import Asked


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


_OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"


@get("/metrics", opt=PUBLIC, include_in_schema=False)
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
