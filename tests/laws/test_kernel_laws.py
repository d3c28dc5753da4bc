"""Each law of events and jobs sees the crime it is there for."""

from __future__ import annotations

import pytest
from flask import Flask

from coalition.kernel import laws
from coalition.kernel.db import execute, transact
from coalition.kernel.jobs.laws import laws as job_laws

CRIMES = {
    "D1": "INSERT INTO outbox (kind, key, payload, created_at) VALUES ('x', 'x', '{}', now() - interval '2 minutes')",
    "D2": "INSERT INTO job (kind, key, args) VALUES ('outbox.consume', '7:x',"
    ' \'{"event": {"id": 7}, "consumer": "x"}\')',
    "OB1": "WITH told AS (INSERT INTO outbox (kind, key, payload) VALUES ('x', 'x', '{}') RETURNING id)"
    " INSERT INTO outbox_line (follower, event_id, error) SELECT 'x', id, 'KeyError' FROM told",
    "I1": "INSERT INTO idempotency (client_id, key, request_hash) VALUES (1, 'x', '')",
    "J1": "INSERT INTO job (kind, state, due_at) VALUES ('x', 'running', now() - interval '3 minutes')",
    "J2": "INSERT INTO job (kind, state) VALUES ('x', 'cancelled')",
}


@pytest.mark.parametrize("law", job_laws(), ids=lambda law: law.code)
def test_a_law_holds_until_it_is_broken(app: Flask, law: laws.Law) -> None:
    assert laws.offending(law) == 0

    transact(lambda: execute(CRIMES[law.code].replace(":", "\\:")))

    assert laws.offending(law) == 1
