"""What it costs: personal prices, delivery, and quotes, which freeze every price for thirty minutes and are used once.

Before that, what a member gathers: the cart, the wish list with the price that was seen, what was looked at last.
"""

from catalog.pricing.applying import WHOLE, Applied
from catalog.pricing.carts import Cart, CartLine, abandon, absorb, add, cart, pieces, set_quantity
from catalog.pricing.checking_out import check_out
from catalog.pricing.granting import Grant, Granted, define_list, fill_list, grant, grants_of, withdraw
from catalog.pricing.laws_of_carts import laws_of_carts
from catalog.pricing.personalising import Price, personal, prices, rules_of
from catalog.pricing.queries import find
from catalog.pricing.quoting import MAX_QTY, TTL_S, quote
from catalog.pricing.rebuilding import Rebuilt, rebuild, rebuild_stale
from catalog.pricing.rules import (
    EFFECTS,
    SCOPES,
    Rule,
    Terms,
    create_rule,
    list_rules,
    resume_rule,
    revise_rule,
    rule,
    stop_rule,
    versions,
)
from catalog.pricing.tariffs import delivery_options, offer_delivery
from catalog.pricing.types import DeliveryOption, Quote, QuotedLine
from catalog.pricing.using import confirm, deliver_to, expire
from catalog.pricing.wishes import Wish, forget_views, forget_wish, note_view, viewed, wish, wished, wishes

__all__ = [
    "EFFECTS",
    "MAX_QTY",
    "SCOPES",
    "TTL_S",
    "WHOLE",
    "Applied",
    "Cart",
    "CartLine",
    "DeliveryOption",
    "Grant",
    "Granted",
    "Price",
    "Quote",
    "QuotedLine",
    "Rebuilt",
    "Rule",
    "Terms",
    "Wish",
    "abandon",
    "absorb",
    "add",
    "cart",
    "check_out",
    "confirm",
    "create_rule",
    "define_list",
    "deliver_to",
    "delivery_options",
    "expire",
    "fill_list",
    "find",
    "forget_views",
    "forget_wish",
    "grant",
    "grants_of",
    "laws_of_carts",
    "list_rules",
    "note_view",
    "offer_delivery",
    "personal",
    "pieces",
    "prices",
    "quote",
    "rebuild",
    "rebuild_stale",
    "resume_rule",
    "revise_rule",
    "rule",
    "rules_of",
    "set_quantity",
    "stop_rule",
    "versions",
    "viewed",
    "wish",
    "wished",
    "wishes",
    "withdraw",
]
