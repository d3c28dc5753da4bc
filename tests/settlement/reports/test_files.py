"""Reports as files: every way from being asked for to being thrown away, and none that leaves a question open."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import BinaryIO

import pytest
from flask import Flask

from coalition.kernel import jobs as queue
from coalition.kernel import ports
from coalition.kernel.db import execute, fetch_one, transact
from coalition.kernel.errors import Conflict, Invalid, NotFound
from coalition.ports import FileStore, StoredFile
from settlement.jobs import reporting
from settlement.reports import files
from tests.bindings import kept
from tests.settlement.builders import Coalition

ARGS = {"program": "coral", "since": "2026-01", "until": "2026-03"}


def asked(coalition: Coalition, report: str = "liability", form: str = "csv") -> int:
    return transact(lambda: files.ask(report, form, {**ARGS, "program": coalition.program.code}))


def state(number: int) -> files.Asked:
    return transact(lambda: files.get(number))


def test_a_file_is_made_kept_and_thrown_away(live: Flask, example: Coalition) -> None:
    book, table = asked(example, "deferred", "xlsx"), asked(example)

    queue.run_due()

    made, lines = state(book), state(table)
    assert (made.state, made.done, lines.state) == ("done", 3, "done")
    assert (made.keep_until - made.finished_at).days == files.KEPT_DAYS  # type: ignore[operator]
    with ports.get(FileStore).open(str(made.file_key)) as content:
        assert len(content.read()) == made.size
    key = str(lines.file_key)
    late = "UPDATE report_job SET keep_until = now() - interval '1 minute' WHERE id = :id"
    transact(lambda: execute(late, {"id": table}))

    transact(lambda: queue.enqueue(reporting.SWEEP, {}))
    queue.run_due()

    assert (state(table).state, state(table).file_key, state(book).state) == ("expired", None, "done")
    with pytest.raises(FileNotFoundError):
        ports.get(FileStore).open(key)


class _Store:
    """The installation's store; something happens whenever a file is put."""

    def __init__(self, happens: Callable[[], None]) -> None:
        self._kept, self._happens = ports.get(FileStore), happens

    def put(self, key: str, stream: BinaryIO) -> StoredFile:
        self._happens()
        return self._kept.put(key, stream)

    def open(self, key: str) -> BinaryIO:
        return self._kept.open(key)

    def delete(self, key: str) -> None:
        self._kept.delete(key)


@pytest.fixture
def store_that(live: Flask) -> Iterator[Callable[[Callable[[], None]], None]]:
    """Bind a store that does something first; the real one comes back afterwards."""
    with kept(live):
        yield lambda happens: ports.bind(FileStore, _Store(happens))


def test_a_report_that_is_cancelled_while_it_is_stored_leaves_no_file(
    live: Flask, example: Coalition, store_that: Callable[[Callable[[], None]], None]
) -> None:
    number = asked(example)
    store_that(lambda: transact(lambda: files.cancel(number)))

    queue.run_due()

    assert (state(number).state, state(number).file_key) == ("cancelled", None)


def test_a_worker_that_died_is_followed_by_one_that_begins_again(live: Flask, example: Coalition) -> None:
    number = asked(example)
    dead = transact(queue.queue.claim)
    assert dead is not None and transact(lambda: files.start(number)) is not None
    assert state(number).state == "running"
    transact(lambda: execute("UPDATE job SET due_at = now() WHERE id = :id", {"id": dead.id}))

    queue.run_due()

    assert state(number).state == "done"


def test_what_is_cancelled_given_up_or_impossible_is_said_at_once(live: Flask, example: Coalition) -> None:
    cancelled, orphan = asked(example), asked(example)
    transact(lambda: files.cancel(cancelled))
    given_up = "UPDATE job SET state = 'dead', finished_at = now() WHERE id = :id"
    transact(lambda: execute(given_up, {"id": files.get(orphan).job_id}))

    transact(lambda: queue.enqueue(reporting.SWEEP, {}))
    queue.run_due()

    assert (state(cancelled).state, state(cancelled).file_key) == ("cancelled", None)
    assert (state(orphan).state, state(orphan).error) == ("failed", "worker_died")
    with pytest.raises(Conflict, match="report_over"):
        transact(lambda: files.cancel(cancelled))
    for report, form, more, refusal in (
        ("nothing", "csv", {}, NotFound),
        ("liability", "pdf", {}, Invalid),
        ("liability", "csv", {"on": "yesterday"}, Invalid),
        ("liability", "csv", {"program": "none"}, NotFound),
    ):
        with pytest.raises(refusal):
            transact(lambda: files.ask(report, form, {**ARGS, **more}))  # noqa: B023
    assert transact(lambda: fetch_one("SELECT count(*) AS n FROM report_job")).n == 2


def test_what_cannot_be_stored_fails_at_the_third_attempt(
    live: Flask, example: Coalition, store_that: Callable[[Callable[[], None]], None]
) -> None:
    def full() -> None:
        raise OSError("no space left")

    number = asked(example)
    store_that(full)
    for attempt in range(3):
        assert state(number).state in ("asked", "running"), attempt
        transact(lambda: execute("UPDATE job SET due_at = now() WHERE state = 'due'"))
        queue.run_due()

    assert (state(number).state, state(number).error) == ("failed", "internal_error")
