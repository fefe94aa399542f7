"""A server of a browser test's own, and the browser."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

import httpx
from playwright.sync_api import Browser, sync_playwright

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
    port: int, environment: Mapping[str, str], *more: str, factory: str = OURS
) -> Iterator["subprocess.Popen[bytes]"]:
    """The application on ``port`` until the block ends; ready when it begins."""
    command = (
        sys.executable,
        "-m",
        "granian",
        factory,
        "--factory",
        "--interface",
        "asgi",
        "--port",
        str(port),
        "--no-ws",
    )
    process = subprocess.Popen((*command, *more), env={**os.environ, **environment})
    try:
        end = time.monotonic() + 240
        while True:
            try:
                httpx.get(f"http://127.0.0.1:{port}/readyz").raise_for_status()
                break
            except httpx.HTTPError:
                assert process.poll() is None, "the server ended"
                assert time.monotonic() < end, "the server is not ready"
                time.sleep(0.1)
        yield process
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(20)
        process.kill()  # if it was still starting it heeded no signal; of one that has ended nothing is left to kill


@contextmanager
def chromium() -> Iterator[Browser]:
    """Playwright keeps an event loop running: what fixtures await comes before it, and a file stays on one process."""
    assert CHROMIUM.exists(), "this test drives a real browser: apt install chromium fonts-wqy-microhei"
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield launched
        launched.close()
