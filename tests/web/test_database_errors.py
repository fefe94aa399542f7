"""Which failures of the database are an outage, which the sender's doing, and which our bug."""

import asyncpg
import pytest
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from lianshen.web._outage import is_outage, is_unstorable


def wrapped(cause: Exception) -> DBAPIError:
    """As SQLAlchemy hands it on: its own error around the adapter's around the driver's."""
    adapter = Exception("adapter")
    adapter.__cause__ = cause
    return DBAPIError("SELECT 1", None, adapter)


AWAY = [
    asyncpg.ConnectionDoesNotExistError(),
    asyncpg.AdminShutdownError(),
    asyncpg.CannotConnectNowError(),
    asyncpg.TooManyConnectionsError(),
    asyncpg.SerializationError(),
    asyncpg.DeadlockDetectedError(),
    asyncpg.LockNotAvailableError(),
    asyncpg.QueryCanceledError(),
    asyncpg.InternalClientError(),
    asyncpg.InterfaceError("closed"),
]


@pytest.mark.parametrize("error", AWAY, ids=lambda error: type(error).__name__)
def test_away_or_overloaded(error):
    assert is_outage(error)
    assert is_outage(wrapped(error))


@pytest.mark.parametrize("error", [PoolTimeout(), ConnectionResetError(), TimeoutError()], ids=repr)
def test_no_connection(error):
    assert is_outage(error)


@pytest.mark.parametrize(
    "error",
    [asyncpg.UniqueViolationError(), asyncpg.UndefinedTableError(), asyncpg.DataError("wrong type"), KeyError("x")],
    ids=lambda error: type(error).__name__,
)
def test_a_bug_is_no_outage(error):
    assert not is_outage(error)
    assert not is_outage(wrapped(error))


def test_a_connection_that_broke_under_a_statement():
    error = DBAPIError("SELECT 1", None, Exception(), connection_invalidated=True)
    assert is_outage(error)


def test_text_that_cannot_be_stored():
    assert is_unstorable(wrapped(asyncpg.CharacterNotInRepertoireError()))
    assert is_unstorable(wrapped(asyncpg.UntranslatableCharacterError()))
    assert not is_unstorable(wrapped(asyncpg.UniqueViolationError()))
