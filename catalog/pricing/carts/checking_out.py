"""From a cart to a promise of its price, and to the order that uses it."""

from __future__ import annotations

from catalog.pricing.carts.cart import Cart, cart, lock
from catalog.pricing.quoting import quote
from catalog.pricing.types import Quote
from coalition.kernel.db import execute
from coalition.kernel.errors import FieldError, Invalid


def check_out(program_id: int, member_id: int, method: str | None, *, partner_id: int) -> Quote:
    """Hold the price of everything in the member's cart; what was held for it before lapses.

    Locks the old quote, then the cart. Raises Invalid `cart_empty`, or `cart_problems` while a line of it cannot be
    ordered as it stands.
    """
    lock(member_id)
    found = cart(program_id, member_id)
    _be_orderable(found)
    lines = [(line.reward.id, line.qty) for line in found.lines]
    quoted = quote(program_id, member_id, lines, method, None, partner_id=partner_id)
    execute(
        "UPDATE cart SET state = 'checking_out', quote_id = :quote_id, changed_at = now() WHERE id = :id",
        {"id": found.id, "quote_id": quoted.id},
    )
    return quoted


def ordered(quote_id: int, used_id: int) -> None:
    """An order uses this quote, or the one that supersedes it: the cart that it was made of, if any, is ordered.

    In the order's own transaction.
    """
    execute(
        "UPDATE cart SET state = 'ordered', quote_id = :used, changed_at = now()"
        " WHERE quote_id = :id AND state = 'checking_out'",
        {"id": quote_id, "used": used_id},
    )


def _be_orderable(found: Cart) -> None:
    if not found.lines:
        raise Invalid("cart_empty", "There is nothing in the cart.")
    problems = [
        FieldError(f"/lines/{at}", line.problem, "This cannot be ordered as it stands.")
        for at, line in enumerate(found.lines)
        if line.problem is not None
    ]
    if problems:
        raise Invalid("cart_problems", "Not everything in the cart can be ordered.", problems)
