"""What this floor does on a schedule."""

from __future__ import annotations

import datetime as dt

import time_machine
from flask import Flask

from coalition import access
from coalition.kernel import clock, jobs
from coalition.kernel.db import fetch_one, transact


def test_dead_tokens_and_quiet_throttles_are_forgotten(app: Flask) -> None:
    client = access.create_client(1, 7, "Tills", ["members:read"])
    with time_machine.travel(clock.now() - dt.timedelta(days=3)):
        access.issue_token(*client, [])
        access.admit("anna@coral.example", "203.0.113.1")
    access.issue_token(*client, [])
    access.admit("boris@coral.example", "203.0.113.2")

    transact(lambda: jobs.enqueue("access.clear", {}))
    jobs.run_due()

    left = fetch_one("SELECT (SELECT count(*) FROM oauth_token), (SELECT count(*) FROM sign_in_throttle)")
    assert left is not None
    assert tuple(left) == (1, 3)  # account, address and everybody
