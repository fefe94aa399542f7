"""What somebody who owns the database can do to a ledger: each is found, and named (D126, D127, F47)."""

import asyncio
import subprocess
import sys

import pytest
from sqlalchemy.exc import DBAPIError
from structlog.testing import capture_logs

from lianshen.audit import _chain, verify
from lianshen.audit.queries import Broken
from lianshen_workers.proof import Proof
from tests.audit.conftest import TENANT

pytestmark = pytest.mark.demand("D126", "D135")
LAST = "SELECT seq, sm3 || sha256 FROM event WHERE tenant = :t ORDER BY seq DESC LIMIT 1"
DAMAGE = {
    "edited": ["UPDATE event SET actor = '别人' WHERE tenant = :t AND seq = :at"],
    "edited facts": ["UPDATE event SET facts = '{\"a\": [1, 2]}' WHERE tenant = :t AND seq = :at"],
    "edited source": ["UPDATE event SET source = '192.0.2.9' WHERE tenant = :t AND seq = :at"],
    "edited result": ["UPDATE event SET result = 'refused' WHERE tenant = :t AND seq = :at"],
    "edited law": ["UPDATE event SET law = '别法' WHERE tenant = :t AND seq = :at"],
    "edited encoding": ["UPDATE event SET encoding = 1 WHERE tenant = :t AND seq = :at"],
    "edited link": ["UPDATE event SET previous = sha256 || sm3 WHERE tenant = :t AND seq = :at"],
    "edited digests": ["UPDATE event SET sha256 = sm3 WHERE tenant = :t AND seq = :at"],
    "deleted": ["DELETE FROM event WHERE tenant = :t AND seq = :at"],
    "deleted and closed up": [
        "DELETE FROM event WHERE tenant = :t AND seq = :at",
        "UPDATE event SET seq = -seq WHERE tenant = :t AND seq > :at",
        "UPDATE event SET seq = -seq - 1 WHERE tenant = :t AND seq < 0",
    ],
    "reordered": [
        "UPDATE event SET seq = -seq WHERE tenant = :t AND seq BETWEEN :at AND CAST(:at AS bigint) + 1",
        "UPDATE event SET seq = 2 * CAST(:at AS bigint) + 1 + seq WHERE tenant = :t AND seq < 0",
    ],
    "truncated": ["DELETE FROM event WHERE tenant = :t AND seq >= :at"],
    "truncated with its head": [
        "DELETE FROM event WHERE tenant = :t AND seq >= :at",
        f"UPDATE chain_head SET (seq, digest) = ({LAST}) WHERE tenant = :t",
    ],
    "truncated to nothing": [
        "DELETE FROM event WHERE tenant = :t",
        "DELETE FROM checkpoint WHERE tenant = :t",
        "DELETE FROM tree_node WHERE tenant = :t",
        "UPDATE chain_head SET seq = 0, digest = decode(repeat('00', 64), 'hex') WHERE tenant = :t",
    ],
}  # fmt: skip


PLANTED = {
    "tree_node": "INSERT INTO tree_node VALUES (:t, 8, 10000, sha256(''), sha256(''))",
    "ledger_check": "INSERT INTO ledger_check VALUES (:t, gen_random_uuid(), now(), 0, 0)",
    "received_root": "INSERT INTO received_root VALUES (:t, '360800', '2026-03-01', 1, '', '', now())",
}
"""A row for tables in which there may be none yet: what does not exist cannot be protected."""


@pytest.mark.parametrize("damage", DAMAGE)
async def test_each_damage_is_found_at_its_place_and_named(ledger, damage):
    await ledger.write(6)
    signed = await ledger.sign()
    await ledger.write(2)
    at = 1 if damage == "truncated to nothing" else signed.size - 3
    async with ledger.damaged(*DAMAGE[damage], at=at):
        found = await ledger.verify()
        assert (found.damage, found.broken_at) == (damage.partition(" ")[0], at)
    assert (await ledger.verify()).damage is None


async def rechained(ledger, at):
    """Every record from ``at`` on with new digests, as consistent in itself as the first ones; the head moved too."""
    rows = await ledger.rows("SELECT * FROM event WHERE tenant = :t ORDER BY seq")
    names = [column for (column,) in await ledger.rows(
        "SELECT attname::text FROM pg_attribute WHERE attrelid = 'event'::regclass AND attnum > 0 AND NOT attisdropped "
        "ORDER BY attnum"
    )]  # fmt: skip
    previous, statements = _chain.GENESIS, []
    for row in rows:
        record = dict(zip(names, row, strict=True))
        if record["seq"] == at:
            record["actor"] = "别人"
        found = _chain.digest(previous, record)
        if record["seq"] >= at:
            statements.append(
                f"UPDATE event SET actor = '{record['actor']}', previous = decode('{previous.hex()}', 'hex'), "
                f"sm3 = decode('{found.sm3.hex()}', 'hex'), sha256 = decode('{found.sha256.hex()}', 'hex') "
                f"WHERE tenant = '{TENANT}' AND seq = {record['seq']}"
            )
        previous = found.joined
    statements.append(f"UPDATE chain_head SET digest = decode('{previous.hex()}', 'hex') WHERE tenant = '{TENANT}'")
    return ["ALTER TABLE event DROP CONSTRAINT event_tenant_previous_key", *statements,
            "ALTER TABLE event ADD CONSTRAINT event_tenant_previous_key UNIQUE (tenant, previous)"]  # fmt: skip


@pytest.mark.demand("D127")
async def test_a_history_that_is_written_anew_is_refuted_by_what_was_signed(ledger, tmp_path):
    await ledger.write(5)
    signed = await ledger.sign()
    await ledger.write(1)
    async with ledger.damaged(*await rechained(ledger, signed.size - 2)):
        found = await ledger.verify()
        assert found.damage == "rechained"
        assert found.place.endswith(f"-{signed.size}")
        with pytest.raises(Broken, match="rechained"):
            await ledger.sign()
    async with ledger.damaged(*await rechained(ledger, 1), "DELETE FROM checkpoint WHERE tenant = :t"):
        assert (await ledger.verify()).damage == "rechained"  # by the files alone
    async with ledger.damaged(*await rechained(ledger, signed.size + 1)):
        assert (await ledger.verify()).damage is None  # what no checkpoint covers yet can be rewritten: up to an hour
    assert (await ledger.verify()).damage is None


async def test_a_checkpoint_that_somebody_else_signs_is_no_checkpoint(ledger):
    await ledger.write(1)
    await ledger.sign()
    change = "UPDATE checkpoint SET note = replace(note, 'size ', 'size 1') WHERE tenant = :t"
    async with ledger.damaged(change):
        assert (await ledger.verify()).damage == "forged"


async def test_the_export_names_the_same_damages_without_us(ledger, tmp_path):
    await ledger.write(4)
    signed = await ledger.sign()
    at = signed.size - 2

    async def said(name):
        path = tmp_path / "export.zip"
        path.write_bytes(await ledger.export())
        folder = ledger.settings.checkpoints_dir / TENANT
        asked = (sys.executable, "-I", verify.__file__, path, "--checkpoints", folder)
        done = await asyncio.to_thread(subprocess.run, asked, capture_output=True, check=False)
        return done.returncode, done.stdout.decode()

    assert (await said("whole"))[0] == 0
    for damage, statements in DAMAGE.items():
        if damage == "truncated to nothing":
            continue  # then nothing is left that could be exported
        async with ledger.damaged(*statements, at=at):
            code, words = await said(damage)
            assert code == 1, (damage, words)
            assert damage.partition(" ")[0] in words, damage
    async with ledger.damaged(*await rechained(ledger, 1)):
        code, words = await said("rechained")
        assert (code, "rechained" in words) == (1, True)


async def test_the_nightly_check_keeps_its_result_and_raises_the_alarm(ledger, relay_database, worker_database):
    await ledger.write(3)
    signed = await ledger.sign()
    proof = Proof(relay_database, worker_database, ledger.settings)
    assert await proof.verify() == 0
    async with ledger.damaged("UPDATE event SET note = '改过' WHERE tenant = :t AND seq = :at", at=signed.size):
        with capture_logs() as said:
            assert await proof.verify() == 1
    alarms = [line for line in said if line["event"] == "ledger_broken"]
    assert [(line["tenant"], line["damage"], line["at"]) for line in alarms] == [(TENANT, "edited", signed.size)]
    kept = await ledger.rows(
        "SELECT damage, place FROM ledger_check WHERE tenant = :t ORDER BY at DESC, damage LIMIT 2"
    )
    assert ("edited", str(signed.size)) in kept


@pytest.mark.parametrize("table", ["event", "checkpoint", "tree_node", "ledger_check", "received_root"])
@pytest.mark.demand("D123")
async def test_nobody_changes_what_proves_not_even_its_owner(ledger, table):
    await ledger.write(1)
    await ledger.sign()
    for role in ("lianshen_owner", "lianshen_web", "lianshen_worker", "lianshen_relay"):
        for statement in (f"UPDATE {table} SET tenant = tenant", f"DELETE FROM {table}", f"TRUNCATE {table}"):
            with pytest.raises(DBAPIError, match=r"append-only|permission denied"):
                await ledger.try_as(role, PLANTED.get(table), statement)
