"""Mutants that change nothing that anybody could see, each with the reason why."""

from __future__ import annotations

_ENDED = "the merge has ended, at the same now(), what is over in both wallets before it nets"
_ONLY_ARRIVALS = "in the transaction of a debit nothing has it for its origin but its arrivals, all in one wallet"

EQUIVALENT: dict[str, str] = {
    "take.sql:12 without a condition: AND l.entry_id = a.lot_id AND l.remaining > a.amount;": (
        "what equals is deleted by the statement before, and a draw never exceeds its lot"
    ),
    (
        "net_all.sql:13 > to >=: WHERE l.account_id = p_account AND l.expires_at >= now() AND l.active_at <= now()"
        " AND l.restriction_id IS NULL;"
    ): _ENDED,
    (
        "net_all.sql:13 without a condition: WHERE l.account_id = p_account AND l.active_at <= now()"
        " AND l.restriction_id IS NULL;"
    ): _ENDED,
    "arrive.sql:40 without a condition: WHERE e.account_id = p_to AND e.origin_id = p_debit) t": _ONLY_ARRIVALS,
    "arrive.sql:40 without a condition: WHERE e.origin_id = p_debit AND e.kind = 10) t": _ONLY_ARRIVALS,
}
