"""Projects of Guanyun on the way, at a time of the test's choosing."""

import pytest

from tests.walk.driver import Driver
from tests.web.conftest import app, at

__all__ = ["app", "at"]


@pytest.fixture
def driver(work, staff, law, tmp_path):
    """Makes drivers, each with a project of its own."""
    return lambda: Driver(work, staff, law, tmp_path)
