"""Giving codes out: once each, under a reservation, and the same ones whenever it is asked again."""

from __future__ import annotations

from catalog.rewards.pooling import MAX_CODES, watch
from coalition.kernel import sealing
from coalition.kernel.db import execute, fetch_all, fetch_one
from coalition.kernel.errors import Conflict, NotFound


def take_codes(reservation_key: str, qty: int) -> list[str]:
    """The codes for the first `qty` pieces of a reservation, in clear, in the order of the pieces; call where the
    reward is issued, in the transaction that stores it.

    Locks the reservation, so that two who ask for the same wait for each other; what was issued under it stays what it
    was. Raises NotFound if the key holds nothing from a pool, Conflict `reservation_closed` if the pieces were given
    back, `too_many_codes` for more than are reserved, `codes_missing` if the pool has too few (then it is short by our
    own mistake, and nothing is issued).
    """
    held = fetch_one(
        "SELECT r.offer_id, r.qty, r.state FROM reservation r JOIN code_pool p ON p.offer_id = r.offer_id"
        " WHERE r.key = :key FOR UPDATE OF r",
        {"key": reservation_key},
    )
    if held is None:
        raise NotFound()
    if held.state == "released":
        raise Conflict("reservation_closed", "The pieces were given back to the shelf.")
    if qty > held.qty:
        raise Conflict("too_many_codes", "More codes than pieces are reserved.", reserved=held.qty)
    known = _issued(reservation_key)
    if held.state == "held" and len(known) < qty:
        _issue(held.offer_id, reservation_key, len(known), qty)
        known = _issued(reservation_key)
    if len(known) < qty:
        raise Conflict("codes_missing", "The pool has too few codes.")
    watch(held.offer_id)
    return [sealing.unseal(sealed) for sealed in known[:qty]]


def issued_codes(reservation_key: str) -> list[str]:
    """The codes that were given out under a reservation, in the order of the pieces; none if none were."""
    return [sealing.unseal(sealed) for sealed in _issued(reservation_key)]


def _issue(offer_id: int, key: str, given: int, wanted: int) -> None:
    """Take free codes that nobody else is taking, those that end first first. Raises Conflict `codes_missing`."""
    taken = execute(
        "WITH taken AS (SELECT id FROM code WHERE offer_id = :offer_id AND state = 'free'"
        " AND (expires_on IS NULL OR expires_on >= current_date) ORDER BY expires_on, id LIMIT :n"
        " FOR UPDATE SKIP LOCKED), issued AS (UPDATE code SET state = 'issued' FROM taken WHERE code.id = taken.id)"
        " INSERT INTO code_issue (code_id, reservation_key, unit_no)"
        " SELECT id, :key, :given + row_number() OVER (ORDER BY id) FROM taken",
        {"offer_id": offer_id, "n": wanted - given, "key": key, "given": given},
    )
    if taken < wanted - given:
        raise Conflict("codes_missing", "The pool has too few codes.")


def _issued(key: str) -> list[bytes]:
    rows = fetch_all(
        "SELECT c.sealed FROM code_issue i JOIN code c ON c.id = i.code_id WHERE i.reservation_key = :key"
        " ORDER BY i.unit_no LIMIT :most",
        {"key": key, "most": MAX_CODES},
    )
    return [row.sealed for row in rows]
