"""Using a frozen price: giving it an address, honouring it once, pricing it anew when it is over.

An active quote may be re-addressed (delivery is priced anew, the goods keep their price); confirming it happens inside
the order's transaction and at most once. A quote whose time is over, or whose rules have nothing left, is priced anew
there: what has become cheaper is charged at the lower price, what has become dearer only with the member's consent.
"""

from __future__ import annotations

from catalog.ports import Address
from catalog.pricing.carts.checking_out import ordered
from catalog.pricing.delivering.carrying import Place
from catalog.pricing.delivering.pickups import has_points
from catalog.pricing.delivering.tariffs import choose
from catalog.pricing.lining import DELIVERY, Budgets
from catalog.pricing.personal.personalising import rules_of
from catalog.pricing.queries import find, store_deliveries, store_rules, store_split, written
from catalog.pricing.quoting import cash_columns, quote
from catalog.pricing.splitting import split
from catalog.pricing.taking import take
from catalog.pricing.types import Quote
from coalition.kernel.db import RacingKey, execute
from coalition.kernel.errors import Conflict, FieldError, Invalid, NotFound

_ADDRESSED = """
    UPDATE quote SET method = :method, address = CAST(:address AS jsonb), pickup_code = :pickup_code,
           delivery_points = :delivery, points_min = :points_min, points_max = :points_max
     WHERE id = :id"""


def deliver_to(quoted: Quote, method: str | None, address: Address, pickup_code: str | None = None) -> Quote:
    """Give a quote that is not used its address, and with it or another `method` its delivery price. Goods keep theirs.

    One that has expired only notes them: it is priced anew when it is confirmed. Raises Conflict `quote_used` or
    `quote_expired` (superseded), Invalid for a method that a supplier does not offer or no such pick-up point.
    """
    quoted = find(quoted.program_id, quoted.id, lock=True)
    if quoted.state not in ("active", "expired"):
        raise _refused(quoted)
    method, pickup_code = method or quoted.method, pickup_code or quoted.pickup_code
    noted = {"id": quoted.id, "method": method, "address": written(address), "pickup_code": pickup_code}
    delivery = quoted.delivery_points
    if quoted.state == "active" and _moves(quoted, method, address, pickup_code):
        delivery = _resend(quoted, method, Place(address, pickup_code))
    limits = cash_columns(quoted.program_id, quoted.goods_points, delivery)
    execute(_ADDRESSED, {**noted, **limits, "delivery": delivery})
    return find(quoted.program_id, quoted.id)


def confirm(
    program_id: int,
    member_id: int,
    quote_id: int,
    *,
    pay_points: int | None = None,
    consent_points: int | None = None,
) -> Quote:
    """Use the quote, in the order's own transaction; whoever comes second waits and is refused. What it answers may be
    another quote, which supersedes it.

    `pay_points` of the price are paid in points, the rest in money (None: as much in points as may be). A price that
    has risen since is charged up to `consent_points` only. Raises NotFound, Conflict `quote_used`, `quote_expired`
    (superseded) or `price_changed` (which tells `old_points` and `new_points`), Invalid `address_missing`,
    `account_missing`, `pickup_point_missing` or `points_out_of_limits`, and what `quote` raises.
    """
    quoted = find(program_id, quote_id, lock=True)
    if quoted.member_id != member_id:
        raise NotFound()
    if quoted.state not in ("active", "expired"):
        raise _refused(quoted)
    _check_address(quoted)
    held = quoted
    if quoted.state == "expired" or not take(quoted):
        quoted = _anew(quoted, consent_points)
    execute("UPDATE quote SET state = 'used' WHERE id = :id", {"id": quoted.id})
    ordered(held.id, quoted.id)
    store_split(quoted, split(quoted, _chosen(pay_points, held, quoted)))
    return find(program_id, quoted.id)


def expire(limit: int) -> int:
    """Mark up to `limit` active quotes whose time is over; the number marked."""
    return execute(
        "UPDATE quote SET state = 'expired' WHERE id = ANY (ARRAY(SELECT id FROM quote WHERE state = 'active'"
        " AND expires_at <= now() ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED))",
        {"limit": limit},
    )


def _moves(quoted: Quote, method: str, address: Address, pickup_code: str | None) -> bool:
    """Whether this may change what delivery costs."""
    by_tariff = any(option.carrier is not None for option in quoted.deliveries)
    return method != quoted.method or (by_tariff and (address, pickup_code) != (quoted.address, quoted.pickup_code))


def _resend(quoted: Quote, method: str, place: Place) -> int:
    """Price delivery anew and freeze it; the points."""
    rules = rules_of(quoted.program_id, quoted.member_id)
    budgets = Budgets.of(rules)
    options = choose(quoted.program_id, quoted.lines, method, place, rules, budgets)
    execute("DELETE FROM quote_delivery WHERE quote_id = :id", {"id": quoted.id})
    execute("DELETE FROM quote_rule WHERE quote_id = :id AND line_no = :no", {"id": quoted.id, "no": DELIVERY})
    store_deliveries(quoted.id, options)
    store_rules(quoted.id, budgets.taken)
    return sum(option.points for option in options)


def _check_address(quoted: Quote) -> None:
    if quoted.address is None:
        problem = FieldError("/quote_id", "address_missing", "The quote has no address to deliver to.")
        raise Invalid("address_missing", "Quote again with an address.", [problem])
    if quoted.needs_account and not quoted.address.account:
        problem = FieldError("/delivery/address/account", "account_missing", "Whose account gets the points?")
        raise Invalid("account_missing", "Quote again with the number of the account.", [problem])
    fetched = [option.carrier for option in quoted.deliveries if option.kind == "pickup" and option.carrier]
    if quoted.pickup_code is None and any(has_points(quoted.program_id, carrier) for carrier in fetched):
        problem = FieldError("/quote_id", "pickup_point_missing", "No pick-up point was chosen.")
        raise Invalid("pickup_point_missing", "Choose where to fetch the parcel.", [problem])


def _anew(held: Quote, consent_points: int | None) -> Quote:
    """The same for today's price, with its rules used up. Raises Conflict `price_changed` if that is too much."""
    over = "expired" if held.state == "expired" else "superseded"
    execute("UPDATE quote SET state = :state WHERE id = :id", {"id": held.id, "state": over})
    quoted = quote(
        held.program_id,
        held.member_id,
        [(line.reward_id, line.qty) for line in held.lines],
        held.method,
        held.address,
        partner_id=held.partner_id,
        pickup_code=held.pickup_code,
        supersedes=held.id,
    )
    if quoted.points > max(held.points, consent_points or 0):
        words = "The price has risen since it was quoted; say that the new one is agreed."
        raise Conflict("price_changed", words, old_points=held.points, new_points=quoted.points)
    if not take(quoted):
        raise RacingKey
    return quoted


def _chosen(pay_points: int | None, held: Quote, quoted: Quote) -> int:
    """The points that pay: those chosen, or all that may; whoever paid the held price whole pays the new one whole."""
    if pay_points is None:
        return quoted.cash_limits[1]
    if quoted.id == held.id:
        return pay_points
    return quoted.points if pay_points == held.points else min(pay_points, quoted.cash_limits[1])


def _refused(quoted: Quote) -> Conflict:
    if quoted.state == "used":
        return Conflict("quote_used", "An order was already placed with this quote.")
    return Conflict("quote_expired", "The price was held for thirty minutes and is over; ask for a new quote.")
