"""Makes golden proofs of the present release: python -m tests.audit.make_golden NAME, and never over an existing one.

They are of a ledger made up here, by the product's own encoder, tree, signer and writer, without a database.
"""

import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from lianshen.audit import _bundle, _chain, _tree, checkpoints
from lianshen.audit._signing import Signer, make_key
from lianshen.audit.types import Checkpoint
from tests.audit.authority import Authority
from tests.audit.test_chain import RECORD, SECOND
from tests.audit.test_proofs import GOLDEN, HANDED_IN, PAPER

PROJECT = UUID(int=2)


class Tenant:
    """What signing asks of a transaction."""

    tenant = "320723"

    def __init__(self, now: datetime) -> None:
        self.now = now


def ledger(count: int) -> list[tuple[int, bytes, bytes, bytes]]:
    rows, previous = [], _chain.GENESIS
    for seq in range(1, count + 1):
        record = (RECORD if seq < 4 else SECOND) | {"seq": seq, "id": UUID(int=seq), "note": HANDED_IN}
        found = _chain.digest(previous, record)
        rows.append((seq, _chain.leaf(previous, record), found.sm3, found.sha256))
        previous = found.joined
    return rows


def main(name: str) -> None:
    import asyncio

    from lianshen.audit._stamp import stamp

    with tempfile.TemporaryDirectory() as folder:
        authority = Authority(Path(folder), days=36500)
        certificates = authority.certificates.read_bytes()
        for algorithm in ("sm2", "ed25519"):
            make_key(Path(folder, f"{algorithm}.pem"), algorithm)
            signer = Signer(Path(folder, f"{algorithm}.pem"))
            rows = ledger(300)
            known = {(0, seq - 1): (sm3, sha256) for seq, _, sm3, sha256 in rows}
            points = []
            for size in (7, 300):
                at = datetime(2026, 3, 4, tzinfo=UTC) + timedelta(hours=size)
                root = _tree.subtree(known, 0, size)
                note = checkpoints._signed(Tenant(at), size, root, signer)
                token = asyncio.run(stamp(authority.url, note.encode(), certificates))
                points.append(
                    Checkpoint(
                        size=size, at=at, sm3=root[0], sha256=root[1], algorithm=signer.algorithm, key=signer.key,
                        public_key=signer.public_key, note=note, token=token,
                    )
                )  # fmt: skip
            made = _bundle.decision(
                tenant="320723",
                project=str(PROJECT),
                records={seq: data for seq, data, _, _ in rows[:6]},
                law=SECOND["law"],
                documents=[PAPER],
                inclusion={seq: _tree.inclusion(known, seq - 1, 7) for seq in range(1, 7)},
                consistency=_tree.consistency(known, 7, 300),
                checkpoints=points,
                certificates=certificates,
            )
            whole = _bundle.ledger(tenant="320723", rows=rows, checkpoints=points, certificates=certificates)
            GOLDEN.mkdir(exist_ok=True)
            for kind, content in (("decision", made), ("ledger", whole)):
                with (GOLDEN / f"{name}-{algorithm}-{kind}.zip").open("xb") as file:
                    file.write(content)
        authority.close()


if __name__ == "__main__":
    main(sys.argv[1])
