"""Every law of this floor, in one place for `flask coalition verify`."""

from __future__ import annotations

from catalog import orders, payments, pricing, rewards, shipments, suppliers
from coalition.kernel import laws

SOURCES = (
    suppliers.laws,
    rewards.laws,
    pricing.laws,
    pricing.laws_of_carts,
    payments.laws,
    orders.laws,
    orders.laws_of_returns,
    shipments.laws,
)


def register() -> None:
    """Let them be verified with the others."""
    for source in SOURCES:
        laws.register(source)
