"""Dramatiq's broker on Redis. It carries ids that wake workers; losing all of it loses nothing."""

import asyncio
from concurrent.futures import Future

import dramatiq
import redis
from dramatiq.asyncio import get_event_loop_thread
from dramatiq.brokers.redis import RedisBroker
from dramatiq.middleware import AgeLimit, AsyncIO, Callbacks, Pipelines, Retries, ShutdownNotifications, TimeLimit

from lianshen.kernel import tls
from lianshen.kernel.settings import settings
from lianshen.kernel.watchdog import watch_loop

NAMESPACE = "lianshen"
QUEUE = "duties"
_CONNECT, _ANSWER = 2.0, 5.0
"""Seconds after which Redis counts as away."""


class WrongRedis(Exception):
    """Redis is set up so that it forgets accepted messages without an error (D73); the message says what to set."""


def require_settings(url: str) -> None:
    """Raise WrongRedis unless nothing is evicted and the append-only file is on."""
    with redis.Redis.from_url(url, decode_responses=True, **tls.for_redis(url)) as client:
        found = {**client.config_get("maxmemory-policy"), **client.config_get("appendonly")}
    for name, wanted in (("maxmemory-policy", "noeviction"), ("appendonly", "yes")):
        if found.get(name) != wanted:
            raise WrongRedis(f"Redis: set {name} to {wanted} (it is {found.get(name)})")


def make(url: str) -> RedisBroker:
    """A broker with the middleware we want and no other; retries are ours, through the outbox."""
    middleware = [AgeLimit(), TimeLimit(), ShutdownNotifications(), Callbacks(), Pipelines(), Retries(), AsyncIO()]
    client = redis.Redis.from_url(url, socket_connect_timeout=_CONNECT, socket_timeout=_ANSWER, **tls.for_redis(url))
    return RedisBroker(client=client, namespace=NAMESPACE, middleware=middleware)  # type: ignore[no-untyped-call]


def unfetched(broker: RedisBroker) -> int:
    """How many messages lie in Redis that no worker has fetched."""
    return int(broker.client.llen(f"{NAMESPACE}:{QUEUE}"))


class Watched(dramatiq.Middleware):
    """Watches the event loop on which the actors of a process run (D82)."""

    def __init__(self, limit: float) -> None:
        self._limit = limit
        self._watching: Future[None] | None = None

    def after_worker_boot(self, _broker: dramatiq.Broker, _worker: dramatiq.Worker) -> None:
        thread = get_event_loop_thread()
        assert thread is not None, "AsyncIO starts it before"
        self._watching = asyncio.run_coroutine_threadsafe(watch_loop(self._limit), thread.loop)

    def before_worker_shutdown(self, _broker: dramatiq.Broker, _worker: dramatiq.Worker) -> None:
        if self._watching is not None:
            self._watching.cancel()


def install() -> RedisBroker:
    """Make the broker of this process and declare it to Dramatiq."""
    broker = make(settings().redis_url)
    broker.add_middleware(Watched(settings().stall_limit))
    dramatiq.set_broker(broker)
    return broker
