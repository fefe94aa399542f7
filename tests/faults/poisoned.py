"""The workers of a rehearsal: those that serve, and two jobs that no worker survives."""

import os
import signal
import time
from typing import Any
from uuid import UUID

from lianshen import wiring


async def _poison(_uow: Any, _event: UUID) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


async def _stall(_uow: Any, _event: UUID) -> None:
    time.sleep(120)  # noqa: ASYNC251 (that is the fault)


wiring.JOBS |= {"poison": _poison, "stall": _stall}

from lianshen_workers import actors  # noqa: E402 (they read the jobs)

__all__ = ["actors"]
