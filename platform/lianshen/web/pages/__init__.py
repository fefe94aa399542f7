"""Pages for people."""

from typing import Any

HANDLERS: tuple[Any, ...] = ()
