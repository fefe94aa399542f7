"""Dramatiq's broker on Redis. It carries ids that wake workers; losing all of it loses nothing."""

import dramatiq
import redis
from dramatiq.brokers.redis import RedisBroker
from dramatiq.middleware import AgeLimit, AsyncIO, Callbacks, Pipelines, Retries, ShutdownNotifications, TimeLimit

from lianshen.kernel import tls
from lianshen.kernel.settings import settings

NAMESPACE = "lianshen"


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
    client = redis.Redis.from_url(url, **tls.for_redis(url))
    return RedisBroker(client=client, namespace=NAMESPACE, middleware=middleware)  # type: ignore[no-untyped-call]


def install() -> RedisBroker:
    """Make the broker of this process and declare it to Dramatiq."""
    broker = make(settings().redis_url)
    dramatiq.set_broker(broker)
    return broker
