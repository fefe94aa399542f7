"""What errors of the database say: away or overloaded (D53, D92, D93), or sent something it cannot hold; else a bug."""

import socket

import asyncpg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

_CLASSES = ("08", "53", "57P")
"""SQLSTATE classes: connection exception, insufficient resources, operator intervention (shutdown, cannot connect)."""
_STATES = ("40001", "40P01", "55P03", "57014")
"""Serialization failure, deadlock, lock timeout, statement timeout."""
_UNSTORABLE = ("22021", "22P05")
_AWAY = (
    PoolTimeout,
    ConnectionError,
    TimeoutError,
    socket.gaierror,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)


def is_outage(error: BaseException) -> bool:
    """True when trying again later, with nothing changed, may well succeed."""
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    error = _cause(error)
    if isinstance(error, asyncpg.DataError):  # an InterfaceError by descent, and a bug: an argument of the wrong type
        return False
    state = _state(error)
    return isinstance(error, _AWAY) or state in _STATES or state.startswith(_CLASSES)


def is_unstorable(error: BaseException) -> bool:
    """True for text that PostgreSQL cannot hold, which is the sender's doing: a NUL character."""
    return _state(_cause(error)) in _UNSTORABLE


def _cause(error: BaseException) -> BaseException:
    """The driver's own error beneath SQLAlchemy's."""
    if isinstance(error, DBAPIError) and error.orig is not None:
        return error.orig.__cause__ or error.orig
    return error


def _state(error: BaseException) -> str:
    return getattr(error, "sqlstate", None) or ""
