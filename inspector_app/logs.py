"""Log lines: events with fields, on stderr. No payload, no secret; people by their ids."""

from __future__ import annotations

import logging
import sys

import structlog


def to_stderr(*, everything: bool) -> None:
    """Send every log line to stderr: readable on a terminal, one JSON object a line elsewhere.

    Args:
        everything: What goes well, too; else troubles only.
    """
    logging.basicConfig(
        level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s %(message)s"
    )
    shape = (
        structlog.dev.ConsoleRenderer()
        if sys.stderr.isatty()
        else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.INFO if everything else logging.WARNING
        ),
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            shape,
        ],
        # Whatever stderr is by then: it may be another one than now.
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
        cache_logger_on_first_use=everything,
    )
