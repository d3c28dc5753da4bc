"""Structured logs: one JSON object a line, each with the request id and the actor. Never a secret, never a body."""

from __future__ import annotations

import logging
import sys
from typing import Any

import structlog

from coalition.kernel import audit


def init_logs() -> None:
    """Send everything through one JSON renderer to standard error."""
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _add_origin,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    finish: list[Any] = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=False)]
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *finish],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.INFO)
    for chatty in ("httpx", "httpcore", "rq.worker", "alembic", "werkzeug"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def logger(name: str) -> structlog.stdlib.BoundLogger:
    """A logger whose events are names, with their facts as keywords: `log.info("job.done", job=12)`."""
    bound: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return bound


def _add_origin(_: object, __: str, event: dict[str, object]) -> dict[str, object]:
    at = audit.origin()
    event.setdefault("actor", at.actor)
    if at.request_id:
        event.setdefault("request_id", at.request_id)
    return event
