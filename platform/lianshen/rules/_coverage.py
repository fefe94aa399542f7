"""Every clause of a regulation accounted for: by rules, by a feature of the platform, or as nothing for software."""

import csv
import re
from collections.abc import Collection, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Literal

import msgspec

from lianshen.kernel.strict_yaml import Spot
from lianshen.rules import _schema as s
from lianshen.rules._entry import entries
from lianshen.rules._layers import NAMED_BY, resolved
from lianshen.rules._numbers import number
from lianshen.rules._registry import beside
from lianshen.rules._source import Source, first
from lianshen.rules._vocabulary import Vocabulary, load_vocabulary

Means = Literal["rules", "built", "planned", "not_software", "open"]
_NAMED = ("parameters", "dates", "figures", "links")
_KINDS = {key: key.removesuffix("s") for key in (*NAMED_BY, *_NAMED)}
_ITS_OWN = ("instrument", "inherits")
_ARTICLE = re.compile(r"第(?P<number>[一二三四五六七八九十百]+)条(?:（(?P<item>[一二三四五六七八九十]+)）)?")
_WRITTEN = re.compile(r"(?P<number>\d+)(?:\((?P<item>[一二三四五六七八九十]+)\)\d*)?")


class ClausesError(Exception):
    """The file of clauses does not read; ``line`` says where, ``key`` which column is missing."""

    def __init__(self, file: Path, line: int, key: str) -> None:
        self.file, self.line, self.key = file, line, key
        super().__init__(f"{file}:{line}: {key}")


class WrittenClause(msgspec.Struct, frozen=True):
    """A clause as the list of them has it: ``article`` as 16, 16(一), 附件1."""

    id: str
    jurisdiction: str
    article: str
    quote: str


class Accounted(msgspec.Struct, frozen=True):
    """How one clause is accounted for. ``by`` holds the rules that cite it (``block:no_resource_catalogue``), or the
    feature; ``note`` why it is no matter of software. ``cited_as`` is the article in the pack, where it differs.
    """

    id: str
    article: str
    quote: str
    means: Means
    by: tuple[str, ...] = ()
    note: str = ""
    cited_as: str = ""


class Covering(msgspec.Struct, frozen=True):
    """One jurisdiction: its clauses, and ``strangers``, rules that rest on clauses that the list does not have.

    ``pack`` is None where it has no pack.
    """

    jurisdiction: str
    pack: str | None
    title: str
    clauses: tuple[Accounted, ...]
    strangers: dict[str, tuple[str, ...]]

    def count(self, means: Means) -> int:
        """How many clauses are accounted for so."""
        return sum(clause.means == means for clause in self.clauses)


def read_clauses(file: Path) -> list[WrittenClause]:
    """A CSV file with the columns id, jurisdiction, article and quote. Raises ClausesError, or OSError."""
    found = []
    with file.open(encoding="utf-8-sig", newline="") as lines:
        reader = csv.DictReader(lines)
        for row in reader:
            for key in ("id", "jurisdiction", "article", "quote"):
                if not row.get(key):
                    raise ClausesError(file, reader.line_num, key)
            found.append(WrittenClause(row["id"], row["jurisdiction"], row["article"], row["quote"]))
    if not found:
        raise ClausesError(file, 1, "id")
    return found


def coverage(packs: Path, shipped: Path, clauses: Sequence[WrittenClause], on: date | None = None) -> list[Covering]:
    """Each jurisdiction of the list, by the version of its pack of the day ``on``, or the newest. Raises PackError."""
    vocabulary = load_vocabulary(beside(packs, shipped, "_vocabulary"))
    listed: dict[str, list[WrittenClause]] = {}
    for clause in clauses:
        listed.setdefault(clause.jurisdiction, []).append(clause)
    return [_covering(packs, vocabulary, name, theirs, on) for name, theirs in listed.items()]


def _covering(
    packs: Path, vocabulary: Vocabulary, name: str, clauses: Sequence[WrittenClause], on: date | None
) -> Covering:
    folders = sorted(packs.glob(f"*-{name}/pack-*")) + sorted(packs.glob(f"{name}-*/pack-*"))
    begun = [folder for folder in folders if on is None or folder.name <= f"pack-{on}"]
    if not folders:
        return Covering(name, None, "", tuple(Accounted(c.id, c.article, c.quote, "open") for c in clauses), {})
    folder = (begun or folders[:1])[-1]
    source = resolved(folder)
    law = first(source.read(s.Law))
    assert law is not None
    cited, covered = _cited(law), law.coverage
    for former in _former(source):
        # Its end and what it takes over still hold under a second text; what else does is among that text's own rules.
        cited = _cited(former, _ITS_OWN) | cited
        covered = former.coverage | covered
    ids = {clause.id for clause in clauses}
    # The clauses of a text that it inherits from are for the list of that text.
    own = {clause for clause in cited if ("clauses", clause) not in source.inherited}
    strangers = {clause: rules for clause, rules in cited.items() if clause in own - ids}
    strangers |= {clause: ("coverage",) for clause in law.coverage if clause not in ids}
    ref = f"{folder.parent.name.partition('-')[0]}@{folder.name.removeprefix('pack-')}"
    accounted = tuple(_account(law, vocabulary, cited, covered, clause) for clause in clauses)
    return Covering(name, ref, law.instrument.title, accounted, strangers)


def _former(source: Source) -> Iterator[s.Law]:
    """The texts of the jurisdiction's own over which this one stands."""
    for upper in source.uppers:
        if upper.folder.parent == source.folder.parent:
            law = first(upper.read(s.Law))
            assert law is not None
            yield law
            yield from _former(upper)


def _cited(law: s.Law, keys: Collection[str] = s.Law.__struct_fields__) -> dict[str, tuple[str, ...]]:
    """The rules that cite each clause, among those of the ``keys``."""
    found: dict[str, dict[str, None]] = {}
    for spot, entry in entries(law):
        clause = getattr(entry, "clause", None)
        if isinstance(clause, str) and spot[0] in keys:
            found.setdefault(clause, {})[_name(law, spot)] = None
    return {clause: tuple(rules) for clause, rules in found.items()}


def _name(law: s.Law, spot: Spot) -> str:
    """The rule to which an entry belongs, by kind and code."""
    match spot:
        case ("scope", "exclusions", int(place)):
            name = f"exclusion:{place + 1}"
        case ("scope", "ways", int(place)):
            name = f"management:{law.scope.ways[place].management}"
        case ("tiers" | "axes", *_, "bands", int(place)):
            tiers = law.axes[str(spot[1])] if spot[0] == "axes" else law.tiers
            name = f"tier:{tiers.bands[place].tier}" if tiers else ""
        case ("inherits", int(place), *_):
            name = f"inherits:{law.inherits[place].from_}"
        case (str(key), int(place), *_):
            name = f"{_KINDS[key]}:{getattr(getattr(law, key)[place], NAMED_BY[key])}"
        case (key, code, *_) if key in _KINDS:
            name = f"{_KINDS[str(key)]}:{code}"
        case _:
            name = str(spot[0])
    return name


def _account(
    law: s.Law,
    vocabulary: Vocabulary,
    cited: dict[str, tuple[str, ...]],
    coverage: dict[str, s.Covered],
    clause: WrittenClause,
) -> Accounted:
    known = law.clauses.get(clause.id)
    if known is not None and clause.id in cited:
        differs = "" if _same(known.article, clause.article) else known.article
        return Accounted(clause.id, clause.article, clause.quote, "rules", cited[clause.id], cited_as=differs)
    covered = coverage.get(clause.id)
    if covered is None:
        return Accounted(clause.id, clause.article, clause.quote, "open")
    if covered.feature is None:
        return Accounted(clause.id, clause.article, clause.quote, "not_software", note=covered.not_software or "")
    feature = vocabulary.features.get(covered.feature)
    means: Means = "open" if feature is None else feature.state
    return Accounted(clause.id, clause.article, clause.quote, means, (covered.feature,), covered.note)


def _same(article: str, written: str) -> bool:
    """第十六条（一） and 16(一) are the same; a list may say more than the pack cites: 18(二)1."""
    cited, listed = _ARTICLE.fullmatch(article), _WRITTEN.fullmatch(written)
    if cited is None or listed is None:
        return article == written
    return number(cited["number"]) == int(listed["number"]) and cited["item"] in (None, listed["item"])
