"""What must always hold of payments: amounts add up, states follow the table, nothing asked for is forgotten."""

from __future__ import annotations

from collections.abc import Sequence

from coalition.kernel.laws import Law

_LATEST = "SELECT DISTINCT ON (payment_id) payment_id, to_state FROM payment_change ORDER BY payment_id, id DESC"
_DONE = "SELECT coalesce(sum(r.amount_minor), 0) FROM payment_request r WHERE r.payment_id = p.id AND r.state = 'done'"


def laws() -> Sequence[Law]:
    """Every law of this room."""
    return [
        Law(
            "Y1",
            "No more is taken and released than was reserved, in the end exactly that; no more given back than taken",
            "SELECT id, program_id FROM payment WHERE captured_minor + voided_minor > authorized_minor"
            " OR refunded_minor > captured_minor OR captured_minor > wanted_minor"
            " OR (state IN ('captured', 'voided', 'expired') AND captured_minor + voided_minor <> authorized_minor)"
            " OR (state IN ('voided', 'expired', 'failed') AND captured_minor <> 0)",
        ),
        Law(
            "Y2",
            "What was taken and given back is what the provider has answered to our requests",
            f"SELECT p.id, p.program_id FROM payment p WHERE captured_minor <> ({_DONE} AND r.kind = 'capture')"
            f" OR refunded_minor <> ({_DONE} AND r.kind = 'refund')",
        ),
        Law(
            "Y3",
            "Only listed changes of a payment have happened, and its state is where the last of them led",
            "SELECT p.id, p.program_id FROM payment p LEFT JOIN payment_change e ON e.payment_id = p.id"
            " LEFT JOIN payment_transition t ON t.from_state = e.from_state AND t.to_state = e.to_state"
            " WHERE t.from_state IS NULL"
            f" UNION ALL SELECT p.id, p.program_id FROM payment p LEFT JOIN ({_LATEST}) e ON e.payment_id = p.id"
            " WHERE p.state IS DISTINCT FROM e.to_state",
        ),
        Law(
            "Y4",
            "Everything asked of the provider was answered within two days, unless people know of it",
            "SELECT r.id, p.program_id FROM payment_request r JOIN payment p ON p.id = r.payment_id"
            " WHERE r.state IN ('created', 'asked', 'unknown') AND r.kind <> 'refund'"
            " AND r.created_at < now() - interval '2 days'",
        ),
        Law(
            "Y5",
            "No message of the provider was left unread for a day",
            "SELECT id FROM payment_event WHERE state = 'received' AND received_at < now() - interval '1 day'",
        ),
        Law(
            "Y6",
            "What was given up before it was paid is not kept: whoever paid at the last moment gets it released",
            "SELECT p.id, p.program_id FROM payment p WHERE p.decided AND p.wanted_minor = 0"
            " AND p.state IN ('authorized', 'opened') AND NOT EXISTS (SELECT FROM payment_request r"
            " WHERE r.payment_id = p.id AND r.kind IN ('void', 'close'))",
        ),
    ]
