"""Before the pivot: calling a consignment off, and letting go of what its supplier may have set aside.

Points and stock go back at once. What the supplier holds is let go by a job that repeats itself until the answer is
definite; nothing was bought, so that nobody has to wait for it.
"""

from __future__ import annotations

import datetime as dt

from catalog import pricing
from catalog.orders import consulting, paying
from catalog.orders.moving import Locked, go, lock, said, wake
from catalog.orders.states import FAILED
from catalog.orders.supplying.settling import give_up
from catalog.ports import Cancelled, CancelRefused, NotFound, Undone
from coalition.kernel import audit, clock
from coalition.kernel.db import execute, fetch_one

# How long we try by ourselves before somebody has to look.
PATIENCE = dt.timedelta(hours=24)


def back_out(consignment: Locked, reason: str | None) -> Locked:
    """Call off what was not confirmed: `released`; RuntimeError after the pivot."""
    return refuse(consignment, "released", reason)


def refuse(consignment: Locked, state: str, reason: str | None, *, by_supplier: bool = False) -> Locked:
    """End a consignment that nobody delivers (`rejected`, `released`): stock, points and cash go back.

    Unless it is the supplier that refuses (`by_supplier`), what it may have set aside is let go.
    """
    give_back_offers(consignment)
    give_up(consignment)
    held = consignment.caps.hold and consignment.supplier_state != "created" and not by_supplier
    _let_go(consignment, state, held)
    consulting.settle(consignment.id)
    ended = go(consignment, state, reason)
    paying.decided(ended)
    if held:
        wake(ended)
    return ended


def released(consignment_id: int, outcome: Undone) -> bool:
    """Record what a supplier says to our letting go; whether that was definite."""
    consignment = lock(consignment_id)
    if consignment.supplier_state != "releasing":
        return True
    if isinstance(outcome, Cancelled) or (isinstance(outcome, NotFound) and never_came(consignment)):
        said(consignment_id, state="released", undo_since=None)
        consulting.settle(consignment_id)
        return True
    if isinstance(outcome, CancelRefused):
        consulting.open_one(consignment, "live_after_release", code=outcome.code, client_ref=consignment.client_ref)
        return True
    if consignment.undo_since is not None and clock.now() - consignment.undo_since > PATIENCE:
        consulting.open_one(consignment, "release_unknown", client_ref=consignment.client_ref)
        return True
    return False


def reserved_after_all(consignment: Locked, external_id: str) -> None:
    """A hold was made of what we had called off in the meantime: it is let go, too."""
    audit.record("order.late_hold", f"consignment:{consignment.id}", external_id=external_id)
    said(consignment.id, state="releasing", external_id=external_id, undo_since=clock.now())
    wake(consignment)


def never_came(consignment: Locked) -> bool:
    """Whether "never seen" is definite by now: long enough after we last sent something under the reference."""
    final_s = consignment.caps.not_found_is_final_after_s
    if final_s is None:
        return False
    return consignment.sent_at is None or clock.now() - consignment.sent_at > dt.timedelta(seconds=final_s)


def give_back_offers(consignment: Locked) -> None:
    """An order that comes to nothing with this consignment has used up no budget and no personal offer.

    Call before stock and wallets are touched: rules are locked before them, as when the order was placed.
    """
    order = fetch_one(
        "SELECT quote_id, EXISTS (SELECT FROM consignment c WHERE c.order_id = o.id AND c.id <> :consignment_id"
        " AND c.state <> ALL(:failed)) AS lives FROM customer_order o WHERE o.id = :id",
        {"id": consignment.order_id, "consignment_id": consignment.id, "failed": list(FAILED)},
    )
    assert order is not None
    if not order.lives:
        pricing.give_back(order.quote_id)


def _let_go(consignment: Locked, state: str, held: bool) -> None:
    """The supplier's side of it: `released` if it was never asked, `releasing` if it may hold something for us."""
    told = "releasing" if held else "rejected" if state == "rejected" else "released"
    execute(
        "UPDATE supplier_order SET state = :state, answered_at = now(), checks = 0,"
        " undo_since = CASE WHEN :state = 'releasing' THEN now() END WHERE consignment_id = :id",
        {"id": consignment.id, "state": told},
    )
