"""Old rows go, in chunks; what people or a law still need stays."""

from __future__ import annotations

from flask import Flask

from coalition.kernel import cleaning, jobs, laws
from coalition.kernel.db import execute, fetch_one, transact
from coalition.kernel.jobs.laws import laws as job_laws

OLD = "now() - interval '100 days'"


def count(table: str) -> int:
    row = transact(lambda: fetch_one(f"SELECT count(*) AS n FROM {table}"))
    return int(row.n) if row else 0


def put(sql: str) -> None:
    transact(lambda: execute(sql.replace(":", "\\:")))


def test_answers_are_kept_thirty_days(app: Flask) -> None:
    for key, days in (("a", 29), ("b", 31), ("c", 400)):
        put(
            "INSERT INTO idempotency (client_id, key, request_hash, status, body, created_at)"
            f" VALUES (1, '{key}', '', 201, '{{}}', now() - interval '{days} days')"
        )

    assert [transact(lambda: cleaning.clear_keys(1)) for _ in range(3)] == [1, 1, 0]
    assert count("idempotency") == 1


def test_done_jobs_go_and_those_given_up_stay(app: Flask) -> None:
    for state in ("done", "dead", "cancelled"):
        put(f"INSERT INTO job (kind, state, finished_at) VALUES ('x', '{state}', {OLD})")
    put("INSERT INTO job (kind, state, finished_at) VALUES ('x', 'done', now())")

    assert transact(lambda: cleaning.clear_jobs(10)) == 1
    assert count("job") == 3


def test_an_event_outlives_its_jobs(app: Flask) -> None:
    for key in ("a", "b", "c"):
        delivered = "NULL" if key == "c" else OLD
        put(
            "INSERT INTO outbox (kind, key, payload, created_at, delivered_at)"
            f" VALUES ('x', '{key}', '{{}}', {OLD}, {delivered})"
        )
    put(
        "INSERT INTO job (kind, key, args, state, finished_at) SELECT 'outbox.consume', id || ':who',"
        " jsonb_build_object('event', jsonb_build_object('id', id), 'consumer', 'who'), 'dead', now()"
        " FROM outbox WHERE key = 'a'"
    )

    assert transact(lambda: cleaning.clear_events(10)) == 1
    assert count("outbox") == 2
    assert laws.offending(next(law for law in job_laws() if law.code == "D2")) == 0


def test_a_job_cleans_up_without_being_asked(app: Flask) -> None:
    put(f"INSERT INTO job (kind, state, finished_at) VALUES ('x', 'done', {OLD})")
    transact(lambda: jobs.enqueue("kernel.clear", {}))

    jobs.run_due()

    assert transact(lambda: fetch_one("SELECT count(*) AS n FROM job WHERE kind = 'x'")).n == 0
