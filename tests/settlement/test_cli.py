"""`flask settlement ...`: what finance's scripts rely on."""

from __future__ import annotations

import datetime as dt
import json
import time
from decimal import Decimal

import pytest
from flask import Flask

from coalition import access
from coalition.kernel.clock import end_of_last_day, local_date, month_code, now
from coalition.kernel.db import fetch_all, transact
from coalition.kernel.jobs import enqueue, run_due
from settlement import accruals
from settlement.cli.waiting import telling
from settlement.jobs import accruing
from tests.settlement.builders import Coalition, count_rows, on_issue


def a_coalition() -> Coalition:
    coalition = Coalition("coral")
    coalition.join("A", on_issue("0.01"))
    coalition.issue(1234, dt.date(2026, 5, 5), {"A": 1})
    return coalition


def test_close_prints_the_positions_and_a_second_close_fails(live: Flask) -> None:
    a_coalition()
    run = live.test_cli_runner()

    first = run.invoke(args=["settlement", "close", "coral", "2026-05", "--json"])
    second = run.invoke(args=["settlement", "close", "coral", "2026-05", "--json"])

    facts = json.loads(first.stdout)
    assert first.exit_code == 0 and not facts["running"]
    assert [one["position"] for one in facts["statements"]] == ["-12.34", "12.34"]
    assert second.exit_code == 1
    assert "period_closed" in second.stderr


def test_a_close_books_what_expired_on_its_last_day_though_no_sweep_came_by(live: Flask) -> None:
    coalition = Coalition("coral")
    coalition.join("A", on_issue("0.01", breakage_share=Decimal("0.5")))
    ends = end_of_last_day(dt.date(2026, 5, 31), coalition.program.zone)
    coalition.issue(1000, dt.date(2026, 5, 5), {"A": 1}, expires_at=ends)

    closed = live.test_cli_runner().invoke(args=["settlement", "close", "coral", "2026-05", "--json"])

    assert [one["position"] for one in json.loads(closed.stdout)["statements"]] == ["-5.00", "5.00"]


def test_close_sends_the_statements_unless_they_are_to_stay_drafts(live: Flask) -> None:
    a_coalition()
    run = live.test_cli_runner()

    run.invoke(args=["settlement", "close", "coral", "2026-04", "--draft"])
    run.invoke(args=["settlement", "close", "coral", "2026-05"])

    states = "SELECT p.code, array_agg(DISTINCT e.state ORDER BY e.state) FROM statement s JOIN settlement_period p"
    states += " ON p.id = s.period_id JOIN statement_event e ON e.statement_id = s.id GROUP BY 1"
    rows = transact(lambda: fetch_all(states))
    assert {row[0]: row[1] for row in rows} == {"2026-04": ["draft"], "2026-05": ["draft", "sent"]}


def test_the_trail_of_a_close_names_who_was_acted_as_and_else_the_machine(live: Flask) -> None:
    a_coalition()
    run, email = live.test_cli_runner(), "ann@coral.test"
    ann = transact(lambda: access.create_user(email, "correct horse battery", ["finance"], "staff"))

    stranger = run.invoke(args=["settlement", "close", "coral", "2026-04", "--as", "bob@coral.test"])
    run.invoke(args=["settlement", "close", "coral", "2026-04", "--as", email])
    run.invoke(args=["settlement", "close", "coral", "2026-05"])

    assert (stranger.exit_code, stranger.stderr) == (
        1,
        "Error: not_of_finance: bob@coral.test is nobody of finance who may sign in.\n",
    )
    rows = transact(
        lambda: fetch_all(
            "SELECT DISTINCT p.code, e.actor FROM statement_event e JOIN statement s ON s.id = e.statement_id"
            " JOIN settlement_period p ON p.id = s.period_id ORDER BY 1"
        )
    )
    assert [tuple(row) for row in rows] == [("2026-04", f"user:{ann.id}"), ("2026-05", "cli")]


def test_closing_the_running_month_warns_and_a_future_one_is_refused(live: Flask) -> None:
    coalition = a_coalition()
    run = live.test_cli_runner()
    this_month = month_code(local_date(now(), coalition.program.zone))

    running = run.invoke(args=["settlement", "close", "coral", this_month])
    future = run.invoke(args=["settlement", "close", "coral", "2090-01"])

    assert running.exit_code == 0
    assert "is not over" in running.stderr and accruals.next_code(this_month) in running.stderr
    assert future.exit_code == 1 and "period_in_future" in future.stderr


def test_report_repeats_what_was_closed_and_rebuild_agrees(live: Flask) -> None:
    a_coalition()
    run = live.test_cli_runner()
    closed = json.loads(run.invoke(args=["settlement", "close", "coral", "2026-05", "--json"]).stdout)

    report = run.invoke(args=["settlement", "report", "coral", "2026-05", "--json"])
    rebuilt = run.invoke(args=["settlement", "rebuild", "coral", "--json"])

    assert json.loads(report.stdout)["statements"] == closed["statements"]
    assert rebuilt.exit_code == 0
    assert json.loads(rebuilt.stdout) | {"program": ""} == {
        "program": "",
        "accruals": 1,
        "suspended": 0,
        "differing": 0,
        "differences": [],
    }


def test_the_job_accrues_every_program(live: Flask) -> None:
    coalition = a_coalition()
    transact(lambda: accruals.quiesce(60))
    job_id = transact(lambda: enqueue(accruing.ACCRUE, {}))

    run_due()

    from coalition.kernel import jobs as queue

    assert transact(lambda: queue.get(job_id)).state == "done"
    assert count_rows("accrual") == 1
    assert transact(lambda: accruals.standing(coalition.program.id))[1] == 0


def test_whoever_waits_for_long_work_is_told_on_the_error_stream_that_it_goes_on(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with telling("closing 2026-05", every_s=0.02):
        time.sleep(0.1)
    told = capsys.readouterr()
    with telling("closing 2026-05", quiet=True, every_s=0.02):
        time.sleep(0.1)

    assert told.err.startswith("closing 2026-05: 0 s\n")
    assert (told.out, capsys.readouterr().err) == ("", "")
