"""The law of Guanyun with an invented successor, and its rule officers."""

from pathlib import Path

import pytest

from lianshen.identity.types import Actor
from lianshen.rules.queries import Law
from tests.support.successor import both, successor

PLANNER, APPROVER = "sjj-gz", "sjj-gs"


@pytest.fixture(scope="session")
def two_laws(tmp_path_factory: pytest.TempPathFactory) -> Law:
    home = tmp_path_factory.mktemp("two-laws")
    successor(home)
    return both(home)


@pytest.fixture
async def planner(staff) -> Actor:
    return await staff.actor(PLANNER)


@pytest.fixture
async def approver(staff) -> Actor:
    return await staff.actor(APPROVER)


@pytest.fixture
def files(tmp_path: Path) -> Path:
    return tmp_path / "files"
