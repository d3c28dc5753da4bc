"""A statement is told to the partner whose legal entity's it is, once it was sent; a draft to nobody."""

from __future__ import annotations

import datetime as dt

from flask import Flask
from jsonschema import Draft202012Validator

from coalition.kernel import ids, jobs
from coalition.kernel.db import execute, fetch_all, transact
from coalition.partners import webhooks
from settlement.jobs.news import CLOSED
from tests.settlement.builders import Coalition, on_issue, send

MAY = dt.date(2026, 5, 5)


def test_each_partner_is_told_of_its_own_statement_and_of_no_draft(live: Flask) -> None:
    coalition = Coalition()
    for name in ("A", "B"):
        coalition.join(name, on_issue("0.01"))
        transact(lambda name=name: webhooks.create(coalition.partners[name], "http://127.0.0.1:9/a", [CLOSED.name]))
    coalition.issue(1000, MAY, {"A": 1})
    coalition.issue(500, MAY, {"B": 1})
    closed = coalition.close("2026-05")
    _translate()
    assert fetch_all("SELECT FROM webhook_event") == []

    for number in closed.statements:
        send(number)
    _translate()

    told = fetch_all("SELECT partner_id, about, data FROM webhook_event ORDER BY partner_id")
    assert [row.partner_id for row in told] == sorted(coalition.partners.values())
    assert len({row.about for row in told} & {ids.public("stm", number) for number in closed.statements}) == 2
    for row in told:
        Draft202012Validator(CLOSED.schema).validate(row.data)
        assert row.data["position"]["amount"] < 0
    transact(lambda: execute("UPDATE job SET state = 'done' WHERE state = 'due'"))


def _translate() -> None:
    """Hand events over, and let what follows them be done."""
    jobs.run_due(20)
