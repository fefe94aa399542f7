"""Violations to plant: the evidence of a clean run with one invariant broken, in each of the ways it can be."""

import asyncio
import subprocess
import time
from collections.abc import Awaitable, Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import asyncpg

from tests.faults import evidence
from tests.faults.evidence import Evidence
from tests.faults.site import Site
from tests.faults.users import FOREIGN, Crowd, Op, canary

Plant = Callable[["Scene"], Awaitable[list[Evidence]]]


class Scene:
    """A clean run's evidence, gathered anew with damage planted."""

    def __init__(self, site: Site, crowd: Crowd, since: Any, texts: dict[str, str]) -> None:
        self.site, self.crowd, self.since, self.texts = site, crowd, since, texts
        self.files = Path(site.environment["LIANSHEN_FILES_DIR"])

    def op(self, kind: str) -> Op:
        return next(op for op in self.crowd.history.ops if op.kind == kind and op.outcome == "ok")

    async def look(self, *damage: str, **changed: Any) -> Evidence:
        """The evidence with ``damage`` done to the rows in a transaction that is rolled back, past every trigger."""
        connection = await asyncpg.connect(self.site.superuser)
        transaction = connection.transaction()
        await transaction.start()
        try:
            await connection.execute("SET LOCAL session_replication_role = replica")
            for sql in damage:
                done = await connection.execute(sql)
                assert done.rpartition(" ")[2] != "0", f"nothing planted by {sql}"
            given: dict[str, Any] = {
                "broken": [], "files": self.files, "texts": self.texts, "secrets": [canary(one) for one in FOREIGN],
                "dead": [], "zombies": [], "recovered": 1.0, "bound": 120.0, "unresolved": [],
            }  # fmt: skip
            return await evidence.gather(connection.fetch, deepcopy(self.crowd.history), self.since, **given | changed)
        finally:
            await transaction.rollback()
            await connection.close()


_KEPT = "tenant, project, at, label, person, post, office, actor, article, facts, note, encoding, result, source, law"
_MORE = "sm3, sha256"


def again(op: Op, *, action: str = "action", request: str = "request_id", beyond: int = 1_000_000) -> str:
    """The event of an act a second time."""
    return (
        f"INSERT INTO event ({_KEPT}, {_MORE}, seq, previous, id, action, request_id) "
        f"SELECT {_KEPT}, {_MORE}, seq + {beyond}, sha512(convert_to(gen_random_uuid()::text, 'UTF8')), "
        f"gen_random_uuid(), {action}, {request} FROM event WHERE request_id = '{op.key}' LIMIT 1"
    )


async def lost_or_doubled(scene: Scene) -> list[Evidence]:
    paper, declare = scene.op("hand_in"), scene.op("declare")
    return [
        await scene.look(f"DELETE FROM document WHERE id = '{paper.said['id']}'"),
        await scene.look(f"UPDATE document SET sha256 = repeat('0', 64) WHERE id = '{paper.said['id']}'"),
        await scene.look(f"DELETE FROM event WHERE request_id = '{declare.key}'"),
        await scene.look(again(paper)),
    ]


async def unasked(scene: Scene) -> list[Evidence]:
    return [await scene.look(again(scene.op("declare"), request="'stranger'"))]


async def illegal(scene: Scene) -> list[Evidence]:
    declare, submit = scene.op("declare"), scene.op("submit")
    skipped = f"UPDATE event SET action = 'projects.submit' WHERE project = '{declare.said['project']}'"
    return [await scene.look(again(submit, request="'other'")), await scene.look(skipped)]


async def crossed(scene: Scene) -> list[Evidence]:
    paper = scene.op("hand_in")
    other = FOREIGN[paper.tenant]
    moved = await scene.look(f"UPDATE document SET tenant = '{other}' WHERE id = '{paper.said['id']}'")
    user = next(one for one in scene.crowd.users if one.tenant == paper.tenant)
    user.read(f"{canary(other)}")
    shown = await scene.look()
    scene.crowd.history.seen.clear()
    return [moved, shown]


async def late(scene: Scene) -> list[Evidence]:
    """One that is due and nobody handles, and one whose consequence came twice."""
    twice = [
        again(scene.op("submit"), action="'deadlines.expired'", beyond=beyond) for beyond in (1_000_000, 2_000_000)
    ]
    open_ = "(SELECT id FROM deadline WHERE state = 'open' AND parked IS NULL LIMIT 1)"
    due = f"UPDATE deadline SET next_at = now() - interval '1 hour' WHERE id = {open_}"
    return [await scene.look(due), await scene.look(*twice)]


async def undelivered(scene: Scene) -> list[Evidence]:
    one = "(SELECT id FROM outbox WHERE state = 'done' AND job <> 'canary' LIMIT 1)"
    old = f"UPDATE outbox SET state = 'sent', done_at = NULL, created_at = now() - interval '1 hour' WHERE id = {one}"
    aside = f"UPDATE outbox SET state = 'parked', done_at = NULL, reason = 'x', parked_at = now() WHERE id = {one}"
    key = scene.op("submit").key
    told = f"DELETE FROM notice WHERE event IN (SELECT id FROM event WHERE request_id = '{key}')"
    return [await scene.look(old), await scene.look(aside), await scene.look(told)]


async def unproven(scene: Scene) -> list[Evidence]:
    """An event that is gone; and one that was altered, which stands until the product's own verification has looked."""
    key = scene.op("hand_in").key
    gone = await scene.look(f"DELETE FROM event WHERE request_id = '{key}'")
    connection = await asyncpg.connect(scene.site.superuser)
    try:
        await connection.execute("SET session_replication_role = replica")
        await connection.execute("UPDATE event SET note = note || '!' WHERE request_id = $1", key)
        broken = await evidence.broken_ledgers(scene.site.settings, list(FOREIGN))
        return [gone, await scene.look(broken=broken)]
    finally:
        await connection.execute("UPDATE event SET note = rtrim(note, '!') WHERE request_id = $1", key)
        await connection.close()


async def unfiled(scene: Scene) -> list[Evidence]:
    """A file that is gone, one that was changed, and one that no row names."""
    paper = scene.op("hand_in")
    path = scene.files / paper.tenant / paper.said["sha256"][:2] / paper.said["sha256"]
    aside, stray = path.with_name("aside"), path.with_name("0" * 64)
    path.rename(aside)
    gone = await scene.look()
    aside.rename(path)
    body = path.read_bytes()
    path.write_bytes(body + b"!")
    changed = await scene.look()
    path.write_bytes(body)
    stray.write_bytes(b"")
    more = await scene.look()
    stray.unlink()
    return [gone, changed, more]


async def restless(scene: Scene) -> list[Evidence]:
    """A transaction that idles, and a process that ended and that nobody waited for."""
    connection = await asyncpg.connect(scene.site.superuser)
    await connection.execute("BEGIN")
    await asyncio.sleep(5.2)
    idle = await scene.look()
    await connection.close()
    return [idle, await scene.look(zombies=await asyncio.to_thread(_zombie))]


def _zombie() -> list[int]:
    ended = subprocess.Popen(("true",))
    time.sleep(0.3)
    found = evidence.zombies()
    ended.wait()
    return found


async def allowed(scene: Scene) -> list[Evidence]:
    """As if another tenant's project were shown: one of its own, asked for as what must be denied."""
    user = next(one for one in scene.crowd.users if one.projects)
    user.foreign[FOREIGN[user.tenant]] = list(user.projects)[:1]
    await user.trespass()
    found = await scene.look()
    scene.crowd.history.allowed.clear()
    return [found]


async def told(scene: Scene) -> list[Evidence]:
    token = scene.crowd.users[0].token
    client = scene.site.redis()
    client.set("planted", f"x{token}x")
    held = evidence.held(scene.site.redis())
    client.delete("planted")
    client.close()
    log = {"web-1.log": f"… {canary('320723')} …"}
    return [await scene.look(texts={"redis": held}, secrets=[token]), await scene.look(texts=log)]


async def revived(scene: Scene) -> list[Evidence]:
    """A session that lives and that the history takes for ended."""
    scene.crowd.history.dead_tokens.append(scene.crowd.users[1].token)
    await scene.crowd.settle()
    found = await scene.look()
    scene.crowd.history.dead_tokens.pop()
    scene.crowd.history.revived.clear()
    return [found]


async def helpless(scene: Scene) -> list[Evidence]:
    return [await scene.look(dead=["relay"]), await scene.look(recovered=121.0)]


async def untold(scene: Scene) -> list[Evidence]:
    refused = Op(key="k", tenant="320723", user="u", kind="declare", path="", outcome="fail", status=401)
    scene.crowd.history.ops.append(refused)
    found = await scene.look()
    scene.crowd.history.ops.remove(refused)
    return [found, await scene.look(unresolved=["k"]), await _misled(scene)]


async def _misled(scene: Scene) -> Evidence:
    """The page says that nothing was done under a key, and what was done under it is repeated as done before."""
    done = scene.op("declare")
    user = next(one for one in scene.crowd.users if (one.tenant, one.account.login) == (done.tenant, done.user))
    asked, user.get = user.get, _nothing_known  # type: ignore[method-assign]
    await user.learn(done)
    user.get = asked  # type: ignore[method-assign]
    found = await scene.look()
    scene.crowd.history.misled.clear()
    return found


async def _nothing_known(_path: str) -> dict[str, str]:
    return {"state": "unknown"}


PLANTS: dict[str, Plant] = {
    "I1": lost_or_doubled, "I2": unasked, "I3": illegal, "I4": crossed, "I5": late, "I6": undelivered, "I7": unproven,
    "I8": unfiled, "I9": restless, "I10": allowed, "I11": told, "I12": revived, "I13": helpless, "I14": untold,
}  # fmt: skip
