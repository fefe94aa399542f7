"""Proofs as files: a zip with what is proved, what proves it, and the checker itself (D128).

Nothing is in it that the checker does not check; the same rows give the same bytes.
"""

import base64
import hashlib
import io
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lianshen.audit import verify
from lianshen.audit._tree import Pair
from lianshen.audit.types import Checkpoint
from lianshen.audit.verify import ALGORITHMS, canonical

_EPOCH = (1980, 1, 1, 0, 0, 0)
_README = """本文件是联审系统出具的证明，可以脱离系统独立核验：

    python3 -I verify.py 本文件.zip

只需要 Python 3 和 openssl。请另向出具单位索取签名公钥，用 --key 公钥.pem 核对；
时间戳机构的根证书用 --ca 根证书.pem 核对；
上级或本单位另存的检查点用 --checkpoints 目录 比对。核验程序 verify.py 也应从可信处取得。
"""


def decision(  # noqa: PLR0913 (what a proof consists of)
    *,
    tenant: str,
    project: str,
    records: Mapping[int, bytes],
    law: str,
    documents: Sequence[Mapping[str, Any]],
    inclusion: Mapping[int, Sequence[Pair]],
    consistency: Sequence[Pair],
    checkpoints: Sequence[Checkpoint],
    certificates: bytes | None,
) -> bytes:
    """The proof of the last of ``records``, by sequence number; ``checkpoints``: the first that covers it, the last."""
    proofs = {
        "inclusion": {str(seq): _paths(path) for seq, path in inclusion.items()},
        "consistency": _paths(consistency),
    }
    files = {f"records/{seq:012}.bin": data for seq, data in records.items()}
    files["proofs.json"] = canonical(proofs)
    about = {"kind": "decision", "project": project, "decision": max(records), "law": law, "documents": documents}
    return _zip(tenant, about, files, checkpoints, certificates)


def ledger(
    *,
    tenant: str,
    rows: Sequence[tuple[int, bytes, bytes, bytes]],
    checkpoints: Sequence[Checkpoint],
    certificates: bytes | None,
) -> bytes:
    """A whole ledger; ``rows`` are (seq, data of the leaf, SM3, SHA-256)."""
    lines = [
        canonical({"seq": seq, "data": base64.b64encode(data).decode(), "sm3": sm3.hex(), "sha256": sha256.hex()})
        for seq, data, sm3, sha256 in rows
    ]
    return _zip(tenant, {"kind": "ledger"}, {"ledger.jsonl": b"\n".join(lines) + b"\n"}, checkpoints, certificates)


def _paths(path: Sequence[Pair]) -> dict[str, list[str]]:
    return {name: [pair[at].hex() for pair in path] for at, name in enumerate(ALGORITHMS)}


def _zip(
    tenant: str,
    about: Mapping[str, Any],
    files: dict[str, bytes],
    checkpoints: Sequence[Checkpoint],
    certificates: bytes | None,
) -> bytes:
    for one in checkpoints:
        files[f"checkpoints/{one.size:012}.txt"] = one.note.encode()
        files[f"keys/{one.key}.pem"] = one.public_key.encode()
        if one.token is not None and certificates is not None:
            files[f"checkpoints/{one.size:012}.tsr"] = one.token
            files["certificates.pem"] = certificates
    files["verify.py"] = Path(verify.__file__).read_bytes()
    files["说明.txt"] = _README.encode()
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    files["manifest.json"] = canonical({"format": "lianshen-proof 1", "tenant": tenant, **about, "files": digests})
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, files[name])
    return made.getvalue()
