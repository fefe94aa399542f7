"""A server of a browser test's own, and the browser."""

import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
from playwright.sync_api import Browser, sync_playwright

from tests.support import forked

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
OURS = "tests.browser.served:at_the_tests_time"


def tell(file: Path, now: datetime) -> None:
    """What time it is from now on for the server that reads ``file``, in one piece: a page may be asking meanwhile."""
    fresh = file.with_suffix(".fresh")
    fresh.write_text(now.isoformat())
    fresh.replace(file)


@contextmanager
def serve(
    port: int, environment: Mapping[str, str], *more: str, factory: str = OURS, ready: str = "/readyz"
) -> Iterator[forked.Process]:
    """The application on ``port`` until the block ends; ready when it begins."""
    argv = (factory, "--factory", "--interface", "asgi", "--port", str(port), "--no-ws", *more)
    with TemporaryDirectory() as folder:
        log = Path(folder) / "web.log"
        process = forked.Process("granian.cli", "cli", argv, {**os.environ, **environment}, log, None)
        try:
            end = time.monotonic() + 240
            while True:
                try:
                    httpx.get(f"http://127.0.0.1:{port}{ready}").raise_for_status()
                    break
                except httpx.HTTPError:
                    assert process.poll() is None, log.read_text()
                    assert time.monotonic() < end, log.read_text()
                    time.sleep(0.05)
            yield process
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(20)
            process.kill()  # if it was still starting it heeded no signal; one that has ended is let be
            print(log.read_text())


@contextmanager
def chromium() -> Iterator[Browser]:
    """Playwright keeps an event loop running: what fixtures await comes before it, and a file stays on one process."""
    assert CHROMIUM.exists(), "this test drives a real browser: apt install chromium fonts-wqy-microhei"
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield launched
        launched.close()
