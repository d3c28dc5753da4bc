"""What it costs: delivery options and quotes, which freeze every price for thirty minutes and are used once.

Before that, what a member gathers: the cart, the wish list with the price that was seen, what was looked at last.
"""

from catalog.pricing.carts import Cart, CartLine, abandon, absorb, add, cart, pieces, set_quantity
from catalog.pricing.checking_out import check_out
from catalog.pricing.laws_of_carts import laws_of_carts
from catalog.pricing.queries import find
from catalog.pricing.quoting import MAX_QTY, TTL_S, quote
from catalog.pricing.tariffs import delivery_options, offer_delivery
from catalog.pricing.types import DeliveryOption, Quote, QuotedLine
from catalog.pricing.using import confirm, deliver_to, expire
from catalog.pricing.wishes import Wish, forget_views, forget_wish, note_view, viewed, wish, wished, wishes

__all__ = [
    "MAX_QTY",
    "TTL_S",
    "Cart",
    "CartLine",
    "DeliveryOption",
    "Quote",
    "QuotedLine",
    "Wish",
    "abandon",
    "absorb",
    "add",
    "cart",
    "check_out",
    "confirm",
    "deliver_to",
    "delivery_options",
    "expire",
    "find",
    "forget_views",
    "forget_wish",
    "laws_of_carts",
    "note_view",
    "offer_delivery",
    "pieces",
    "quote",
    "set_quantity",
    "viewed",
    "wish",
    "wished",
    "wishes",
]
