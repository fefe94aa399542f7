"""``lianshen pack …``: what offices run on the packs that they write."""

import sys
from collections import Counter
from collections.abc import Iterable
from datetime import date
from difflib import get_close_matches
from pathlib import Path

import msgspec

from lianshen.cli.texts import text
from lianshen.rules import queries as rules
from lianshen.rules.queries import CaseError, PackError, judge, load_law, read_cases
from lianshen.wiring import ACTS
from lianshen.workcalendar.queries import CalendarError

_MOST = 50
"""How many keys are listed at most."""


def check(files: list[Path], packs: Path, shipped: Path) -> int:
    """Put the cases to the packs and print every difference; 1 when there is one, 2 when something does not read."""
    try:
        law = load_law(packs, shipped)
        cases = [case for file in files for case in read_cases(file)]
    except (CaseError, PackError) as error:
        print(error)
        return 2
    count = Counter({"passed": 0, "failed": 0})
    for case in cases:
        verdict = judge(law, case)
        count["failed" if verdict.differences else "passed"] += 1
        if verdict.differences:
            print(text("case_failed", id=case.id, jurisdiction=case.jurisdiction, why=case.why))
            print(*(f"    {line}" for line in verdict.differences), sep="\n")
    print(f"{count['passed']} passed, {count['failed']} failed")
    return 1 if count["failed"] else 0


def explain(name: str, address: str, on: date | None, packs: Path, shipped: Path) -> int:
    """Tell who says what about one key of a jurisdiction's law: the level that holds, and those it shadows."""
    try:
        law = load_law(packs, shipped)
    except PackError as error:
        print(error)
        return 2
    pack = law.registry.named(name, on)
    if pack is None:
        print(text("lineage_no_pack", name=name))
        return 1
    if address not in pack.lineage:
        print(text("lineage_none", name=name, address=address), *_near(address, pack.lineage), sep="\n    ")
        return 1
    for level in pack.lineage[address]:
        code = "lineage_holds" if level.holds else "lineage_shadowed"
        print(text(code, ref=level.ref, instrument=level.instrument, article=level.article, said=level.said))
    return 0


def _near(address: str, known: Iterable[str]) -> list[str]:
    """The keys that begin so, else those most like it, else how keys begin."""
    keys = sorted(known)
    begun = [key for key in keys if key.startswith(address)] or get_close_matches(address, keys, n=_MOST)
    return begun[:_MOST] or sorted({key.partition(".")[0] + ".…" for key in keys})


def prove(paths: list[Path], shipped: Path) -> int:
    """Keep example projects beside packs; 2 when a pack is wrong or there is none."""
    count = 0
    try:
        for folder, found in rules.prove(paths, shipped):
            print(text("proved", folder=folder, count=found))
            count += 1
    except PackError as error:
        print(error)
        return 2
    if count == 0:
        print(text("no_packs", path=paths[0]), file=sys.stderr)
    return 0 if count else 2


def lint(paths: list[Path], texts: Path | None, shipped: Path, *, as_json: bool) -> int:
    """Tell everything that is wrong with packs; 1 when something is, 2 when there is nothing to read."""
    for path in paths:
        if not rules.packs_at(path):
            print(text("no_packs", path=path), file=sys.stderr)
            return 2
    if texts is not None and not texts.is_dir():
        print(text("no_folder", path=texts), file=sys.stderr)
        return 2
    try:
        found = rules.lint(paths, shipped, texts, ACTS)
    except CalendarError as error:
        print(error, file=sys.stderr)
        return 2
    if as_json:
        print(msgspec.json.format(msgspec.json.encode(_plain(found))).decode())
    else:
        for fault in found.faults:
            print(text("fault", file=fault.file, line=fault.line, zh=fault.message, zh_remedy=fault.remedy))
            print(f"    {fault.english} {fault.english_remedy}")
        print(text("linted", packs=found.packs, errors=len(found.faults)))
    return 1 if found.faults else 0


def _plain(found: rules.Linted) -> dict[str, object]:
    faults = [
        {
            "file": str(fault.file),
            "line": fault.line,
            "code": fault.code,
            "problem": {"zh": fault.message, "en": fault.english},
            "remedy": {"zh": fault.remedy, "en": fault.english_remedy},
        }
        for fault in found.faults
    ]
    return {"packs": found.packs, "errors": faults}
