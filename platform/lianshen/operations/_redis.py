"""What Redis holds of a tenant: messages that name it, and keys with its code as one part."""

import json
import re

from redis.asyncio import Redis

from lianshen.kernel import tls

_PART = re.compile(r"[:./|{}]")


async def forget(url: str, code: str) -> int:
    """Delete every entry of the tenant; how many. Messages are only wake-up calls, so others lose nothing by a race."""
    gone = 0
    async with Redis.from_url(url, decode_responses=False, **tls.for_redis(url)) as client:
        async for key in client.scan_iter(count=500):
            if code.encode() in [part.encode() for part in _PART.split(key.decode("utf-8", "replace"))]:
                gone += int(await client.delete(key))
            elif key.endswith(b".msgs") and await client.type(key) == b"hash":
                gone += await _forget_messages(client, key, code)
    return gone


async def _forget_messages(client: Redis, key: bytes, code: str) -> int:
    """Messages of a queue of Dramatiq: a hash from id to JSON beside the list of ids."""
    gone = 0
    async for id_, raw in client.hscan_iter(key, count=500):
        try:
            named = json.loads(raw)["kwargs"].get("tenant")
        except (ValueError, KeyError, AttributeError):
            continue
        if named == code:
            await client.lrem(key.removesuffix(b".msgs").decode(), 0, id_)
            gone += int(await client.hdel(key.decode(), id_.decode()))
    return gone
