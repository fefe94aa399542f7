"""Ends a process whose event loop stands still: whoever supervises it starts another, and its work is done there (D82).

The timer is the interpreter's own and needs no lock of it, so that it fires within a call that never comes back, too.
"""

import asyncio
import faulthandler

_ROUNDS = 6
"""How often within the limit the loop shows that it moves."""


async def watch_loop(limit: float) -> None:
    """Run for ever on the loop to be watched: when it stands still for ``limit`` seconds, the process writes where each
    of its threads stands and ends with exit code 1. With 0 it watches nothing."""
    if not limit:
        return
    try:
        while True:
            faulthandler.dump_traceback_later(limit, exit=True)
            await asyncio.sleep(limit / _ROUNDS)
    finally:
        faulthandler.cancel_dump_traceback_later()
