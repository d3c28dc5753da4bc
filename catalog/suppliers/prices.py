"""Prices that jumped and wait for a person: what the file says now, beside the last valid one, which stays on sale."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, fields

from coalition.kernel import audit
from coalition.kernel.db import execute, fetch_all, fetch_one
from coalition.kernel.errors import Conflict, NotFound


@dataclass(frozen=True, slots=True)
class QuarantinedPrice:
    """`current_minor` is what the file says, `last_valid_minor` what is on sale; `reason`: `drop`, `rise` or `floor`.

    `state`: `open`, `released`, `refused`, or `superseded` by a later file.
    """

    id: int
    offer_id: int
    supplier_id: int
    run_id: int
    sku: str
    title: str
    last_valid_minor: int
    current_minor: int
    currency: str
    reason: str
    state: str
    opened_at: dt.datetime
    closed_at: dt.datetime | None
    closed_by: str | None


_OF_OFFER = {"supplier_id": "o.supplier_id", "sku": "o.supplier_sku AS sku", "title": "o.title"}
_PRICE = (
    "SELECT "
    + ", ".join(_OF_OFFER.get(field.name, f"q.{field.name}") for field in fields(QuarantinedPrice))
    + " FROM price_quarantine q JOIN offer o ON o.id = q.offer_id"
)


def quarantined_prices(
    supplier_ids: Sequence[int], *, state: str = "open", before: int | None = None, limit: int = 50
) -> Sequence[QuarantinedPrice]:
    """Suppliers' prices in this state, the latest first, behind the entry `before`."""
    rows = fetch_all(
        f"{_PRICE} WHERE o.supplier_id = ANY(:suppliers) AND q.state = :state"
        " AND (CAST(:before AS bigint) IS NULL OR q.id < :before) ORDER BY q.id DESC LIMIT :limit",
        {"suppliers": list(supplier_ids), "state": state, "before": before, "limit": limit},
    )
    return [QuarantinedPrice(**row._mapping) for row in rows]


def quarantined_price(price_id: int) -> QuarantinedPrice:
    """One entry. Raises NotFound."""
    row = fetch_one(f"{_PRICE} WHERE q.id = :id", {"id": price_id})
    if row is None:
        raise NotFound()
    return QuarantinedPrice(**row._mapping)


def release_price(price_id: int, reason: str) -> QuarantinedPrice:
    """Put the offer on sale at the price that the file says. Raises NotFound, Conflict `price_decided`."""
    found = _close(price_id, "released", reason)
    execute(
        "UPDATE offer SET price_version = price_version + (cost_minor <> :price)::int, cost_minor = :price,"
        " updated_at = now() WHERE id = :offer",
        {"offer": found.offer_id, "price": found.current_minor},
    )
    return found


def refuse_price(price_id: int, reason: str) -> QuarantinedPrice:
    """Keep the last valid price until the file says another one. Raises NotFound, Conflict `price_decided`."""
    return _close(price_id, "refused", reason)


def _close(price_id: int, state: str, reason: str) -> QuarantinedPrice:
    """Decide once. Locks the offer's feed first, as a run that is concluded does."""
    execute(
        "SELECT 1 FROM feed WHERE id = (SELECT o.feed_id FROM price_quarantine q JOIN offer o ON o.id = q.offer_id"
        " WHERE q.id = :id) FOR UPDATE",
        {"id": price_id},
    )
    changed = execute(
        "UPDATE price_quarantine SET state = :state, closed_at = now(), closed_by = :actor"
        " WHERE id = :id AND state = 'open'",
        {"id": price_id, "state": state, "actor": audit.origin().actor},
    )
    found = quarantined_price(price_id)
    if not changed:
        raise Conflict("price_decided", f"This price is {found.state} already.")
    audit.record(
        f"price.{state}",
        f"offer:{found.offer_id}",
        price_minor=found.current_minor,
        last_valid_minor=found.last_valid_minor,
        reason=reason,
    )
    return found
