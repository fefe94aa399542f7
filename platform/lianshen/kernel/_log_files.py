"""Lines of the log in a file a day, kept for as long as the law wants network and security logs kept (D131).

For machines whose standard error nobody collects. All processes of a machine write to the same folder.
"""

import sys
from datetime import date, timedelta
from pathlib import Path

from lianshen.kernel.clock import day_of, now

LEAST_DAYS = 183
"""Half a year: 网络安全法 Art. 23(3), the Cybersecurity Law as in force since 2026-01-01."""


class Kept:
    """Standard error, and today's file beside it. A folder that cannot be written stops nobody's work."""

    def __init__(self, folder: Path, days: int) -> None:
        self._folder, self._days = folder, days
        self._day: date | None = None

    def write(self, said: str) -> int:
        sys.stderr.write(said)
        try:
            with self._today().open("a", encoding="utf-8") as file:
                file.write(said)
        except OSError as error:
            sys.stderr.write(f'{{"event": "not_kept", "level": "error", "reason": "{error.strerror}"}}\n')
        return len(said)

    def flush(self) -> None:
        sys.stderr.flush()

    def _today(self) -> Path:
        """Today's file; with a new day the oldest go."""
        today = day_of(now())
        if today != self._day:
            self._folder.mkdir(parents=True, exist_ok=True)
            forget(self._folder, self._days, today)
            self._day = today
        return self._folder / f"{today}.jsonl"


def forget(folder: Path, days: int, today: date) -> list[str]:
    """Delete the files of days that lie more than ``days`` back, and nothing else; their names."""
    assert days >= LEAST_DAYS, "logs are kept half a year at least"
    gone = []
    for path in folder.glob("????-??-??.jsonl"):
        try:
            old = date.fromisoformat(path.stem) < today - timedelta(days=days)
        except ValueError:
            continue
        if old:
            path.unlink(missing_ok=True)
            gone.append(path.name)
    return sorted(gone)
