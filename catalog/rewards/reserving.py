"""Reserving pieces of stock so that nothing is ever sold twice.

One conditional UPDATE per line decides, in ascending order of offers, and a CHECK backs it up; nobody reads a number
and then acts on it. A reservation has the caller's key: the same key again is the same reservation.
"""

from __future__ import annotations

from collections.abc import Sequence

from coalition.kernel.db import execute, fetch_all, fetch_one, load_sql
from coalition.kernel.errors import Conflict


def reserve(lines: Sequence[tuple[int, int, str]]) -> None:
    """Reserve lines of (offer id, pieces, key), all or, by the rollback that a refusal causes, none.

    Locks the offers' stock rows in ascending order. Raises Conflict `out_of_stock` with the first `offer_id` that has
    too few pieces, and `reservation_conflict` if a key was used for something else or is closed already.
    """
    for offer_id, qty, key in sorted(lines):
        params = {"offer_id": offer_id, "qty": qty, "key": key}
        row = fetch_one(load_sql(__file__, "reserve.sql"), params)
        assert row is not None
        if not row.taken and (row.fresh or not _held(params)):
            raise Conflict("out_of_stock", "There are not enough pieces left.", offer_id=offer_id)


def commit(*keys: str) -> None:
    """The pieces have left: the supplier has taken the order. What is no longer held stays as it is."""
    _close(keys, "committed", "on_hand = s.on_hand - c.qty, ")


def release(*keys: str) -> None:
    """Give the pieces back to the shelf. What is no longer held stays as it is."""
    _close(keys, "released", "")


def split(key: str, qty: int, rest_key: str) -> None:
    """Let a held reservation keep `qty` of its pieces; the others are held under `rest_key` from now on.

    ValueError if it does not hold more than that.
    """
    parted = execute(
        "WITH whole AS (SELECT key, offer_id, qty FROM reservation WHERE key = :key AND state = 'held' AND qty > :qty"
        " FOR NO KEY UPDATE), kept AS (UPDATE reservation r SET qty = :qty FROM whole WHERE r.key = whole.key)"
        " INSERT INTO reservation (key, offer_id, qty) SELECT :rest_key, offer_id, qty - :qty FROM whole",
        {"key": key, "qty": qty, "rest_key": rest_key},
    )
    if not parted:
        raise ValueError(f"the reservation {key} does not hold more than {qty} pieces")


def _held(params: dict[str, object]) -> bool:
    """Whether the key already holds exactly this. Raises Conflict if it stands for anything else."""
    row = fetch_one("SELECT offer_id, qty, state FROM reservation WHERE key = :key", params)
    if row is None:
        return False
    if (row.offer_id, row.qty, row.state) != (params["offer_id"], params["qty"], "held"):
        raise Conflict("reservation_conflict", "This reservation was made for something else, or is closed.")
    return True


def _close(keys: Sequence[str], state: str, shelf: str) -> None:
    ordered = fetch_all(
        "SELECT key FROM reservation WHERE key = ANY(:keys) AND state = 'held' ORDER BY offer_id, key",
        {"keys": list(keys)},
    )
    for row in ordered:
        execute(
            "WITH c AS (UPDATE reservation SET state = :state, closed_at = clock_timestamp()"
            " WHERE key = :key AND state = 'held' RETURNING offer_id, qty)"
            f" UPDATE stock s SET {shelf}reserved = s.reserved - c.qty FROM c WHERE s.offer_id = c.offer_id",
            {"key": row.key, "state": state},
        )
