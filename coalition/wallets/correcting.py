"""What corrections by staff share: a reason, the operator who answers for them, and when two people are needed.

A correction within the program's limit is done at once. Above it, or when the member's small corrections of a day come
to more than it, another person has to approve first (`kernel.approvals`), and exactly what was asked for is done.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from coalition import members, partners, programs
from coalition.kernel import approvals, clock
from coalition.kernel.db import execute, fetch_one
from coalition.kernel.errors import Conflict, FieldError, Invalid
from coalition.ledger.types import AMOUNT_MAX
from coalition.wallets.types import Waiting

REASONS = ("goodwill", "missing_points", "error", "fraud", "migration", "other")
_NOTE_MAX = 500
_ALONE = "SELECT pg_advisory_xact_lock(hashtextextended(CAST(:one AS text), 15))"
_DONE_ALONE = """
    SELECT coalesce(sum(abs(amount)), 0) AS units FROM wallet_deed
     WHERE member_id = :member AND currency_id = :currency AND kind IN ('adjustment', 'reversal')
       AND approval_id IS NULL AND at > now() - interval '1 day'"""


def check(reason_code: str, note: str, amount: int) -> None:
    """Refuse a correction without a reason, or of nothing. Invalid, pointing at every wrong field."""
    members.refuse_bank_cards(note=note)
    errors = []
    if reason_code not in REASONS:
        errors.append(FieldError("/reason_code", "invalid", f"The reason is one of {', '.join(REASONS)}."))
    if not 1 <= len(note.strip()) <= _NOTE_MAX or "\0" in note:
        errors.append(FieldError("/note", "required", f"Say why, in 1 to {_NOTE_MAX} characters."))
    if not 0 < abs(amount) <= AMOUNT_MAX:
        errors.append(FieldError("/amount", "invalid", "How many points are to be added or taken?"))
    if errors:
        raise Invalid("invalid", "The correction cannot be made.", errors)


def demand_active(program_id: int, member_id: int) -> None:
    """Refuse to correct what nobody has any more. NotFound; Conflict `member_merged` for one merged or closed."""
    if members.get(program_id, member_id).state in ("merged", "closed"):
        raise Conflict("member_merged", "This member was merged into another, or closed.")


def needs_approval(program_id: int, member_id: int, currency_id: int, amount: int) -> bool:
    """Whether so many units take a second person: alone, or with what was corrected without one in a day.

    Lets nobody else correct this member's points of the currency until the transaction ends: there may be no wallet yet
    that could be locked.
    """
    execute(_ALONE, {"one": f"correction:{member_id}:{currency_id}"})
    row = fetch_one(_DONE_ALONE, {"member": member_id, "currency": currency_id})
    done = int(row.units) if row else 0
    return done + abs(amount) > programs.get(program_id).adjustment_limit


def wait(kind: str, payload: dict[str, Any], note: str) -> Waiting:
    """Ask for a second person; the same correction again waits for the same approval."""
    key, subject = f"{payload['program_id']}:{payload['external_id']}", f"member:{payload['member_id']}"
    return Waiting(approvals.request(kind, payload, note, key=key, subject=subject).id)


def operator_of(program_id: int) -> tuple[int, int]:
    """The partner and the legal entity in whose name corrections are made."""
    return partners.operator(program_id).id, partners.operator_entity(program_id).id


def grace_until(program_id: int) -> dt.datetime:
    """Until when points may be used that come back after their end."""
    program = programs.get(program_id)
    today = clock.local_date(clock.now(), program.zone)
    return clock.end_of_last_day(today + dt.timedelta(days=program.restore_grace_days), program.zone)
