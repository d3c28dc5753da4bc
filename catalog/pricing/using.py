"""Using a frozen price: giving it an address, honouring it once, letting it lapse.

An active quote may be re-addressed (delivery is priced anew, the goods keep their price); confirming it happens inside
the order's transaction and at most once.
"""

from __future__ import annotations

from catalog.ports import Address
from catalog.pricing.checking_out import ordered
from catalog.pricing.queries import find, store_deliveries, written
from catalog.pricing.tariffs import choose
from catalog.pricing.types import Quote
from coalition.kernel.db import execute
from coalition.kernel.errors import Conflict, FieldError, Invalid, NotFound


def deliver_to(quoted: Quote, method: str | None, address: Address) -> Quote:
    """Give an active quote its address and, if `method` is another, its new delivery price. Goods keep theirs.

    Raises Conflict `quote_used` or `quote_expired`, Invalid for a method that a supplier does not offer.
    """
    options = quoted.deliveries
    if method is not None and method != quoted.method:
        options = choose(quoted.lines, method)
    changed = execute(
        "UPDATE quote SET method = :method, address = CAST(:address AS jsonb), delivery_points = :delivery"
        " WHERE id = :id AND state = 'active' AND expires_at > now()",
        {
            "id": quoted.id,
            "method": method or quoted.method,
            "address": written(address),
            "delivery": sum(option.points for option in options),
        },
    )
    if not changed:
        raise _refused(find(quoted.program_id, quoted.id))
    if options is not quoted.deliveries:
        execute("DELETE FROM quote_delivery WHERE quote_id = :id", {"id": quoted.id})
        store_deliveries(quoted.id, options)
    return find(quoted.program_id, quoted.id)


def confirm(program_id: int, member_id: int, quote_id: int) -> Quote:
    """Use the quote, in the order's own transaction; whoever comes second waits and is refused.

    Raises NotFound, Conflict `quote_used` or `quote_expired`, Invalid `address_missing`.
    """
    used = execute(
        "UPDATE quote SET state = 'used' WHERE id = :id AND program_id = :program_id AND member_id = :member_id"
        " AND state = 'active' AND expires_at > now()",
        {"id": quote_id, "program_id": program_id, "member_id": member_id},
    )
    quoted = find(program_id, quote_id)
    if quoted.member_id != member_id:
        raise NotFound()
    if not used:
        raise _refused(quoted)
    if quoted.address is None:
        problem = FieldError("/quote_id", "address_missing", "The quote has no address to deliver to.")
        raise Invalid("address_missing", "Quote again with an address.", [problem])
    ordered(quote_id)
    return quoted


def expire(limit: int) -> int:
    """Mark up to `limit` active quotes whose time is over; the number marked."""
    return execute(
        "UPDATE quote SET state = 'expired' WHERE id IN (SELECT id FROM quote WHERE state = 'active'"
        " AND expires_at <= now() ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED)",
        {"limit": limit},
    )


def _refused(quoted: Quote) -> Conflict:
    if quoted.state == "used":
        return Conflict("quote_used", "An order was already placed with this quote.")
    return Conflict("quote_expired", "The price was held for thirty minutes and is over; ask for a new quote.")
