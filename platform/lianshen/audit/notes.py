"""Signed statements that leave the database, other than checkpoints: a line for each field, then the signature.

They lie beside the checkpoints, a folder and an ending a kind, a file each, never overwritten (D48, D126).
"""

import base64
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from lianshen.audit import _sink
from lianshen.audit._signing import Signer, trusted
from lianshen.audit.verify import Broken, check_note

_NOTE = re.compile(r"(?P<signed>lianshen-(?P<kind>[a-z]+) 1\n(?:[a-z0-9]+ [^\n]*\n)+)\nsignature (?P<signature>\S+)\n")


def signed(kind: str, fields: Mapping[str, object], signer: Signer) -> str:
    """A statement of ``kind`` about ``fields``; no value may break its line."""
    said = {**fields, "algorithm": signer.algorithm, "key": signer.key}
    body = f"lianshen-{kind} 1\n" + "".join(f"{name} {value}\n" for name, value in said.items())
    assert _NOTE.fullmatch(f"{body}\nsignature x\n"), "a value would break its line"
    return f"{body}\nsignature {base64.b64encode(signer.sign(body.encode())).decode()}\n"


def fields_of(kind: str, text: str) -> dict[str, str]:
    """What a statement of ``kind`` says. Raises Broken for what is none; its signature is not looked at."""
    found = _NOTE.fullmatch(text)
    if found is None or found["kind"] != kind:
        raise Broken("forged", kind)
    lines = found["signed"].splitlines()[1:]
    return {name: value for name, _, value in (line.partition(" ") for line in lines)}


def check(kind: str, text: str, keys: Mapping[str, bytes]) -> dict[str, str]:
    """What a statement of ``kind`` says, which one of ``keys`` has signed. Raises Broken."""
    said = fields_of(kind, text)
    found = _NOTE.fullmatch(text)
    assert found is not None
    if said.get("key") not in keys:
        raise Broken("forged", kind)
    note = {
        "signed": found["signed"].encode(),
        "signature": base64.b64decode(found["signature"], validate=True),
        "algorithm": said["algorithm"],
        "key": said["key"],
        "size": kind,
    }
    check_note(note, keys[said["key"]])
    return said


def keep(folder: Path, tenant: str, kind: str, name: str, text: str) -> str:
    """Keep a statement outside the database; the one that is kept, which was there before if this is a second try."""
    try:
        _sink.keep(folder / tenant / kind, f"{name}.{kind}", text)
    except FileExistsError:
        return (folder / tenant / kind / f"{name}.{kind}").read_text(encoding="utf-8")
    return text


def kept(folder: Path, tenant: str, kind: str) -> Iterator[tuple[str, str]]:
    """Every statement of ``kind`` that is kept outside, by name."""
    for path in sorted((folder / tenant / kind).glob(f"*.{kind}")):
        yield path.stem, path.read_text(encoding="utf-8")


__all__ = ["Broken", "Signer", "check", "fields_of", "keep", "kept", "signed", "trusted"]
