"""How a version of the law came to count: who drafted, reviewed and published it, and what exactly was published.

That stands in ``release.yaml`` beside the files of the pack, and is written by ``commands`` alone. Once published, the
files are never changed again, nor the rules of others that they take over, nor the shared words that they use: a pack
that is not what was published does not load.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from hashlib import sha256
from pathlib import Path

import msgspec

from lianshen.rules import _messages
from lianshen.rules._entry import Entry
from lianshen.rules._source import RELEASE, Faults, PackError, Source, files_of
from lianshen.rules._vocabulary import WORDS, Vocabulary

_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_HEAD = "# 由 lianshen pack review / publish 写入，请勿手改。Written by these commands; not to be edited.\n"


class Release(Entry, frozen=True):
    """Who stands for a version. ``digest`` and ``files`` (SHA-256; the shared words by their kind, as
    ``_vocabulary/facts``) are what was reviewed, and then published.

    ``reviewed_until`` is the last day for which the reviewer vouches that the text is the law as it stands.
    """

    drafted_by: str
    reviewed_by: str
    reviewed_on: date
    reviewed_until: date
    digest: str
    files: dict[str, str]
    published_by: str | None = None
    published_on: date | None = None

    @property
    def published(self) -> bool:
        return self.published_on is not None


class ReleaseRefused(Exception):
    """A version cannot be begun, reviewed or published: the text is Chinese and says why and what to do.

    ``faults`` are what is wrong with its files, if that is the reason.
    """

    def __init__(self, code: str, faults: tuple[PackError, ...] = (), **values: object) -> None:
        self.code, self.faults = code, faults
        super().__init__(f"{_messages.text(code, **values)}{_messages.remedy(code, **values)}")


def digests_of(source: Source, vocabulary: Vocabulary) -> dict[str, str]:
    """The SHA-256 of all that a pack rests on: of its files and those that it inherits, by their path below the folder
    of jurisdictions, and of the shared words that it uses, by their kind.
    """
    files = {"/".join(file.parts[-3:]): sha256(file.read_bytes()).hexdigest() for file in _files(source)}
    return files | {f"{WORDS}/{kind}": sha256(said).hexdigest() for kind, said in _words(source, vocabulary)}


def digest_of(digests: Mapping[str, str]) -> str:
    """One SHA-256 for all of them."""
    return sha256("".join(f"{name}\0{digest}\n" for name, digest in sorted(digests.items())).encode()).hexdigest()


def _files(source: Source) -> Iterator[Path]:
    yield from files_of(source.folder)
    for upper in source.uppers:
        yield from _files(upper)


def _words(source: Source, vocabulary: Vocabulary) -> Iterator[tuple[str, bytes]]:
    """The shared words of each kind that the pack names anywhere, with all that is said of them.

    What the platform has built meanwhile (``features``) is no word of the law.
    """
    named = frozenset(_NAME.findall(msgspec.json.encode(source.said).decode()))
    for kind in (kind for kind in Vocabulary.__struct_fields__ if kind != "features"):
        used = {name: said for name, said in getattr(vocabulary, kind).items() if name in named}
        if used:
            yield kind, msgspec.json.encode(used, order="deterministic")


def released(source: Source, digests: Mapping[str, str]) -> Faults[Release | None]:
    """What ``release.yaml`` says of the pack; None for a draft that nobody has reviewed.

    A published pack that no longer rests on what was published, whose ``digests`` are others, is a fault.
    """
    file = source.folder / RELEASE
    if not file.exists():
        return None
    written = Source(source.folder, [file])
    release = yield from written.read(Release)
    if release is not None and release.published and release.digest != digest_of(digests):
        names = changed(release, digests)
        yield written.error(("digest",), "published_changed", name="、".join(names), on=release.published_on)
    return release


def changed(release: Release, now: Mapping[str, str]) -> list[str]:
    """The files and words that are not as they were reviewed, were added, or are gone."""
    return sorted(name for name in now.keys() | release.files.keys() if now.get(name) != release.files.get(name))


def write(folder: Path, release: Release) -> None:
    """Keep ``release`` beside the files of the pack; whole, or not at all."""
    said = msgspec.to_builtins(release)
    lines = [_HEAD]
    for name, value in said.items():
        if isinstance(value, dict):
            lines += [f"{name}:\n", *(f"  {_quoted(key)}: {_quoted(text)}\n" for key, text in sorted(value.items()))]
        elif value is not None:
            lines.append(f"{name}: {_quoted(value)}\n")
    fresh = folder / f".{RELEASE}.new"
    fresh.write_text("".join(lines), encoding="utf-8")
    fresh.replace(folder / RELEASE)


def _quoted(text: str) -> str:
    return msgspec.json.encode(text).decode()
