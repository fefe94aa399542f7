"""Checks a proof of Lianshen with Python's standard library and openssl alone: python3 -I verify.py FILE.zip [options]

FILE.zip proves one decision, or is a whole ledger. --key PEM: the key that must have signed. --ca PEM: whom to believe
time stamps of. --checkpoints DIR: checkpoints kept elsewhere, which must fit.
"""

import base64
import hashlib
import json
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

_FIRST = (
    "tenant", "seq", "id", "project", "at", "action", "label", "person", "post", "office", "actor", "article", "facts",
    "note", "request_id",
)  # fmt: skip
FIELDS = {1: _FIRST, 2: (*_FIRST, "result", "source", "law")}
MARKS = {1: b"", 2: b"\x00\x00\x00\x10lianshen event 2"}
"""What each encoding of a record holds, and how it begins. One that has been used once never changes."""
ALGORITHMS = ("sm3", "sha256")
GENESIS = bytes(64)
NAMES = {
    "edited": "内容被改动", "deleted": "记录被删除", "reordered": "记录顺序被调换", "truncated": "末尾的记录被截去",
    "rechained": "历史被整体重写", "inserted": "混入了未登记的记录", "forged": "检查点不是真的",
    "unproven": "证明不成立", "token": "时间戳不成立", "bundle": "文件被改动或缺失",
}  # fmt: skip
_NOTE = re.compile(
    r"(?P<signed>lianshen-checkpoint 1\ntenant (?P<tenant>\d{6})\nsize (?P<size>\d+)\ntime (?P<time>\S+)\n"
    r"sm3 (?P<sm3>[0-9a-f]{64})\nsha256 (?P<sha256>[0-9a-f]{64})\nalgorithm (?P<algorithm>ed25519|sm2)\n"
    r"key (?P<key>[0-9a-f]{64})\n)\nsignature (?P<signature>\S+)\n"
)
Roots = tuple[bytes, bytes]


class Broken(Exception):
    """The first thing that does not hold. ``args``: one of NAMES, and the place: a record's number or a file's name."""


def hashed(name: str, data: bytes) -> bytes:
    """The digest of ``data``, 32 bytes; some builds of Python lack SM3, and then openssl is asked."""
    try:
        return hashlib.new(name, data).digest()
    except ValueError:
        return _openssl({"data": data}, "dgst", f"-{name}", "-binary", "{data}").stdout


def node(name: str, left: bytes, right: bytes) -> bytes:
    """RFC 9162, 2.1.1: nodes begin with 01, leaves with 00."""
    return hashed(name, b"\x01" + left + right)


def digests_of(data: bytes) -> Roots:
    """Both digests of a record: leaves of the two trees."""
    return hashed("sm3", b"\x00" + data), hashed("sha256", b"\x00" + data)


def included(name: str, leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """The root that ``path`` leads to from the leaf at ``index`` (from 0), or None (RFC 9162, 2.1.3.2)."""
    return (_climbed(name, index, size - 1, leaf, path) or (b"", None))[1] if index < size else None


def consistent(name: str, old: tuple[int, bytes], new: tuple[int, bytes], path: Sequence[bytes]) -> bool:
    """Whether ``path`` shows that the tree ``old`` (size, root) is the beginning of ``new`` (RFC 9162, 2.1.4.2)."""
    (small, root), (size, wanted) = old, new
    if small == size or not path:
        return small == size and not path and root == wanted
    path = [root, *path] if small & (small - 1) == 0 else path
    whole = (small & -small).bit_length() - 1
    here, last = (small - 1) >> whole, (size - 1) >> whole
    return _climbed(name, here, last, path[0], path[1:]) == (root, wanted)


def _climbed(name: str, here: int, last: int, start: bytes, path: Sequence[bytes]) -> Roots | None:
    """From ``start`` upwards: with the left neighbours alone, and with all; None where ``path`` does not fit."""
    first = second = start
    for beside in path:
        if last == 0:
            return None
        if here & 1 or here == last:
            first, second = node(name, beside, first), node(name, beside, second)
            while here and not here & 1:
                here, last = here >> 1, last >> 1
        else:
            second = node(name, second, beside)
        here, last = here >> 1, last >> 1
    return (first, second) if last == 0 else None


def decoded(data: bytes) -> dict[str, str]:
    """The fields of a record from its bytes: 64 of its predecessor's digests, then the encoding."""
    body, parts = data[64:], []
    version = 2 if body.startswith(MARKS[2]) else 1
    at = len(MARKS[version])
    while at < len(body):
        length = int.from_bytes(body[at : at + 4], "big")
        parts.append(body[at + 4 : at + 4 + length].decode())
        at += 4 + length
    if at != len(body) or len(parts) != len(FIELDS[version]):
        raise Broken("edited", "encoding")
    return dict(zip(FIELDS[version], parts, strict=True))


class Walk:
    """Checks a whole ledger record by record, against checkpoints {size: roots}."""

    def __init__(self, points: Mapping[int, Roots]) -> None:
        self.points, self.count, self.last = points, 0, GENESIS
        self._fits = 0
        self._peaks: list[tuple[int, Roots]] = []

    def step(self, seq: int, data: bytes, sm3: bytes, sha256: bytes) -> bool:
        """True when this record fits behind the last. Raises Broken where a checkpoint says otherwise."""
        found = digests_of(data)
        if seq != self.count + 1 or data[:64] != self.last or found != (sm3, sha256):
            return False
        self.count, self.last = seq, sm3 + sha256
        height, value = 0, found
        while self._peaks and self._peaks[-1][0] == height:
            height, value = height + 1, _both(self._peaks.pop()[1], value)
        self._peaks.append((height, value))
        if seq in self.points:
            root = self._peaks[-1][1]
            for _, left in reversed(self._peaks[:-1]):
                root = _both(left, root)
            if root != self.points[seq]:
                raise Broken("rechained", f"{self._fits + 1}-{seq}")
            self._fits = seq
        return True

    def finish(self) -> None:
        """After the last record: nothing that a checkpoint covers may be missing."""
        if max(self.points, default=0) > self.count:
            raise Broken("truncated", self.count + 1)


def _both(left: Roots, right: Roots) -> Roots:
    return node("sm3", left[0], right[0]), node("sha256", left[1], right[1])


def outline(seq: int, data: bytes, sm3: bytes, sha256: bytes) -> tuple[int, bytes, bytes, bool]:
    """A record as ``damage`` looks at it: number, predecessor, digests, whether these are its own."""
    return seq, data[:64], sm3 + sha256, digests_of(data) == (sm3, sha256)


def damage(rows: Sequence[tuple[int, bytes, bytes, bool]], count: int, last: bytes) -> str:
    """What was done where records stop to fit behind the ``count`` first, whose last has the digests ``last``."""
    here, after = rows[count], rows[count + 1] if count + 1 < len(rows) else None
    if here[1] == last:
        return "edited" if here[0] == count + 1 else "deleted" if here[0] > count + 1 else "inserted"
    if any(row[1] == last for row in rows):
        return "reordered"
    alone = here[0] == count + 1 and not here[3] and (after is None or (after[1] == here[2] and after[3]))
    return "edited" if alone else "deleted"


def read_note(text: str) -> dict[str, Any]:
    """A signed checkpoint: signed, tenant, size, time, roots, algorithm, key, signature. Raises Broken."""
    found = _NOTE.fullmatch(text)
    if found is None:
        raise Broken("forged", "checkpoint")
    note: dict[str, Any] = found.groupdict()
    roots = bytes.fromhex(note["sm3"]), bytes.fromhex(note["sha256"])
    signature = base64.b64decode(note["signature"], validate=True)
    return note | {"signed": note["signed"].encode(), "size": int(note["size"]), "roots": roots, "signature": signature}


def check_note(note: Mapping[str, Any], pem: bytes) -> None:
    """Raise Broken unless the key ``pem`` is the one that ``note`` names and has signed it."""
    given = {"pem": pem, "data": note["signed"], "sig": note["signature"]}
    asked = "pkeyutl -verify -pubin -inkey {pem} -rawin -in {data} -sigfile {sig}"
    if note["algorithm"] == "sm2":
        asked = "dgst -sm3 -verify {pem} -signature {sig} -sigopt distid:1234567812345678 {data}"
    if key_id(pem) != note["key"] or _openssl(given, *asked.split()).returncode:
        raise Broken("forged", note["size"])


def key_id(pem: bytes) -> str:
    """SHA-256 over the key's SubjectPublicKeyInfo."""
    return hashlib.sha256(base64.b64decode(b"".join(pem.split(b"\n")[1:-2]), validate=True)).hexdigest()


def check_token(text: bytes, token: bytes, authority: bytes) -> None:
    """Raise Broken unless ``token`` (RFC 3161) is over ``text`` and leads to one of ``authority``'s certificates."""
    asked = "ts -verify -data {text} -in {tsr} -CAfile {pem} -untrusted {pem}"
    if _openssl({"text": text, "tsr": token, "pem": authority}, *asked.split()).returncode:
        raise Broken("token", "RFC 3161")


def _openssl(given: Mapping[str, bytes], *arguments: str) -> "subprocess.CompletedProcess[bytes]":
    with tempfile.TemporaryDirectory() as folder:
        names = {name: str(Path(folder, name)) for name in given}
        for name, content in given.items():
            Path(names[name]).write_bytes(content)
        return subprocess.run(
            ["openssl", *(one.format(**names) for one in arguments)], capture_output=True, check=False
        )


def check(path: str, key: bytes | None, authority: bytes | None, elsewhere: str | None) -> list[str]:
    """Check the file at ``path``; returns lines to be read by people. Raises Broken."""
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    manifest = json.loads(raw := files.pop("manifest.json"))
    for name in {*files, *manifest["files"]}:
        if name not in files or hashlib.sha256(files[name]).hexdigest() != manifest["files"].get(name):
            raise Broken("bundle", name)
    if canonical(manifest) != raw:
        raise Broken("bundle", "manifest.json")
    believed = []
    for name in sorted(one for one in files if one.startswith("checkpoints/") and one.endswith(".txt")):
        believed.append(note := read_note(files[name].decode()))
        check_note(note, key or files[f"keys/{note['key']}.pem"])
        if token := files.get(name.replace(".txt", ".tsr")):
            check_token(files[name], token, authority or files["certificates.pem"])
    outside = [read_note(one.read_text("utf-8")) for one in Path(elsewhere).rglob("*.txt")] if elsewhere else []
    for note in outside:
        check_note(note, key or files.get(f"keys/{note['key']}.pem", b""))
    points: dict[int, Roots] = {}
    for note in [*believed, *outside]:
        if note["tenant"] != manifest["tenant"]:
            raise Broken("forged", note["size"])
        if points.setdefault(note["size"], note["roots"]) != note["roots"]:
            raise Broken("rechained", note["size"])
    count = _ledger(files, points) if manifest["kind"] == "ledger" else _decision(files, manifest, believed)
    stamped = sum(".tsr" in name for name in files)
    of = "（证书取自本文件，未经核对，请用 --ca）" if stamped and not authority else ""
    return [
        f"全部成立：{manifest['tenant']}，{count} 笔记录；检查点 {len(believed)} 个，时间戳 {stamped} 个{of}。",
        f"签名密钥 {believed[-1]['key']}（{'与所给公钥一致' if key else '取自本文件，请另行核对'}）。",
    ]


def _ledger(files: Mapping[str, bytes], points: Mapping[int, Roots]) -> int:
    rows: list[tuple[int, bytes, bytes, bytes]] = []
    for line in files["ledger.jsonl"].splitlines():
        row = json.loads(line)
        rows.append((row["seq"], base64.b64decode(row["data"]), *(bytes.fromhex(row[name]) for name in ALGORITHMS)))
    walk = Walk(points)
    for one in rows:
        if not walk.step(*one):
            raise Broken(damage([outline(*row) for row in rows], walk.count, walk.last), walk.count + 1)
    walk.finish()
    return walk.count


def _decision(files: Mapping[str, bytes], manifest: Mapping[str, Any], believed: Sequence[dict[str, Any]]) -> int:
    proofs, first, last = json.loads(files["proofs.json"]), believed[0], believed[-1]
    records = {name: decoded(data) for name, data in files.items() if name.startswith("records/")}
    for at, algorithm in enumerate(ALGORITHMS):
        for name, record in records.items():
            named = f"records/{int(record['seq']):012}.bin", manifest["tenant"], manifest["project"]
            if named != (name, record["tenant"], record["project"]):
                raise Broken("edited", name)
            seq, path = int(record["seq"]), proofs["inclusion"].get(record["seq"], {algorithm: []})[algorithm]
            leaf, root = digests_of(files[name])[at], first["roots"][at]
            if included(algorithm, leaf, seq - 1, first["size"], [bytes.fromhex(one) for one in path]) != root:
                raise Broken("unproven", name)
        path = [bytes.fromhex(one) for one in proofs["consistency"][algorithm]]
        old, new = ((note["size"], note["roots"][at]) for note in (first, last))
        if not consistent(algorithm, old, new, path):
            raise Broken("rechained", f"{first['size']}-{last['size']}")
    decision = records.get(f"records/{manifest['decision']:012}.bin", {})
    if decision.get("law", "") != manifest["law"] or {*proofs["inclusion"]} != {one["seq"] for one in records.values()}:
        raise Broken("deleted", manifest["decision"])
    for paper in manifest["documents"]:
        words = [paper[name] for name in ("filename", *ALGORITHMS)]
        if not any(all(word in record["note"] for word in words) for record in records.values()):
            raise Broken("bundle", paper["filename"])
    return len(records)


def canonical(value: Any) -> bytes:
    """The one way in which JSON is written in a proof, so that every byte of it counts."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def main(arguments: Sequence[str]) -> int:
    """Print what was found; returns the exit code."""
    try:
        options = dict(zip(arguments[1::2], arguments[2::2], strict=True))
        if unknown := {*options} - {"--key", "--ca", "--checkpoints"}:
            raise ValueError(f"unknown option {unknown}")
        key, authority = (Path(options[one]).read_bytes() if one in options else None for one in ("--key", "--ca"))
        lines, code = check(arguments[0], key, authority, options.get("--checkpoints")), 0
    except Broken as broken:
        lines, code = [f"不成立：{NAMES[broken.args[0]]}（{broken.args[0]}），位置 {broken.args[1]}。"], 1
    except Exception as error:  # noqa: BLE001 (whatever cannot be read proves nothing)
        lines, code = [f"无法读取：{type(error).__name__} {error}", __doc__ or ""], 2
    sys.stdout.buffer.write("\n".join([*lines, ""]).encode())
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
