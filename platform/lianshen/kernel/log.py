"""structlog, one JSON object a line; the request id travels in a context variable, also into workers."""

import logging
import sys

import structlog


def configure(fmt: str) -> None:
    """Set up logging for this process; ``fmt`` is ``json`` or ``console``."""
    renderer: structlog.types.Processor = (
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        if fmt == "console"
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(message)s")


def get(name: str) -> structlog.stdlib.BoundLogger:
    """A logger whose events carry ``part=name``."""
    logger: structlog.stdlib.BoundLogger = structlog.get_logger(part=name)
    return logger
