"""Jobs and queues in the console: what waits, what is stuck, what was given up, and what administrators do about it."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from coalition.kernel import jobs
from coalition.kernel.db import execute, fetch_all, fetch_one, transact
from coalition.kernel.jobs import queue, running, watching
from tests.coalition.console.conftest import signed_in

LIST = "/console/jobs"


@pytest.fixture
def admin(app: Flask) -> FlaskClient:
    return signed_in(app, "admin@coral.test", "admin")


@pytest.fixture
def given_up() -> None:
    """Two jobs of one kind that were given up, one of another."""
    sql = "INSERT INTO job (kind, key, state, attempts, error, finished_at) VALUES (:k, :key, 'dead', 12, :e, now())"
    for kind, key in (("mail.send", "1"), ("mail.send", "2"), ("feed.fetch", "3")):
        transact(lambda kind=kind, key=key: execute(sql, {"k": kind, "key": key, "e": f"no answer {key}"}))  # type: ignore[misc]


def state(key: str) -> str:
    return str(transact(lambda: fetch_one("SELECT state FROM job WHERE key = :key", {"key": key})).state)


def number(key: str) -> int:
    return int(transact(lambda: fetch_one("SELECT id FROM job WHERE key = :key", {"key": key})).id)


def deeds() -> list[str]:
    rows = transact(lambda: fetch_all("SELECT action FROM audit WHERE action LIKE 'job.%' ORDER BY id"))
    return [row.action for row in rows]


def test_the_page_tells_kinds_ages_and_what_was_given_up(admin: FlaskClient, given_up: None) -> None:
    transact(lambda: execute("INSERT INTO job (kind, due_at) VALUES ('late', now() - interval '10 minutes')"))
    transact(
        lambda: execute(
            "INSERT INTO job (kind, state, due_at) VALUES ('lost', 'running', now() - interval '1 minute'),"
            " ('busy', 'running', now() + interval '30 s')"
        )
    )

    loads = {one.kind: one for one in transact(watching.loads)}
    text = admin.get(LIST).text

    assert (loads["mail.send"].dead, loads["late"].due, loads["lost"].stuck, loads["busy"].running) == (2, 1, 1, 1)
    assert 600 <= (loads["late"].oldest_s or 0) < 700
    assert "the oldest for 10 min" in text
    assert "no answer 3" in text
    assert "jobs were given up" in text
    assert "lost" in admin.get(f"{LIST}?state=stuck").text


def test_one_job_is_tried_again_and_the_trail_says_who_let_it(admin: FlaskClient, given_up: None) -> None:
    done = admin.post(f"{LIST}/{number('1')}/retry")

    assert done.status_code == 303
    assert "due again" in admin.get(done.location).text
    assert (state("1"), state("2"), state("3")) == ("due", "dead", "dead")
    assert admin.post(f"{LIST}/{number('1')}/retry").status_code == 409
    assert deeds() == ["job.retry"]


def test_all_of_a_kind_are_tried_again(admin: FlaskClient, given_up: None) -> None:
    assert admin.post(f"{LIST}/retry", data={"kind": "mail.send"}).status_code == 303
    assert admin.post(f"{LIST}/retry", data={"kind": "mail.send"}).status_code == 404
    assert (state("1"), state("2"), state("3")) == ("due", "due", "dead")
    assert deeds() == ["job.retry_all"]


def test_a_job_is_cancelled_for_a_reason_only_and_can_come_back(admin: FlaskClient) -> None:
    made = transact(lambda: jobs.enqueue("nobody.does", {}, key="c"))

    without = admin.post(f"{LIST}/{made}/cancel", data={"reason": " "})
    done = admin.post(f"{LIST}/{made}/cancel", data={"reason": "asked by mistake"})
    again = admin.post(f"{LIST}/{made}/cancel", data={"reason": "once more"})

    assert (without.status_code, done.status_code, again.status_code) == (422, 303, 409)
    assert state("c") == "cancelled"
    assert transact(queue.claim) is None
    assert admin.post(f"{LIST}/{made}/retry").status_code == 303
    assert state("c") == "due"


def test_a_worker_whose_job_was_cancelled_commits_nothing_more(app: Flask) -> None:
    made = transact(lambda: jobs.enqueue("nobody.does", {}, key="r"))
    task = transact(queue.claim)
    assert task is not None

    transact(lambda: watching.cancel(made, "it takes too long"))

    with pytest.raises(queue.StaleLease):
        task.step(lambda: execute("UPDATE job SET error = 'written' WHERE id = :id", {"id": made}))
    assert transact(lambda: watching.seen(made)).error is None


def test_schedules_tell_their_last_run_and_the_next(app: Flask, admin: FlaskClient) -> None:
    running.tick()

    found = {one.name: one for one in transact(watching.schedules)}
    text = admin.get(LIST).text

    assert found["coalition.verify"].last_at is not None
    assert found["coalition.verify"].last_state == "due"
    assert "coalition.verify" in text


def test_only_administrators_act_and_auditors_look(app: Flask, given_up: None) -> None:
    support = signed_in(app, "support@coral.test", "support")
    auditor = signed_in(app, "auditor@coral.test", "auditor")

    assert support.get(LIST).status_code == 403
    assert auditor.get(LIST).status_code == 200
    assert auditor.get(f"{LIST}.csv").status_code == 200
    assert support.get(f"{LIST}.csv").status_code == 403
    assert auditor.post(f"{LIST}/{number('1')}/retry").status_code == 403
    assert state("1") == "dead"
