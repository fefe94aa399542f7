"""How often one may ask: by account, by source and by tenant (D177).

What costs much or guards much (signing in, search, export, upload) is counted in Redis, so that it holds over all
processes. When Redis does not answer, each process counts for itself: limits then are as many times wider as there are
processes, and never gone. Requests in general are counted in the process alone: that protects the process, and costs no
trip anywhere. The lock on an account after wrong passwords is none of this: it is in PostgreSQL.
"""

import hashlib
import math
import time
from typing import Final
from urllib.parse import urlsplit

from limits import RateLimitItem, parse
from limits.aio.storage import RedisStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from limits.errors import StorageError
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from lianshen.kernel import log, tls
from lianshen.kernel.clock import now
from lianshen.kernel.errors import Refusal
from lianshen.kernel.settings import Settings, SettingsError
from lianshen.web._source import household

KINDS: Final = ("any", "sign_in", "search", "export", "upload", "feed")
_BY: Final = ("source", "tenant", "account")
_ANSWERS_WITHIN = 0.5
"""Seconds that Redis is given."""
_ASK_AGAIN_AFTER = 5.0
"""Seconds for which a Redis that did not answer is left alone."""


class TooMany(Refusal):
    """Asked too often; ``after`` is the number of seconds to wait."""

    status = 429
    code = "too_many"

    def __init__(self, after: int) -> None:
        self.after = after
        super().__init__(seconds=after)


class Limits:
    """The limits of this process. Raises SettingsError for a limit that does not read."""

    def __init__(self, settings: Settings) -> None:
        self._items = {kind: _read(kind, getattr(settings, f"limit_{kind}")) for kind in KINDS}
        self._here: dict[tuple[str, str], _Window] = {}
        self._storage = _redis(settings.redis_url)
        self._shared = SlidingWindowCounterRateLimiter(self._storage)
        self._down_until = 0.0

    async def count(self, kind: str, *, source: str = "", tenant: str = "", account: str = "") -> None:
        """Count one request of ``kind`` for each of whom is named. Raises TooMany.

        The source is asked first: whoever is over its limit there fills no counters of accounts that do not exist.
        """
        said = {"source": source and household(source), "tenant": tenant, "account": account and f"{tenant}/{account}"}
        for by in _BY:
            item = self._items[kind].get(by)
            if item is not None and said[by]:
                await self._hit(item, kind, by, said[by])

    async def close(self) -> None:
        await self._storage.bridge.get_connection().aclose()  # type: ignore[attr-defined]

    async def _hit(self, item: RateLimitItem, kind: str, by: str, whom: str) -> None:
        if kind != "any" and time.monotonic() >= self._down_until:
            # What is kept names nobody: whom it counts is a digest, and it is gone when its window is.
            key = (kind, by, hashlib.sha256(whom.encode()).hexdigest()[:32])
            try:
                if not await self._shared.hit(item, *key):
                    stats = await self._shared.get_window_stats(item, *key)
                    raise TooMany(max(1, math.ceil(stats.reset_time - now().timestamp())))
            except StorageError:
                self._down_until = time.monotonic() + _ASK_AGAIN_AFTER
                log.get("web").warning("limits count in the process: redis does not answer")
            else:
                return
        self._here.setdefault((kind, by), _Window(item)).hit(whom)


class _Window:
    """Counts within this process. The window is fixed, and forgets everything when it ends."""

    def __init__(self, item: RateLimitItem) -> None:
        self._amount, self._seconds = item.amount, item.get_expiry()
        self._ends = 0.0
        self._counts: dict[str, int] = {}

    def hit(self, whom: str) -> None:
        moment = time.monotonic()
        if moment >= self._ends:
            self._ends, self._counts = moment + self._seconds, {}
        self._counts[whom] = count = self._counts.get(whom, 0) + 1
        if count > self._amount:
            raise TooMany(max(1, math.ceil(self._ends - moment)))


def _read(kind: str, said: str) -> dict[str, RateLimitItem]:
    """``account 20/minute, source 60/minute`` as limits by whom; blank means none."""
    found = {}
    for entry in filter(None, (part.strip() for part in said.split(","))):
        by, _, limit = entry.partition(" ")
        try:
            found[by] = parse(limit)
        except ValueError as error:
            raise SettingsError(f"LIANSHEN_LIMIT_{kind.upper()}: {entry!r}: {error}") from error
        if by not in _BY:
            raise SettingsError(f"LIANSHEN_LIMIT_{kind.upper()}: {entry!r}: name one of {', '.join(_BY)}")
    return found


def _redis(url: str) -> RedisStorage:
    """The database after the one that holds messages: what counts there must not slow what scans here."""
    parts = urlsplit(url)
    beside = parts._replace(path=f"/{int(parts.path.strip('/') or 0) + 1}").geturl()
    return RedisStorage(
        f"async+{beside}",
        wrap_exceptions=True,
        implementation="redispy",
        key_prefix="limit",
        socket_timeout=_ANSWERS_WITHIN,
        socket_connect_timeout=_ANSWERS_WITHIN,
        retry=Retry(NoBackoff(), 0),  # type: ignore[arg-type]
        **tls.for_redis(url),
    )
