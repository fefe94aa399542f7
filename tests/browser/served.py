"""The application as a browser test serves it: the product's own, at the time that a file says."""

import os
from datetime import datetime
from pathlib import Path
from typing import Any

from lianshen.kernel import clock
from lianshen.web.app import create_app

TIME_FILE = "LIANSHEN_TEST_TIME_FILE"


def at_the_tests_time() -> Any:
    """Factory for the server: whoever asks ``clock.now()`` reads the file."""
    file = Path(os.environ[TIME_FILE])
    clock.now = lambda: datetime.fromisoformat(file.read_text())
    return create_app()
