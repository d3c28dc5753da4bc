"""Structured logs: one JSON object a line, each with the request id and the actor. Never a secret, never a body.

Whatever is written passes `redacting` last, tracebacks and the lines of libraries, too.
"""

from __future__ import annotations

import logging
import sys
from typing import Any

import structlog

from coalition.kernel import audit, redacting


def init_logs(secret: str) -> None:
    """Send everything through one JSON renderer to standard error; `secret` keys the hashes of what is left out."""
    redacting.use_key(secret)
    structlog.configure(
        processors=[*_SHARED, *_LAST],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=lambda *_: _Lines(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.INFO)
    for chatty in ("httpx", "httpcore", "rq.worker", "alembic", "werkzeug"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def formatter() -> logging.Formatter:
    """What turns a library's record into its line."""
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_SHARED,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_LAST],
    )


def logger(name: str) -> structlog.stdlib.BoundLogger:
    """A logger whose events are names, with their facts as keywords: `log.info("job.done", job=12)`."""
    bound: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return bound


class _Lines:
    """Where our own events end: a line of standard error each, without the detour over the library's records."""

    def msg(self, line: str) -> None:
        """Write a line, in one piece."""
        sys.stderr.write(line + "\n")

    debug = info = warning = error = critical = exception = msg


def _add_origin(_: object, __: str, event: dict[str, object]) -> dict[str, object]:
    at = audit.origin()
    event.setdefault("actor", at.actor)
    if at.request_id:
        event.setdefault("request_id", at.request_id)
    return event


_SHARED: list[Any] = [
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    _add_origin,
]
_LAST: list[Any] = [
    structlog.processors.format_exc_info,
    redacting.of_event,
    structlog.processors.JSONRenderer(ensure_ascii=False),
]
