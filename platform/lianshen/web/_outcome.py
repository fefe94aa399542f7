"""What became of a request whose answer did not arrive, by the idempotency key that it carried (D47)."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from litestar.params import QueryParameter

from lianshen.kernel.queries import outcome
from lianshen.web._call import Call
from lianshen.web.api._texts import PARAMETERS

Key = Annotated[str, QueryParameter(name="key", min_length=1, max_length=100, description=PARAMETERS["submission"])]


class Submission(msgspec.Struct, frozen=True):
    """``done``: answered with ``status`` at ``at``, and what it made lies at ``location``; ``running``: being worked
    on; ``unknown``: nothing was done under this key, or it was refused, and sending it again is harmless."""

    key: str
    state: Literal["running", "done", "unknown"]
    status: int | None
    location: str | None
    at: datetime | None


async def submission(call: Call, key: str) -> Submission:
    """What became of the caller's own request with ``key``."""
    found = await outcome(call.uow, call.actor.person, key)
    return Submission(key, found.state, found.status, found.headers.get("location"), found.at)
