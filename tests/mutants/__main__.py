"""Try the mutants whose description holds one of the words given, or all; results go to ``test-results/mutants.md``.

``--quick`` asks only the tests that are meant to notice; without it whatever survives is shown to all others as well.
"""

import contextlib
import sys
import time
from collections import Counter
from pathlib import Path

from tests.mutants.trial import Trials, Verdict, chosen
from tests.support.stack import Servers

RESULTS = Path("test-results", "mutants.md")


def main(words: list[str]) -> int:
    """How many are not killed."""
    servers, verdicts = Servers(), list[tuple[str, Verdict]]()
    RESULTS.parent.mkdir(exist_ok=True)
    with contextlib.ExitStack() as kept:
        kept.callback(servers.stop)
        stages, words = (1 if "--quick" in words else None), [word for word in words if word != "--quick"]
        trials, all_ = kept.enter_context(Trials(servers.start(), stages=stages)), chosen(words)
        for number, mutant in enumerate(all_, 1):
            started = time.monotonic()
            verdict = trials.judge(mutant)
            taken = f"{time.monotonic() - started:.0f} s"
            print(f"{number}/{len(all_)} {verdict.kind} {taken} {mutant.what}  {verdict.by}", flush=True)
            verdicts.append((mutant.what, verdict))
            RESULTS.write_text(_table(verdicts), encoding="utf-8")
    counted = Counter(verdict.kind for _, verdict in verdicts)
    print(", ".join(f"{many} {kind}" for kind, many in counted.most_common()))
    return len(verdicts) - counted["killed"]


def _table(verdicts: list[tuple[str, Verdict]]) -> str:
    counted = Counter(verdict.kind for _, verdict in verdicts)
    lines = [f"{many} {kind}" for kind, many in counted.most_common()]
    lines += ["", "| mutant | verdict | by |", "|---|---|---|"]
    lines += [f"| {what.replace('|', '/')} | {one.kind} | {one.by.replace('|', '/')} |" for what, one in verdicts]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(bool(main(sys.argv[1:])))
