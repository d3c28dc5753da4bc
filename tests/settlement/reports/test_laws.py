"""The laws of reports find what offends them: each is broken by its tables' owner, and reports it."""

from __future__ import annotations

from flask import Flask
from psycopg import connect

from coalition.kernel import jobs
from coalition.kernel.config import current
from coalition.kernel.db import transact
from settlement.reports import files
from tests.settlement.builders import Coalition, broken_laws

OFFENCES = {
    "P30": "UPDATE wallet SET undrawn = undrawn + 1",
    "P31": "UPDATE report_job SET sha256 = NULL",
    "P32": "GRANT UPDATE ON redemption_expectation TO coalition_app",
}


def test_every_offence_is_found_and_nothing_else_is_one(live: Flask, example: Coalition) -> None:
    transact(lambda: files.ask("liability", "csv", {"program": "coral"}))
    jobs.run_due()
    assert broken_laws() == {}

    with connect(current().owner_url.replace("+psycopg", ""), autocommit=True) as owner:
        for code, offence in OFFENCES.items():
            owner.execute(offence.encode())
            assert code in broken_laws(), code
        owner.execute("REVOKE UPDATE ON redemption_expectation FROM coalition_app")
