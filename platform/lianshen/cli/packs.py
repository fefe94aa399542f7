"""``lianshen pack …``: what offices run on the packs that they write."""

from collections import Counter
from datetime import date
from pathlib import Path

from lianshen.cli.texts import text
from lianshen.rules.queries import CaseError, PackError, judge, load_law, read_cases


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
    levels = pack.lineage.get(address, ()) if pack else ()
    if pack is None or not levels:
        near = [] if pack is None else [key for key in sorted(pack.lineage) if key.startswith(address)]
        print(text("lineage_none", name=name, address=address), *near[:50], sep="\n    ")
        return 1
    for level in levels:
        code = "lineage_holds" if level.holds else "lineage_shadowed"
        print(text(code, ref=level.ref, instrument=level.instrument, article=level.article, said=level.said))
    return 0
