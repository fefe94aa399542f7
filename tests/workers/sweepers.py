"""``python tests/workers/sweepers.py SEED``: four sweep processes, one of which is killed with -9 each second.

They are forked from a process that has read the law, so that each lives to sweep before it is killed. Says how many it
has killed once it is asked to end.
"""

import os
import signal
import sys
import time
from random import Random

from lianshen.kernel import cipher
from lianshen.kernel.settings import settings
from lianshen_workers import sweep
from lianshen_workers._process import load_law


def main(seed: int) -> None:
    random, killed, asked = Random(seed), 0, []
    signal.signal(signal.SIGTERM, lambda *_: asked.append(True))
    law = load_law()
    cipher.start(settings())
    children = [_fork(law) for _ in range(4)]
    print("ready", flush=True)
    while not asked:
        time.sleep(1.0)
        if asked:
            break
        victim = random.randrange(4)
        os.kill(children[victim], signal.SIGKILL)
        os.waitpid(children[victim], 0)
        children[victim] = _fork(law)
        killed += 1
    for child in children:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    print(killed, flush=True)


def _fork(law: object) -> int:
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        sweep.serve(law)
        os._exit(0)
    return child


if __name__ == "__main__":
    main(int(sys.argv[1]))
