"""What must always hold of carts and the quotes that were made of them."""

from __future__ import annotations

from collections.abc import Sequence

from coalition.kernel.laws import Law


def laws_of_carts() -> Sequence[Law]:
    """Every law of carts."""
    return [
        Law(
            "cart-quote",
            "A cart that is checked out, or was ordered, holds exactly what was quoted",
            "SELECT c.id FROM cart c WHERE c.quote_id IS NOT NULL AND EXISTS ("
            " (SELECT l.reward_id, l.qty FROM cart_line l WHERE l.cart_id = c.id"
            " EXCEPT SELECT q.reward_id, q.qty FROM quote_line q WHERE q.quote_id = c.quote_id)"
            " UNION ALL (SELECT q.reward_id, q.qty FROM quote_line q WHERE q.quote_id = c.quote_id"
            " EXCEPT SELECT l.reward_id, l.qty FROM cart_line l WHERE l.cart_id = c.id))",
        ),
        Law(
            "cart-ordered",
            "A cart is ordered exactly when an order has used its quote",
            "SELECT c.id FROM cart c JOIN quote q ON q.id = c.quote_id"
            " WHERE (c.state = 'ordered') <> (q.state = 'used')",
        ),
    ]
