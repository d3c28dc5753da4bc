"""Which states a payment may go through, as a table; nothing else is allowed anywhere. Pure.

The same pairs stand in the table `payment_transition`, to which every recorded change refers. A payment is `voided`
when we gave it up before anything was captured, `expired` when its time ran out at the provider's, `failed` when the
provider never made a page for it.
"""

from __future__ import annotations

BIRTH = ""

PAYMENT: dict[str, tuple[str, ...]] = {
    BIRTH: ("created",),
    "created": ("opened", "voided", "failed"),
    "opened": ("authorized", "voided", "expired", "failed"),
    "authorized": ("partly_captured", "captured", "voided", "expired"),
    "partly_captured": ("captured",),
    "captured": (),
    "voided": (),
    "expired": (),
    "failed": (),
}

HELD = frozenset({"authorized", "partly_captured"})
ENDED = frozenset({"captured", "voided", "expired", "failed"})


def transitions() -> list[tuple[str, str]]:
    """Every allowed change as (from, to)."""
    return [(at, to) for at, targets in PAYMENT.items() for to in targets]
