"""Suspending a partner: none of its clients gets a token, and the tokens that they have die within a second.

What each client was is kept, so that letting the partner call again brings back what there was. Its people still sign
in and read, and change nothing. Rooms above ask here before they send or record something in its name.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from coalition.kernel import audit, clock
from coalition.kernel.db import execute, fetch_all, fetch_one
from coalition.kernel.errors import FieldError, Invalid

LONGEST_REASON = 500


@dataclass(frozen=True, slots=True)
class Suspension:
    """Since when a partner is suspended, and why."""

    partner_id: int
    since: dt.datetime
    reason: str


def suspend_partner(partner_id: int, reason: str) -> None:
    """Refuse the partner's clients from now on; of one that is suspended already nothing is changed.

    Invalid without a reason of at most 500 characters.
    """
    why = reason.strip()
    if not 0 < len(why) <= LONGEST_REASON:
        problem = FieldError("/reason", "required", f"A reason has 1 to {LONGEST_REASON} characters.")
        raise Invalid("invalid", "Nobody is suspended without a reason.", [problem])
    made = execute(
        "INSERT INTO suspended_partner (partner_id, since, reason) VALUES (:partner, :now, :reason)"
        " ON CONFLICT (partner_id) DO NOTHING",
        {"partner": partner_id, "now": clock.now(), "reason": why},
    )
    if made:
        audit.record("partner.suspended", f"partner:{partner_id}", reason=why)


def resume_partner(partner_id: int) -> None:
    """Let the partner's clients call again; of one that is not suspended nothing is changed."""
    if execute("DELETE FROM suspended_partner WHERE partner_id = :partner", {"partner": partner_id}):
        audit.record("partner.resumed", f"partner:{partner_id}")


def suspension(partner_id: int) -> Suspension | None:
    """Since when and why the partner is suspended; None if it is not."""
    row = fetch_one(
        "SELECT partner_id, since, reason FROM suspended_partner WHERE partner_id = :partner", {"partner": partner_id}
    )
    return Suspension(**row._mapping) if row else None


def suspended_partners() -> frozenset[int]:
    """All partners that are suspended, at most 10,000."""
    return frozenset(row.partner_id for row in fetch_all("SELECT partner_id FROM suspended_partner LIMIT 10000"))
