"""The database: the one declarative base, and the one door through which a transaction is opened and committed.

Doors call `transact`; rooms use `session()` or `raw()` inside it and never commit. Every connection acts as the role
`coalition_app`, which owns no table and may not rewrite history (see `coalition/migrations/grants.py`).
"""

from __future__ import annotations

import datetime as dt
import random
import re
import time
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeAlias, TypeVar, cast

import psycopg
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import DateTime, Engine, MetaData, PoolProxiedConnection, Row, event, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DBAPIError, InvalidatePoolError
from sqlalchemy.orm import DeclarativeBase, Session, SessionTransaction

from coalition.kernel import crash
from coalition.kernel.config import Config
from coalition.kernel.errors import Refusal, Unavailable

T = TypeVar("T")
AnyRow: TypeAlias = "Row[*tuple[Any, ...]]"
_Last: TypeAlias = tuple[str, str, Mapping[str, Any]]
APP_ROLE = "coalition_app"
_ATTEMPTS = 6
_PING_AFTER_S = 1.0
_CURSORS_MAX = 100  # kept with a connection
_LAST_MAX = 100  # a statement takes 65,535 parameters
_RETRYABLE = frozenset({"40001", "40P01"})  # serialization failure, deadlock
_BROKEN = frozenset({"57P01", "57P02", "57P03", "08000", "08003", "08006"})  # the server goes, or the line is cut
_LOCKED = "55P03"  # lock_not_available: somebody held it longer than lock_timeout
_NAME = re.compile(r"%\((\w+)\)s")
_NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}
_of_door: ContextVar[Session | None] = ContextVar("of_door", default=None)


class Base(DeclarativeBase):
    """The base of every model of every floor; instants are timestamptz, dictionaries jsonb."""

    metadata = MetaData(naming_convention=_NAMING)
    type_annotation_map = {dt.datetime: DateTime(timezone=True), dict[str, Any]: JSONB}  # noqa: RUF012


class RacingKey(Exception):
    """Another transaction has just taken the same business key; the whole command is to be tried again."""


db = SQLAlchemy(
    metadata=Base.metadata,
    session_options={"join_transaction_mode": "create_savepoint", "expire_on_commit": False},
)


def init_app(app: Flask, config: Config) -> None:
    """Bind the session to the application's database, acting as the unprivileged role."""
    options = f"-c role={APP_ROLE} -c timezone=UTC -c lock_timeout=5s -c idle_in_transaction_session_timeout=120s"
    app.config["SQLALCHEMY_DATABASE_URI"] = config.database_url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {
        "pool_size": config.web_threads,
        "max_overflow": 2,
        "hide_parameters": True,  # an error says which statement failed, not for whom
        "pool_events": [(_note_time, "checkin"), (_ping_after_idling, "checkout")],
        "connect_args": {"options": options},
    }
    db.init_app(app)


def transact(work: Callable[[], T]) -> T:
    """Run `work` in one transaction and commit it: the only place that commits.

    A serialization failure, a deadlock, a `RacingKey` or a connection lost on the way rolls everything back and runs
    `work` again (at most six times, with a growing random pause), which is safe because every command is idempotent
    by its business key. Raises Unavailable `busy` for a lock that somebody else holds too long. Any other exception
    rolls back and is raised; a refusal's `aftermath` is committed first. Transactions do not nest.
    """
    if in_transaction():
        raise RuntimeError("a transaction is already open: doors commit, rooms flush")
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            return _once(work)
        except Refusal as refusal:
            if refusal.aftermath is not None:
                _once(refusal.aftermath)
            raise
        except (DBAPIError, psycopg.Error, RacingKey) as error:
            if _state(error) == _LOCKED:
                raise Unavailable("busy", "Somebody else is changing the same thing; try again.") from error
            if attempt == _ATTEMPTS or not _worth_another_try(error):
                raise
            time.sleep(random.uniform(0.0, 0.01 * 2**attempt))  # noqa: S311 - jitter, not a secret
    raise AssertionError("unreachable")


def in_transaction() -> bool:
    """Whether a door has a transaction open here."""
    return bool(session().info.get("door_open"))


def session() -> Session:
    """The session of the running transaction; it is looked up once a door, and not each time."""
    return _of_door.get() or cast(Session, db.session())


def engine() -> Engine:
    """The engine that the session works on: what a process remembers of a database is kept by it."""
    known = session().info
    found = known.get("engine")
    if found is None:
        found = known["engine"] = session().get_bind()
    return cast(Engine, found)


def raw() -> psycopg.Connection[Any]:
    """The psycopg connection under the running transaction, for COPY and the hot path's SQL.

    Inside a door it is looked up once: finding it costs as much as a short statement.
    """
    known = session().info
    driver = known.get("driver") or _connected(known).driver_connection
    return cast("psycopg.Connection[Any]", driver)


def hot(statement: str | bytes, params: Sequence[Any] | Mapping[str, Any]) -> psycopg.Cursor[Any]:
    """Run a short statement of the hot path, as `raw().execute` does; read its rows before running the same again.

    Its cursor is kept with the connection, and with it what psycopg works out for each new one about types: a third of
    the time that such a statement takes here (12 of 36 µs). It keeps its rows, too: not for statements with many.
    """
    known = session().info
    cursors = known.get("cursors")
    if cursors is None:
        cursors = _connected(known).info.setdefault("cursors", {})
    kept = cursors.get(statement)
    if kept is None:
        if len(cursors) == _CURSORS_MAX:
            cursors.clear()
        kept = cursors[statement] = statement, raw().cursor()
    same, cursor = kept  # psycopg goes by the object, not by what stands in it
    return cast("psycopg.Cursor[Any]", cursor.execute(same, params))


def at_end(statement: str, params: Mapping[str, Any], *, row: str = "") -> None:
    """Write (`%(name)s`) when the door closes, in one statement with whatever else is to be written then.

    For what nobody in the transaction reads again: news, the trail, the answer to be kept. `row` is the row of VALUES
    of an INSERT; rows of the same INSERT keep their order. Without a door, or within a savepoint, which may be rolled
    back alone, it is written at once.
    """
    own = session()
    known = own.info
    last: list[_Last] = known["last"] if known.get("door_open") and not own.in_nested_transaction() else []
    last.append((statement, row, params))
    if last is not known.get("last") or len(last) == _LAST_MAX:
        _write(last)


def _connected(known: dict[Any, Any]) -> PoolProxiedConnection:
    """The connection of the pool; a door remembers its driver and the cursors kept with it."""
    connection = session().connection().connection
    if known.get("door_open"):
        known |= {"driver": connection.driver_connection, "cursors": connection.info.setdefault("cursors", {})}
    return connection


def execute(sql: str, params: Mapping[str, Any] | None = None) -> int:
    """Run one statement with named parameters (`:name`); the number of rows it touched."""
    result = db.session.execute(text(sql), params or {})
    return cast(int, result.rowcount)  # type: ignore[attr-defined]


def execute_many(sql: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Run one statement for each of these rows of named parameters, without waiting for an answer in between."""
    db.session.execute(text(sql), [dict(row) for row in rows])


def fetch_all(sql: str, params: Mapping[str, Any] | None = None) -> Sequence[AnyRow]:
    """All rows of one query with named parameters (`:name`)."""
    return db.session.execute(text(sql), params or {}).all()


def fetch_one(sql: str, params: Mapping[str, Any] | None = None) -> AnyRow | None:
    """The first row of one query, or None."""
    return db.session.execute(text(sql), params or {}).first()


@lru_cache(maxsize=256)
def load_sql(module_file: str, name: str) -> str:
    """The text of `sql/<name>` beside the module (`load_sql(__file__, "close.sql")`)."""
    return (Path(module_file).parent / "sql" / name).read_text(encoding="utf-8")


def _once(work: Callable[[], T]) -> T:
    crash.point("before_begin")
    own = session()
    own.info.update(door_open=True, last=[])
    entered = _of_door.set(own)
    try:
        result = work()
        own.flush()
        _write(own.info["last"])
        crash.point("before_commit")
        own.commit()
    except BaseException as error:
        _undo(error)
        raise
    finally:
        _of_door.reset(entered)
        own.info.update(door_open=False, driver=None, cursors=None)
    crash.point("after_commit_before_reply")
    return result


def _write(last: list[_Last]) -> None:
    """Write these in one statement, and forget them."""
    if last:
        params = {f"{name}_{no}": value for no, (*_, given) in enumerate(last) for name, value in given.items()}
        sql = _as_one(tuple((statement, row) for statement, row, _ in last))
        last.clear()
        hot(sql, params)


@lru_cache(maxsize=256)
def _as_one(statements: tuple[tuple[str, str], ...]) -> bytes:
    """Statements as one, the names of each with its number; those that only a row makes different are one INSERT."""
    rows: dict[str, list[str]] = {}
    for no, (statement, row) in enumerate(statements):
        numbered = _NAME.sub(rf"%(\1_{no})s", row or statement)
        rows.setdefault(f"{statement} VALUES " if row else numbered, []).extend([numbered] if row else [])
    *first, last = (start + ", ".join(of) for start, of in rows.items())
    before = ", ".join(f"w{no} AS ({sql})" for no, sql in enumerate(first))
    return (f"WITH {before} {last}" if first else last).encode()


def _undo(error: BaseException) -> None:
    if isinstance(error, DBAPIError | psycopg.Error) and _lost(error):
        session().invalidate()
        db.engine.dispose(close=False)  # the others in the pool are lost with it
    else:
        db.session.rollback()


def _worth_another_try(error: DBAPIError | psycopg.Error | RacingKey) -> bool:
    return isinstance(error, RacingKey) or _state(error) in _RETRYABLE or _lost(error)


def _lost(error: DBAPIError | psycopg.Error) -> bool:
    """Whether the connection broke that we had: the server was stopped or died. (One that is not to be had is not.)"""
    if isinstance(error, DBAPIError):
        return error.connection_invalidated
    return isinstance(error, psycopg.OperationalError) and (_state(error) or "57P01") in _BROKEN


def _note_time(_: Any, record: Any) -> None:
    record.info["used_at"] = time.monotonic()


def _ping_after_idling(connection: Any, record: Any, _: Any) -> None:
    """A connection that was good a second ago is believed to be good; `transact` tries again if it was not."""
    if time.monotonic() - record.info.get("used_at", time.monotonic()) < _PING_AFTER_S:
        return
    if connection.pgconn.exec_(b"").status != psycopg.pq.ExecStatus.EMPTY_QUERY:
        raise InvalidatePoolError


@event.listens_for(Session, "after_transaction_create")
def _begin_savepoint(own: Session, transaction: SessionTransaction) -> None:
    """Begin a savepoint at once, and not with the session's next statement: what `raw` runs goes past the session."""
    if transaction.nested:
        own.connection()


def _state(error: DBAPIError | psycopg.Error | RacingKey) -> str | None:
    cause = error.orig if isinstance(error, DBAPIError) else error
    return getattr(cause, "sqlstate", None)
