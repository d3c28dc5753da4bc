"""Switching a partner's test mode on, and starting it over.

What was booked is never deleted: starting over makes a new test program and leads the test clients there; the one
before stays behind, and nobody's client can reach it any more.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from coalition import access
from coalition.kernel import audit, clock, idempotency
from coalition.kernel.db import execute, fetch_one
from coalition.kernel.errors import NotFound, TooMany
from coalition.sandbox.furnishing import furnish

RESETS_A_DAY = 20
_LOOK_AGAIN_S = 3600  # whether another day has begun
_CLIENT_NAME = "Test mode"
_SCOPES = sorted(access.SCOPES.keys() - {"statements:witness"})  # who witnesses, witnesses for everybody


@dataclass(frozen=True, slots=True)
class TestMode:
    """A partner's test mode: its program of now and the twin that the test clients act for."""

    partner_id: int
    program_id: int
    twin_id: int
    generation: int
    made_at: dt.datetime


def find(partner_id: int) -> TestMode | None:
    """The test mode of a partner; None until it is switched on."""
    row = fetch_one(
        "SELECT partner_id, program_id, twin_id, generation, made_at FROM test_program WHERE partner_id = :partner"
        " ORDER BY generation DESC LIMIT 1",
        {"partner": partner_id},
    )
    return TestMode(**row._mapping) if row else None


def switch_on(partner_id: int) -> tuple[TestMode, str, str] | None:
    """Make a partner's test mode with one client; it, the client's id and its secret, which cannot be read again.

    None if it is switched on already. Locks the partner's test mode.
    """
    execute("INSERT INTO test_mode (partner_id) VALUES (:partner) ON CONFLICT DO NOTHING", {"partner": partner_id})
    if not execute(
        "UPDATE test_mode SET generation = 1 WHERE partner_id = :partner AND generation = 0", {"partner": partner_id}
    ):
        return None
    mode = _make(partner_id, 1)
    client_id, secret = access.create_client(mode.program_id, mode.twin_id, _CLIENT_NAME, _SCOPES, test=True)
    audit.record("test_mode.on", f"partner:{partner_id}", program_id=mode.program_id, client_id=client_id)
    return mode, client_id, secret


def reset(partner_id: int) -> TestMode:
    """Start a partner's test mode over: another program, empty but for its furniture; clients keep their secrets.

    Tokens lead into the new program within a second. NotFound while test mode is off; TooMany `too_many_resets` after
    twenty a day (UTC). Locks the partner's test mode.
    """
    before, today = find(partner_id), clock.now().date()
    if before is None:
        raise NotFound()
    row = fetch_one(
        "UPDATE test_mode SET generation = generation + 1, reset_on = :today,"
        " resets = CASE WHEN reset_on = :today THEN resets + 1 ELSE 1 END"
        " WHERE partner_id = :partner AND (reset_on IS DISTINCT FROM :today OR resets < :most) RETURNING generation",
        {"partner": partner_id, "today": today, "most": RESETS_A_DAY},
    )
    if row is None:
        most = f"Test mode is started over {RESETS_A_DAY} times a day at most."
        raise TooMany("too_many_resets", most, retry_after_s=_LOOK_AGAIN_S)
    mode = _make(partner_id, row.generation)
    idempotency.forget(access.move_clients(before.program_id, mode.program_id, mode.twin_id))
    audit.record("test_mode.reset", f"partner:{partner_id}", program_id=mode.program_id, before=before.program_id)
    return mode


def _make(partner_id: int, generation: int) -> TestMode:
    twin = furnish(partner_id, generation)
    mode = TestMode(partner_id, twin.program_id, twin.id, generation, clock.now())
    execute(
        "INSERT INTO test_program (program_id, partner_id, generation, twin_id, made_at)"
        " VALUES (:program, :partner, :generation, :twin, :made_at)",
        {
            "program": mode.program_id,
            "partner": partner_id,
            "generation": generation,
            "twin": mode.twin_id,
            "made_at": mode.made_at,
        },
    )
    return mode
