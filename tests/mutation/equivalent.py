"""Mutants that change nothing that anybody could see, each with the reason why."""

from __future__ import annotations

_ENDED = "the merge has ended, at the same now(), what is over in both wallets before it nets"
_UNIQUE = "one sequence numbers the journal rows of all wallets: account and end only help to find the row by its index"
_ONLY_ARRIVALS = "in the transaction of a debit nothing has it for its origin but its arrivals, all in one wallet"

_CHOSEN = "the credit's own lots were chosen at the same now(), under the same lock"

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
    "bulk_settle.sql:12 without a condition: WHERE l.expires_at = d.expires_at AND l.entry_id = d.lot_id": _UNIQUE,
    "bulk_settle.sql:12 without a condition: WHERE l.account_id = d.account_id AND l.entry_id = d.lot_id": _UNIQUE,
    "end.sql:48 without a condition: WHERE a.account_id = ANY(p_accounts) AND a.debit_id = ANY(v_ids)": _UNIQUE,
    "net.sql:24 without a condition: WHERE d.entry_id = p_debt AND d.remaining > p_amount;": _UNIQUE,
    "put_back.sql:29 without a condition: WHERE d.id = p_debit": _UNIQUE,
    "restoring.sql:50 without a condition: WHERE r.debit_id = p_debit AND r.turn = p_turn": _UNIQUE,
    (
        "restoring.sql:12 without a condition: SELECT max(r.turn) + 1 INTO v_turn FROM restored r"
        " WHERE r.debit_id = p_debit;"
    ): _UNIQUE,
    (
        "claw_own.sql:16 > to >=: WHERE l.account_id = p_account AND l.expires_at >= now() AND l.entry_id = ANY(p_own)"
    ): _CHOSEN,
    "claw_own.sql:16 without a condition: WHERE l.account_id = p_account AND l.entry_id = ANY(p_own)": _CHOSEN,
    "claw_own.sql:16 without a condition: WHERE l.expires_at > now() AND l.entry_id = ANY(p_own)": _UNIQUE,
    "capture.sql:25 AND to OR: FROM entry e WHERE e.account_id = p_account OR e.id = p_hold": (
        "all rows of a wallet have the program and currency that are read here, and the key lets one row in"
    ),
    "parts.sql:13 > to >=: HAVING sum(s.amount) >= 0": "every draw is of a point or more, and the sum of none is null",
}
