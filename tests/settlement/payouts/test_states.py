"""The state machines of runs and payments are the same in the code and in the schema."""

from __future__ import annotations

from flask import Flask

from coalition.kernel.db import fetch_all
from settlement.payouts.states import transitions


def test_the_schema_knows_exactly_the_transitions_of_the_code(app: Flask) -> None:
    rows = fetch_all("SELECT machine, from_state, to_state FROM payout_transition")

    assert {tuple(row) for row in rows} == set(transitions())
