"""Mutants that change nothing that anybody could see, each with the reason why."""

from __future__ import annotations

EQUIVALENT: dict[str, str] = {
    "take.sql:12 without a condition: AND l.entry_id = a.lot_id AND l.remaining > a.amount;": (
        "what equals is deleted by the statement before, and a draw never exceeds its lot"
    ),
}
