"""For probes."""

from litestar import get

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
