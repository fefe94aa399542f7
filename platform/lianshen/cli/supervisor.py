"""Keeps services running: what dies comes back by itself, what we start ends with us."""

import time
from collections.abc import Callable
from dataclasses import replace

from lianshen.cli.process import Child, Service, kill_marked

_SHORTEST, _LONGEST = 0.2, 5.0
"""Seconds before a dead service is started again: doubled each time, back to the shortest after a minute of life."""
_SETTLED = 60.0


class Supervisor:
    """Starts tiers of services, restarts what dies, stops the tiers in reverse.

    ``mark`` (``NAME=value``) goes into every child's environment and finds those that an earlier, killed supervisor
    left behind. ``report`` is told of a death: the service's name and its exit code, negative for a signal.
    """

    def __init__(self, mark: str, report: Callable[[str, int], None]) -> None:
        self._mark = mark
        self._report = report
        self._tiers: list[list[_Kept]] = []
        kill_marked(mark)

    def start(self, *services: Service) -> None:
        """Start one tier and return when all of it serves. Raises NotStarted or OSError."""
        name, _, value = self._mark.partition("=")
        tier: list[_Kept] = []
        self._tiers.append(tier)
        tier.extend(_Kept(replace(service, environment={**service.environment, name: value})) for service in services)
        for kept in tier:
            kept.child.wait_ready()

    def tend(self) -> None:
        """One look at every service; call it a few times a second."""
        for tier in self._tiers:
            for kept in tier:
                if (code := kept.tend()) is not None:
                    self._report(kept.service.name, code)

    def run(self) -> None:
        """Tend until a signal handler raises."""
        while True:
            self.tend()
            time.sleep(0.1)

    def stop(self) -> None:
        """End every tier, the last first, then whatever of ours escaped its group."""
        while self._tiers:
            tier = self._tiers.pop()
            for kept in tier:
                kept.child.ask_to_stop()
            for kept in tier:
                kept.child.stop()
        kill_marked(self._mark)


class _Kept:
    """A service, its present child, and when a dead one is started again."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.child = Child(service)
        self._delay = _SHORTEST
        self._due: float | None = None

    def tend(self) -> int | None:
        """Start the child again when that is due. Returns the exit code of one that was just found dead."""
        now = time.monotonic()
        if self._due is not None:
            if now >= self._due:
                self._restart(now)
            return None
        if (code := self.child.outcome) is None:
            return None
        self.child.kill()  # what a dead leader left in its group would hold its port
        if now - self.child.started > _SETTLED:
            self._delay = _SHORTEST
        self._put_off(now)
        return code

    def _restart(self, now: float) -> None:
        try:
            self.child = Child(self.service)
            self._due = None
        except OSError:  # no space or no memory just now
            self._put_off(now)

    def _put_off(self, now: float) -> None:
        self._due = now + self._delay
        self._delay = min(self._delay * 2, _LONGEST)
