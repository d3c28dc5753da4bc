"""Jobs and events: effects once, whatever happens to the worker."""

from __future__ import annotations

import pytest
from flask import Flask

from coalition.kernel import jobs, outbox
from coalition.kernel.db import execute, fetch_one, transact
from coalition.kernel.jobs import queue

seen: list[str] = []


@queue.handles("test.note")
def _note(task: queue.Task) -> None:
    task.finish(lambda: seen.append(task.args["word"]))


@queue.handles("test.fails")
def _fails(task: queue.Task) -> None:
    raise ValueError("no luck")


@outbox.subscribe("test.happened", consumer="test")
def _consume(event: outbox.Event) -> None:
    seen.append(f"{event.kind}:{event.key}:{event.payload['n']}")


@pytest.fixture(autouse=True)
def _forget() -> None:
    seen.clear()


def test_a_job_is_done_once_and_only_after_its_commit(app: Flask) -> None:
    job_id = transact(lambda: jobs.enqueue("test.note", {"word": "once"}, key="k"))
    again = transact(lambda: jobs.enqueue("test.note", {"word": "twice"}, key="k"))

    jobs.run_due()
    jobs.run_due()

    assert again == job_id
    assert seen == ["once"]
    assert jobs.get(job_id).state == "done"


def test_a_failed_job_comes_back_later_with_its_error(app: Flask) -> None:
    job_id = transact(lambda: jobs.enqueue("test.fails", {}))

    jobs.run_due()

    job = jobs.get(job_id)
    assert (job.state, job.attempts) == ("due", 1)
    assert "no luck" in job.error


def test_a_worker_that_lost_its_lease_cannot_finish(app: Flask) -> None:
    transact(lambda: jobs.enqueue("test.note", {"word": "late"}))
    first = transact(queue.claim)
    transact(lambda: execute("UPDATE job SET due_at = now() - interval '1 second' WHERE id = :id", {"id": first.id}))
    second = transact(queue.claim)

    with pytest.raises(jobs.StaleLease):
        first.finish(lambda: seen.append("stale"))
    second.finish(lambda: seen.append("fresh"))

    assert seen == ["fresh"]


def test_an_event_reaches_its_consumer_once(app: Flask) -> None:
    transact(lambda: outbox.publish("test.happened", {"n": 1}, key="a"))

    jobs.run_due()
    jobs.run_due()

    assert seen == ["test.happened:a:1"]
    assert fetch_one("SELECT count(*) AS n FROM outbox WHERE delivered_at IS NULL").n == 0


def test_a_job_that_kills_its_worker_every_time_is_given_up_and_can_be_revived(app: Flask) -> None:
    job_id = transact(lambda: jobs.enqueue("test.note", {"word": "at last"}))
    for _ in range(queue.MAX_ATTEMPTS):
        transact(queue.claim)
        transact(lambda: execute("UPDATE job SET due_at = now() - interval '1 second' WHERE id = :id", {"id": job_id}))

    assert transact(queue.bury) == 1
    assert jobs.get(job_id).state == "dead"
    assert transact(lambda: jobs.revive(job_id))
    jobs.run_due()

    assert seen == ["at last"]


def test_a_job_that_gets_on_has_its_attempts_forgiven(app: Flask) -> None:
    transact(lambda: jobs.enqueue("test.note", {"word": "x"}))
    task = transact(queue.claim)
    transact(lambda: execute("UPDATE job SET attempts = 11 WHERE id = :id", {"id": task.id}))

    task.step(lambda: task.progress(5))

    assert jobs.get(task.id).attempts == 1
