"""Placing an order: one transaction that uses the quote, reserves the stock, holds the points and asks for the rest.

Locks, in this order everywhere in the room: the business key, the quote, stock by offer id, the wallet.
"""

from __future__ import annotations

from catalog import pricing, rewards
from catalog.orders.consigning import reservation_key, write
from catalog.orders.moving import born, lock, wake
from catalog.orders.paying import want
from catalog.orders.reading import find
from catalog.orders.types import Order
from catalog.orders.watching import HOLD_TTL_S
from catalog.ports import Address
from catalog.pricing import Quote
from coalition import ledger, partners, programs
from coalition.kernel import audit, ids
from coalition.kernel.db import execute, fetch_one
from coalition.kernel.errors import Conflict, NotFound


def place(
    program_id: int,
    member_id: int,
    partner_id: int,
    *,
    external_id: str,
    quote_id: int,
    request_hash: bytes,
    delivery: tuple[str | None, Address] | None = None,
    pay_points: int | None = None,
    consent_points: int | None = None,
    locale: str = "en",
) -> tuple[Order, bool]:
    """Order what was quoted; the order and whether it had been placed before.

    `pay_points` of the price are paid in points (None: as much as may be), the rest in money on a page in `locale`:
    until that is reserved the order is `placing` and no supplier is asked.
    `delivery` (method and address) is what the buyer chose after the quote; its price may differ, the goods' not.
    A quote whose time is over is priced anew, up to `consent_points` if it has become dearer.
    Idempotent by (partner, external id). Conflict `quote_used`, `quote_expired`, `price_changed`, `out_of_stock`,
    `insufficient_points` or `external_id_conflict`, or what `programs.let_redeem` refuses; NotFound for another's
    quote; Invalid `address_missing` or `points_out_of_limits`.
    """
    execute("SELECT pg_advisory_xact_lock(hashtextextended(:key, 8))", {"key": f"order:{partner_id}:{external_id}"})
    before = _placed_before(partner_id, external_id, request_hash)
    if before is not None:
        return find(program_id, before), True
    if delivery is not None:
        pricing.deliver_to(pricing.find(program_id, quote_id), *delivery)
    quoted = pricing.confirm(program_id, member_id, quote_id, pay_points=pay_points, consent_points=consent_points)
    if quoted.partner_id != partner_id:
        raise NotFound()
    programs.let_redeem(quoted.currency_id, member_id)
    order_id, consigned = write(quoted, external_id, request_hash)
    rewards.reserve([(line.offer_id, line.qty, reservation_key(order_id, line.no)) for line in quoted.lines])
    for consignment in consigned:
        if consignment.points_paid:
            _hold(quoted, consignment.id, consignment.points_paid, request_hash)
    if quoted.cash_minor:
        want(order_id, program_id, quoted.cash_minor, quoted.cash_currency or "", locale)
    else:
        for consignment in consigned:
            wake(lock(consignment.id))
    born(order_id, program_id)
    audit.record("order.place", f"order:{order_id}", member_id=member_id, points=quoted.points, quote_id=quote_id)
    return find(program_id, order_id), False


def _placed_before(partner_id: int, external_id: str, request_hash: bytes) -> int | None:
    row = fetch_one(
        "SELECT id, request_hash FROM customer_order WHERE partner_id = :partner_id AND external_id = :external_id",
        {"partner_id": partner_id, "external_id": external_id},
    )
    if row is None:
        return None
    if bytes(row.request_hash) != request_hash:
        raise Conflict("external_id_conflict", "This external id was used before with another content.")
    return int(row.id)


def _hold(quoted: Quote, consignment_id: int, points: int, request_hash: bytes) -> None:
    wallet = ledger.account(quoted.program_id, quoted.currency_id, ledger.AccountKind.WALLET, quoted.member_id)
    held = ledger.hold(
        wallet,
        points,
        HOLD_TTL_S,
        program_id=quoted.program_id,
        partner_id=partners.operator(quoted.program_id).id,
        currency_id=quoted.currency_id,
        external_id=ids.public("con", consignment_id),
        request_hash=request_hash,
        purpose="order",
        operation=ledger.Operation.ORDER,
        **programs.drawing(programs.currency_by_id(quoted.currency_id)),
    )
    execute(
        "UPDATE consignment SET hold_account_id = :account_id, hold_id = :hold_id WHERE id = :id",
        {"id": consignment_id, "account_id": held.account_id, "hold_id": held.id},
    )
