"""``lianshen pack coverage``: how every clause of the regulations is accounted for."""

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import msgspec

from lianshen.cli.texts import text
from lianshen.rules import queries as rules
from lianshen.rules.queries import ClausesError, PackError

_NONE: dict[str, int] = dict.fromkeys(("rules", "built", "planned", "not_software", "open"), 0)


def run(arguments: argparse.Namespace, shipped: Path) -> int:
    """Tell how every clause of the regulations is accounted for; 1 when a rule rests on none of them, 2 unreadable."""
    try:
        clauses = rules.read_clauses(arguments.clauses)
        found = rules.coverage(arguments.packs or shipped, shipped, clauses, arguments.on)
    except (ClausesError, OSError, PackError) as error:
        said = (
            text("clauses", file=error.file, line=error.line, key=error.key)
            if isinstance(error, ClausesError)
            else error
        )
        print(said, file=sys.stderr)
        return 2
    if arguments.json:
        print(msgspec.json.format(msgspec.json.encode(found)).decode())
    else:
        for one in found:
            _tell(one, each=arguments.each)
        print(_shares(text("in_all"), [clause for one in found for clause in one.clauses]))
    return 1 if any(one.strangers for one in found) else 0


def _tell(found: rules.Covering, *, each: bool) -> None:
    title = text("covering", pack=found.pack, title=found.title) if found.pack else text("no_pack")
    print(_shares(f"{found.jurisdiction} {title}", found.clauses))
    for clause in found.clauses:
        if each or clause.means == "open":
            said = text(f"by_{clause.means}", by="、".join(clause.by), note=clause.note)
            print(f"    {clause.id}  {clause.article}  {said}  「{clause.quote}」")
        if clause.cited_as:
            print("    " + text("cited_as", id=clause.id, article=clause.article, cited=clause.cited_as))
    for clause_id, by in found.strangers.items():
        print("    " + text("stranger", id=clause_id, by="、".join(by)))


def _shares(name: str, clauses: Sequence[rules.Accounted]) -> str:
    count = Counter(clause.means for clause in clauses)
    done = len(clauses) - count["open"]
    share = f"{done * 1000 // max(len(clauses), 1) / 10:.1f}%"
    return text("shares", name=name, done=done, all=len(clauses), share=share, **(_NONE | count))
