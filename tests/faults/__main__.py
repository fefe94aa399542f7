"""``python -m tests.faults [SEEDS] [F01,F05,…]``: every fault under each seed, and the table of what came of it."""

import asyncio
import signal
import sys
import time

from tests.faults.catalogue import CATALOGUE
from tests.faults.fault import Fault
from tests.faults.rehearsal import Verdict, rehearse
from tests.faults.site import Site


async def main(seeds: list[int], only: set[str]) -> int:
    verdicts: list[Verdict] = []
    task = asyncio.current_task()
    assert task is not None
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    began = time.monotonic()
    chosen = [one for one in CATALOGUE if not only or one.code in only]
    shared = [one for one in chosen if one.on is None]
    if shared:
        async with Site() as site:
            print(f"serving after {time.monotonic() - began:.0f} s, seeds {seeds}", flush=True)
            await judge(site, [(one, seed) for one in shared for seed in seeds], verdicts)
    for fault in chosen:
        for seed in seeds if fault.on is not None else ():
            async with Site(on=fault.on) as site:
                await judge(site, [(fault, seed)], verdicts)
    print(f"{len(verdicts)} runs in {time.monotonic() - began:.0f} s", flush=True)
    return 1 if any(one.violated for one in verdicts) else 0


async def judge(site: Site, runs: list[tuple[Fault, int]], verdicts: list[Verdict]) -> None:
    """Rehearse on a site, say of each run what came of it, and at the end what the site's errors were if any is red."""
    before = len(verdicts)
    for fault, seed in runs:
        verdict = await rehearse(site, fault, seed)
        verdicts.append(verdict)
        print(line(verdict, fault.title), flush=True)
        for name, said in verdict.violated.items():
            print(f"      {name}: {len(said)}: {'; '.join(said[:4])}", flush=True)
    if any(one.violated for one in verdicts[before:]):
        for name, text in site.logs().items():
            errors = [one for one in text.splitlines() if '"level": "error"' in one or "Traceback" in one]
            print(f"      {name}: {len(errors)} errors", *errors[-2:], sep="\n        ")


def line(one: Verdict, title: str) -> str:
    state = "RED  " if one.violated else "green"
    return (
        f"{state} {one.code} seed {one.seed:<4} {one.acts:4} acts  recovered {one.recovered:5.1f} s  lost {one.lost}  "
        f"duplicated {one.duplicated}  worst {one.worst:5.1f} s  {title}"
    )


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    chosen = set(sys.argv[2].split(",")) if len(sys.argv) > 2 and sys.argv[2] else set()
    sys.exit(asyncio.run(main(list(range(1, count + 1)), chosen)))
