"""Checks a proof of Lianshen with nothing but Python's standard library and openssl: python3 -I verify.py FILE.zip

FILE.zip is the proof of one decision, or a whole ledger. Options: --key PEM (the key that must have signed),
--ca PEM (whom to believe time stamps of), --checkpoints DIR (checkpoints kept elsewhere, which must fit).
Exit code 0: everything holds. 1: something does not, and each thing is named. 2: not readable.
"""

import base64
import hashlib
import json
import re
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

_FIRST = (
    "tenant", "seq", "id", "project", "at", "action", "label", "person", "post", "office", "actor", "article", "facts",
    "note", "request_id",
)  # fmt: skip
FIELDS = {1: _FIRST, 2: (*_FIRST, "result", "source", "law")}
"""What each encoding of a record holds, in order. An encoding that has been used once never changes."""
MARKS = {1: b"", 2: b"\x00\x00\x00\x10lianshen event 2"}
"""What an encoding begins with, so that records of two encodings never look alike."""
ALGORITHMS = ("sm3", "sha256")
GENESIS = bytes(64)
_NOTE = re.compile(
    r"(lianshen-checkpoint 1\ntenant (\d{6})\nsize (\d+)\ntime (\S+)\nsm3 ([0-9a-f]{64})\nsha256 ([0-9a-f]{64})\n"
    r"algorithm (ed25519|sm2)\nkey ([0-9a-f]{64})\n)\nsignature (\S+)\n"
)
NAMES = {
    "edited": "内容被改动", "deleted": "记录被删除", "reordered": "记录顺序被调换", "truncated": "末尾的记录被截去",
    "rechained": "历史被整体重写", "inserted": "混入了未登记的记录", "forged": "检查点不是真的",
    "unproven": "证明不成立", "token": "时间戳不成立", "bundle": "文件被改动或缺失",
}  # fmt: skip


class Broken(Exception):
    """The first thing that does not hold: ``kind`` is one of NAMES, ``place`` the record's or file's."""

    def __init__(self, kind, place):
        self.kind, self.place = kind, place
        super().__init__(f"{kind}: {NAMES[kind]} ({place})")


def hashed(name, data):
    """The digest of ``data`` as 32 bytes; some builds of Python lack SM3, and then openssl is asked."""
    try:
        return hashlib.new(name, data).digest()
    except ValueError:
        return _openssl("dgst", f"-{name}", "-binary", given=data).stdout


def node(name, left, right):
    """RFC 9162, 2.1.1: nodes begin with 01, leaves with 00."""
    return hashed(name, b"\x01" + left + right)


class Tree:
    """The Merkle tree of one algorithm, leaf by leaf; it keeps one hash a level."""

    def __init__(self, name):
        self.name, self.size, self._peaks = name, 0, []

    def append(self, leaf):
        self.size += 1
        height, value = 0, leaf
        while self._peaks and self._peaks[-1][0] == height:
            height, value = height + 1, node(self.name, self._peaks.pop()[1], value)
        self._peaks.append((height, value))

    def root(self):
        if not self._peaks:
            return hashed(self.name, b"")
        value = self._peaks[-1][1]
        for _, left in reversed(self._peaks[:-1]):
            value = node(self.name, left, value)
        return value


def included(name, leaf, index, size, path):
    """The root that ``path`` leads to from the leaf at ``index`` (from 0), or None (RFC 9162, 2.1.3.2)."""
    here, last, value = index, size - 1, leaf
    for beside in path:
        if last == 0:
            return None
        if here & 1 or here == last:
            value = node(name, beside, value)
            while here and not here & 1:
                here, last = here >> 1, last >> 1
        else:
            value = node(name, value, beside)
        here, last = here >> 1, last >> 1
    return value if last == 0 and index < size else None


def consistent(name, old, new, path):
    """Whether ``path`` shows that the tree ``old`` (size, root) is the beginning of ``new`` (RFC 9162, 2.1.4.2)."""
    (small, first_root), (size, root) = old, new
    if small == size:
        return not path and first_root == root
    if not 0 < small < size or not path:
        return False
    path = [first_root, *path] if small & (small - 1) == 0 else list(path)
    here, last = small - 1, size - 1
    while here & 1:
        here, last = here >> 1, last >> 1
    first = second = path[0]
    for beside in path[1:]:
        if last == 0:
            return False
        if here & 1 or here == last:
            first, second = node(name, beside, first), node(name, beside, second)
            while here and not here & 1:
                here, last = here >> 1, last >> 1
        else:
            second = node(name, second, beside)
        here, last = here >> 1, last >> 1
    return first == first_root and second == root and last == 0


def decoded(data):
    """The fields of a record from its bytes: 64 of its predecessor's digests, then the encoding."""
    body, parts = data[64:], []
    version = 2 if body.startswith(MARKS[2]) else 1
    at = len(MARKS[version])
    while at < len(body):
        length = int.from_bytes(body[at : at + 4], "big")
        parts.append(body[at + 4 : at + 4 + length])
        at += 4 + length
    if at != len(body) or len(parts) != len(FIELDS[version]):
        raise Broken("edited", "encoding")
    return dict(zip(FIELDS[version], (part.decode() for part in parts), strict=True))


class Walk:
    """Checks a whole ledger record by record, against checkpoints {size: (sm3, sha256)}."""

    def __init__(self, points):
        self.points, self.count, self.last, self._fits = points, 0, GENESIS, 0
        self._trees = [Tree(name) for name in ALGORITHMS]

    def step(self, seq, data, *digests):
        """True when this record fits behind the last. Raises Broken where a checkpoint says otherwise."""
        found = [hashed(name, b"\x00" + data) for name in ALGORITHMS]
        if seq != self.count + 1 or data[:64] != self.last or found != list(digests):
            return False
        self.count, self.last = seq, b"".join(found)
        for tree, digest in zip(self._trees, found, strict=True):
            tree.append(digest)
        if seq in self.points:
            if tuple(tree.root() for tree in self._trees) != tuple(self.points[seq]):
                raise Broken("rechained", f"{self._fits + 1}-{seq}")
            self._fits = seq
        return True

    def finish(self, head=None):
        """After the last record: nothing may be missing, by the checkpoints and by the head (seq, digests) if known."""
        if max(self.points, default=0) > self.count:
            raise Broken("truncated", self.count + 1)
        if head is not None and head != (self.count, self.last):
            kind = "truncated" if head[0] > self.count else "inserted" if head[0] < self.count else "rechained"
            raise Broken(kind, self.count + 1)


def damage(rows, count, last):
    """What was done where records stop to fit behind ``count``; ``rows`` are (seq, previous, digests, intact)."""
    here, after = rows[count], rows[count + 1] if count + 1 < len(rows) else None
    if here[1] == last:
        return "edited" if here[0] == count + 1 else "deleted" if here[0] > count + 1 else "inserted"
    if any(previous == last for _, previous, _, _ in rows):
        return "reordered"
    alone = here[0] == count + 1 and not here[3] and (after is None or (after[1] == here[2] and after[3]))
    return "edited" if alone else "deleted"


def outline(seq, data, *digests):
    """A record as ``damage`` looks at it."""
    return seq, data[:64], b"".join(digests), [hashed(name, b"\x00" + data) for name in ALGORITHMS] == list(digests)


def read_note(text):
    """A signed checkpoint: what is signed, tenant, size, time, roots, algorithm, key and signature. Raises Broken."""
    found = _NOTE.fullmatch(text)
    if found is None:
        raise Broken("forged", "checkpoint")
    signed, tenant, size, time, sm3, sha256, algorithm, key, signature = found.groups()
    return {
        "signed": signed.encode(), "tenant": tenant, "size": int(size), "time": time,
        "roots": (bytes.fromhex(sm3), bytes.fromhex(sha256)), "algorithm": algorithm, "key": key,
        "signature": base64.b64decode(signature, validate=True),
    }  # fmt: skip


def check_note(note, key):
    """Raise Broken unless ``key`` (PEM bytes) is the one that ``note`` names and has signed it."""
    if key_id(key) != note["key"]:
        raise Broken("forged", note["size"])
    with tempfile.TemporaryDirectory() as folder:
        names = {name: str(Path(folder, name)) for name in ("pem", "data", "signature")}
        for name, content in (("pem", key), ("data", note["signed"]), ("signature", note["signature"])):
            Path(names[name]).write_bytes(content)
        if note["algorithm"] == "sm2":
            asked = ("dgst", "-sm3", "-verify", names["pem"], "-signature", names["signature"])
            done = _openssl(*asked, "-sigopt", "distid:1234567812345678", names["data"])
        else:
            asked = ("pkeyutl", "-verify", "-pubin", "-inkey", names["pem"], "-rawin", "-in", names["data"])
            done = _openssl(*asked, "-sigfile", names["signature"])
    if done.returncode:
        raise Broken("forged", note["size"])


def key_id(pem):
    """SHA-256 over the key's SubjectPublicKeyInfo."""
    lines = [line for line in pem.decode().split("\n") if line and not line.startswith("-----")]
    return hashlib.sha256(base64.b64decode("".join(lines), validate=True)).hexdigest()


def check_token(text, token, authority):
    """Raise Broken unless ``token`` (RFC 3161) is over ``text`` and leads to one of ``authority``'s certificates."""
    with tempfile.TemporaryDirectory() as folder:
        names = {name: str(Path(folder, name)) for name in ("note", "tsr", "pem")}
        for name, content in (("note", text), ("tsr", token), ("pem", authority)):
            Path(names[name]).write_bytes(content)
        said = ("-data", names["note"], "-in", names["tsr"], "-CAfile", names["pem"], "-untrusted", names["pem"])
        if _openssl("ts", "-verify", *said).returncode:
            raise Broken("token", "RFC 3161")


def _openssl(*arguments, given=None):
    return subprocess.run(("openssl", *arguments), input=given, capture_output=True, check=False)


def check(path, key=None, authority=None, elsewhere=None):
    """Check the file at ``path``; returns lines to be read by people. Raises Broken."""
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    raw = files.pop("manifest.json", b"")
    manifest = json.loads(raw)
    if canonical(manifest) != raw or manifest["format"] != "lianshen-proof 1":
        raise Broken("bundle", "manifest.json")
    for name in {*files, *manifest["files"]}:
        if name not in files or hashlib.sha256(files[name]).hexdigest() != manifest["files"].get(name):
            raise Broken("bundle", name)
    notes = {name: files[name].decode() for name in sorted(files) if re.fullmatch(r"checkpoints/\d+\.txt", name)}
    believed = _believed(files, notes, key, authority)
    outside = [read_note(one.read_text()) for one in sorted(Path(elsewhere).rglob("*.txt"))] if elsewhere else []
    for note in outside:
        if key or f"keys/{note['key']}.pem" in files:
            check_note(note, key or files[f"keys/{note['key']}.pem"])
    points = {}
    for note in (note for note in [*believed, *outside] if note["tenant"] == manifest["tenant"]):
        if points.setdefault(note["size"], note["roots"]) != note["roots"]:
            raise Broken("rechained", f"1-{note['size']}")
    count = _ledger(files, points) if manifest["kind"] == "ledger" else _decision(files, manifest, believed, outside)
    if {note["tenant"] for note in believed} - {manifest["tenant"]}:
        raise Broken("forged", "tenant")
    last = believed[-1]
    stamped = sum(name.endswith(".tsr") for name in files)
    return [
        f"全部成立：{manifest['tenant']}，{count} 笔记录。",
        f"检查点 {len(believed)} 个，最后一个含 {last['size']} 笔，{last['time']}，时间戳 {stamped} 个。",
        f"签名密钥 {last['key']}（{'与所给密钥一致' if key else '取自本文件，请另行核对'}）。",
    ]


def _believed(files, notes, key, authority):
    found = []
    for name, text in notes.items():
        note = read_note(text)
        inside = files.get(f"keys/{note['key']}.pem")
        if inside is None or (key is not None and key_id(key) != note["key"]):
            raise Broken("forged", note["size"])
        check_note(note, key or inside)
        token = files.get(name.replace(".txt", ".tsr"))
        if token is not None:
            check_token(text.encode(), token, authority or files.get("certificates.pem", b""))
        found.append(note)
    if not found:
        raise Broken("forged", "no checkpoint")
    return sorted(found, key=lambda note: note["size"])


def _ledger(files, points):
    lines = [json.loads(line) for line in files["ledger.jsonl"].decode().splitlines()]
    rows = [(row["seq"], base64.b64decode(row["data"]), *(bytes.fromhex(row[name]) for name in ALGORITHMS)) for row in lines]
    walk = Walk(points)
    for row in rows:
        if not walk.step(*row):
            raise Broken(damage([outline(*one) for one in rows], walk.count, walk.last), walk.count + 1)
    walk.finish()
    return walk.count


def _decision(files, manifest, believed, outside):
    proofs, records = json.loads(files["proofs.json"]), {}
    if canonical(proofs) != files["proofs.json"]:
        raise Broken("bundle", "proofs.json")
    first, last = believed[0], believed[-1]
    for name, data in files.items():
        if name.startswith("records/"):
            record = records[name] = decoded(data)
            seq = int(record["seq"])
            if name != f"records/{seq:012}.bin" or (record["tenant"], record["project"]) != (manifest["tenant"], manifest["project"]):
                raise Broken("edited", name)
            for at, algorithm in enumerate(ALGORITHMS):
                path = [bytes.fromhex(one) for one in proofs["inclusion"].get(str(seq), {}).get(algorithm, [])]
                leaf = hashed(algorithm, b"\x00" + data)
                if included(algorithm, leaf, seq - 1, first["size"], path) != first["roots"][at]:
                    raise Broken("unproven", name)
    decision = records.get(f"records/{manifest['decision']:012}.bin")
    if decision is None or decision.get("law", "") != manifest["law"] or len(proofs["inclusion"]) != len(records):
        raise Broken("deleted", manifest["decision"])
    later = {note["size"]: note["roots"] for note in outside if note["tenant"] == manifest["tenant"]}
    if any(later.get(note["size"], note["roots"]) != note["roots"] for note in believed):
        raise Broken("rechained", first["size"])
    for at, algorithm in enumerate(ALGORITHMS):
        path = [bytes.fromhex(one) for one in proofs["consistency"][algorithm]]
        old, new = ((note["size"], note["roots"][at]) for note in (first, last))
        if not consistent(algorithm, old, new, path):
            raise Broken("rechained", f"{first['size']}-{last['size']}")
    for paper in manifest["documents"]:
        if not any(all(paper[name] in record["note"] for name in (*ALGORITHMS, "filename")) for record in records.values()):
            raise Broken("bundle", paper["filename"])
    return len(records)


def canonical(value):
    """The one way in which JSON is written in a proof, so that every byte of it counts."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def main(arguments):
    try:
        options = dict(zip(arguments[1::2], arguments[2::2], strict=True))
        pems = {name: Path(options.pop(name)).read_bytes() for name in ("--key", "--ca") if name in options}
        elsewhere = options.pop("--checkpoints", None)
        if options:
            raise ValueError(f"unknown option {sorted(options)}")
        lines, code = check(arguments[0], pems.get("--key"), pems.get("--ca"), elsewhere), 0
    except Broken as broken:
        lines, code = [f"不成立：{NAMES[broken.kind]}（{broken.kind}），位置 {broken.place}。"], 1
    except (OSError, ValueError, KeyError, IndexError, TypeError, zipfile.BadZipFile) as error:
        lines, code = [f"无法读取：{type(error).__name__} {error}", __doc__ or ""], 2
    sys.stdout.write("\n".join(lines) + "\n")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]) if len(sys.argv) > 1 else 2)
