"""`/healthz` says that the process lives; `/readyz` says whether it can serve, and if not, why."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from flask import Flask, Response, jsonify
from sqlalchemy.exc import SQLAlchemyError

from coalition.kernel import MIGRATIONS, config
from coalition.kernel.db import db, fetch_one

_OLDEST_DUE_S = 60
_sources: list[Callable[[], list[str]]] = []


def init_app(app: Flask) -> None:
    """Add the two endpoints."""
    app.add_url_rule("/healthz", "healthz", _live)
    app.add_url_rule("/readyz", "readyz", _ready)


def tells(source: Callable[[], list[str]]) -> None:
    """Let a room say on `/readyz` what is wrong with what it keeps; the installation serves on, degraded."""
    if source not in _sources:
        _sources.append(source)


def reasons() -> list[str]:
    """What `/readyz` complains of, for a page that people read."""
    failing = _database() or _migrations()
    return (
        failing + _carrier() + ([] if failing else _backlog() + [reason for source in _sources for reason in source()])
    )


def _live() -> Response:
    return jsonify(status="live")


def _ready() -> tuple[Response, int]:
    failing = _database() or _migrations()
    degraded = _carrier() + ([] if failing else _backlog() + [reason for source in _sources for reason in source()])
    status = "failing" if failing else "degraded" if degraded else "ready"
    return jsonify(status=status, reasons=failing + degraded), 503 if failing else 200


def _database() -> list[str]:
    try:
        row = fetch_one("SELECT similarity('кофе', 'кофе') = 1 AS sees_cyrillic")
    except SQLAlchemyError as error:
        db.session.rollback()
        return [f"the database does not answer: {type(error).__name__}"]
    return [] if row and row.sees_cyrillic else ["the database's LC_CTYPE cannot compare Cyrillic text"]


def _migrations() -> list[str]:
    wanted = _head()
    try:
        row = fetch_one("SELECT version_num FROM alembic_version")
    except SQLAlchemyError:
        db.session.rollback()
        return ["the database is not migrated: run `flask db upgrade`"]
    found = row.version_num if row else None
    return [] if found == wanted else [f"the schema is at {found}, the program at {wanted}: run `flask db upgrade`"]


@cache
def _head() -> str | None:
    """The last migration of this program; finding it reads all of them."""
    from alembic.script import ScriptDirectory

    return ScriptDirectory(str(MIGRATIONS)).get_current_head()


def _carrier() -> list[str]:
    url = config.current().redis_url
    if not url:
        return ["no REDIS_URL: the sweeper does the work itself, slower"]
    from redis import Redis, RedisError

    try:
        Redis.from_url(url, socket_connect_timeout=1).ping()
    except RedisError:
        return ["Valkey does not answer: the sweeper does the work itself, slower"]
    return []


def _backlog() -> list[str]:
    row = fetch_one(
        "SELECT extract(epoch FROM now() - min(due_at) FILTER (WHERE state <> 'dead' AND due_at <= now()))::int"
        " AS late_s, count(*) FILTER (WHERE state = 'dead') AS dead FROM job WHERE state IN ('due', 'running', 'dead')"
    )
    assert row is not None
    reasons = []
    if (row.late_s or 0) > _OLDEST_DUE_S:
        reasons.append(f"the oldest due job waits for {row.late_s} s: is `flask work` running?")
    if row.dead:
        reasons.append(f"{row.dead} jobs were given up: mend the cause, then `flask revive-job ID`")
    return reasons
