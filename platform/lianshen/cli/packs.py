"""``lianshen pack …``: what offices run on the packs that they write."""

from collections import Counter
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
