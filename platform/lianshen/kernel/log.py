"""structlog, one JSON object a line; the request id travels in a context variable, also into workers.

What is nobody's business is taken out of every line, whoever wrote it and wherever in it it stands (D133), and nothing
that a stranger typed can begin a line, turn its direction or colour a terminal (D134).
"""

import logging
import re
import sys
import traceback
from collections.abc import Mapping, MutableMapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import structlog

from lianshen.kernel._log_files import LEAST_DAYS, Kept

_NAMES = re.compile(
    r"passw|secret|token|cookie|authorization|csrf|form_?key|otp|phone|mobile|e?mail|id_?card", re.IGNORECASE
)
"""Names under which a value is never written."""
_VALUES = re.compile(
    r"(?<![0-9A-Za-z])\d{6}\.[\w-]{40,60}"  # a session's token
    r"|(?<![0-9A-Za-z.-])1[3-9]\d{9}(?![0-9A-Za-z])"  # a mobile number
    r"|(?<![0-9A-Za-z.-])0\d{2,3}-?[2-9]\d{6,7}(?![0-9A-Za-z-])"  # a fixed line with its area code
    r"|(?<![0-9A-Za-z.-])\d{17}[0-9Xx](?![0-9A-Za-z])"  # an identity card
    r"|[\w.+-]+@[\w-]+(?:\.[\w-]+)+"  # an e-mail address
    r"|(?:Bearer|Basic)\s+[\w.~+/=-]+"
)
"""Values that are taken out wherever they stand."""
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
"""Control characters but tab and line feed, and those that are invisible or turn the direction of writing."""
_QUOTING = ("sqlalchemy.", "asyncpg.")
_DEEPEST = 6
TAKEN_OUT = "[…]"


def configure(fmt: str, folder: Path | None = None, days: int = LEAST_DAYS) -> None:
    """Set up logging for this process; ``fmt`` is ``json`` or ``console``.

    Lines go to standard error, and with a ``folder`` to a file a day there, kept for ``days``.
    """
    sink: Any = sys.stderr if folder is None else Kept(folder, days)
    renderer: structlog.types.Processor = (
        structlog.dev.ConsoleRenderer(colors=False)
        if fmt == "console"
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    scrubbed = [_scrub, _on_one_line, renderer] if fmt == "console" else [_scrub, renderer]
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.ExceptionRenderer(_told),
    ]
    structlog.configure(
        processors=[*shared, *scrubbed],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(sink),
        cache_logger_on_first_use=True,
    )
    ours = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *scrubbed],
    )
    handler = logging.StreamHandler(sink)
    handler.setFormatter(ours)
    logging.basicConfig(level=logging.WARNING, handlers=[handler])


def get(name: str) -> structlog.stdlib.BoundLogger:
    """A logger whose events carry ``part=name``."""
    logger: structlog.stdlib.BoundLogger = structlog.get_logger(part=name)
    return logger


def _told(exc_info: structlog.typing.ExcInfo) -> str:
    """The traceback, first causes first. What the database and its driver say quotes rows and what was typed: of
    their errors only the kind, the code and the statement with its places for values are told.
    """
    error: BaseException | None = exc_info[1]
    told: list[str] = []
    while error is not None:
        lines = [*traceback.format_tb(error.__traceback__), f"{type(error).__module__}.{type(error).__qualname__}"]
        lines.append(f": {_coded(error) if type(error).__module__.startswith(_QUOTING) else error}")
        told.append("".join(lines))
        if isinstance(error, BaseExceptionGroup):
            told += [_told((type(one), one, one.__traceback__)) for one in error.exceptions]
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "\n\n".join(reversed(told))


def _coded(error: BaseException) -> str:
    known = [getattr(error, name, None) for name in ("sqlstate", "table_name", "constraint_name", "statement")]
    return " ".join(str(one) for one in known if one) or "(not told)"


def _scrub(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {name: TAKEN_OUT if _hidden(name) else plain(value) for name, value in event.items()}


@lru_cache(maxsize=512)
def _hidden(name: str) -> bool:
    return _NAMES.search(name) is not None


def _on_one_line(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """JSON writes a line feed as two characters; the console must be told to. Tracebacks keep their lines."""
    return {
        name: value.replace("\n", "\\n") if isinstance(value, str) and name != "exception" else value
        for name, value in event.items()
    }


def plain(value: Any, depth: int = 0) -> Any:
    """``value`` without personal data, secrets, and characters that are not seen."""
    match value:
        case str():
            return _UNSEEN.sub(_written, _VALUES.sub(TAKEN_OUT, value))
        case None | bool() | int() | float():
            return value
        case Mapping() if depth < _DEEPEST:
            return {
                str(name): TAKEN_OUT if _hidden(str(name)) else plain(held, depth + 1) for name, held in value.items()
            }
        case list() | tuple() | set() | frozenset() if depth < _DEEPEST:
            return [plain(held, depth + 1) for held in value]
        case _:
            return plain(str(value), depth + 1)


def _written(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"
