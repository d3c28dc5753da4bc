"""What it costs: personal prices, delivery, and quotes, which freeze every price for thirty minutes and are used once.

Before that, what a member gathers: the cart, the wish list with the price that was seen, what was looked at last.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from catalog.pricing.carts.cart import Cart, CartLine, abandon, absorb, add, cart, pieces, set_quantity
from catalog.pricing.carts.checking_out import check_out
from catalog.pricing.carts.laws import laws_of_carts
from catalog.pricing.carts.noticing import Dearer, dearer
from catalog.pricing.carts.wishes import (
    Wish,
    absorb_wishes,
    forget_views,
    forget_wish,
    note_view,
    viewed,
    wish,
    wished,
    wishes,
)
from catalog.pricing.cashing import TENDERS, CashPolicy, cash_option, cash_policy, set_cash_policy
from catalog.pricing.delivering.carrying import Place, chargeable_g
from catalog.pricing.delivering.pickups import PickupPoint, pickup_point, pickup_points, set_points
from catalog.pricing.delivering.sizes import Size, set_sizes
from catalog.pricing.delivering.tariff_rows import (
    Service,
    Tariff,
    Zone,
    add_tariff,
    end_tariff,
    remove_service,
    services,
    set_service,
    set_zones,
    tariffs_of,
    zones_of,
)
from catalog.pricing.delivering.tariffs import DELIVERY_KINDS, delivery_options, offer_delivery, ways
from catalog.pricing.importing import Imported, RowProblem, import_grants, import_points, import_tariffs, import_zones
from catalog.pricing.laws import laws
from catalog.pricing.looking import pay_examples, ways_to
from catalog.pricing.personal.applying import WHOLE, Applied
from catalog.pricing.personal.explaining import Considered, Why, why
from catalog.pricing.personal.personalising import Price, personal, prices, rules_of
from catalog.pricing.queries import find
from catalog.pricing.quoting import MAX_QTY, TTL_S, quote
from catalog.pricing.ruling.granting import (
    Grant,
    Granted,
    define_list,
    fill_list,
    follow_merge,
    grant,
    grants_of,
    withdraw,
)
from catalog.pricing.ruling.perks import Perk, end_perk, give_perk
from catalog.pricing.ruling.previewing import Example, Preview, preview
from catalog.pricing.ruling.rebuilding import Rebuilt, rebuild, rebuild_stale
from catalog.pricing.ruling.rules import (
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
from catalog.pricing.splitting import Share, Split, refund_share, split
from catalog.pricing.taking import give_back
from catalog.pricing.types import CashTerms, DeliveryOption, Quote, QuotedLine, QuotedRule
from catalog.pricing.using import confirm, deliver_to, expire

if TYPE_CHECKING:
    from catalog.pricing.browsing import browse
    from catalog.pricing.personal.book import Book, Ranking, book, ranking

_OF_THE_BOOK = dict.fromkeys(("Book", "Ranking", "book", "ranking"), "catalog.pricing.personal.book")
_OF_THE_BOOK["browse"] = "catalog.pricing.browsing"


def __getattr__(name: str) -> Any:
    """The price book and what reads it, loaded when first asked for: numpy takes 13 MB, and a process that imports
    feeds or speaks with suppliers never needs it."""
    if name not in _OF_THE_BOOK:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_OF_THE_BOOK[name]), name)


__all__ = [
    "DELIVERY_KINDS",
    "EFFECTS",
    "MAX_QTY",
    "SCOPES",
    "TENDERS",
    "TTL_S",
    "WHOLE",
    "Applied",
    "Book",
    "Cart",
    "CartLine",
    "CashPolicy",
    "CashTerms",
    "Considered",
    "Dearer",
    "DeliveryOption",
    "Example",
    "Grant",
    "Granted",
    "Imported",
    "Perk",
    "PickupPoint",
    "Place",
    "Preview",
    "Price",
    "Quote",
    "QuotedLine",
    "QuotedRule",
    "Ranking",
    "Rebuilt",
    "RowProblem",
    "Rule",
    "Service",
    "Share",
    "Size",
    "Split",
    "Tariff",
    "Terms",
    "Why",
    "Wish",
    "Zone",
    "abandon",
    "absorb",
    "absorb_wishes",
    "add",
    "add_tariff",
    "book",
    "browse",
    "cart",
    "cash_option",
    "cash_policy",
    "chargeable_g",
    "check_out",
    "confirm",
    "create_rule",
    "dearer",
    "define_list",
    "deliver_to",
    "delivery_options",
    "end_perk",
    "end_tariff",
    "expire",
    "fill_list",
    "find",
    "follow_merge",
    "forget_views",
    "forget_wish",
    "give_back",
    "give_perk",
    "grant",
    "grants_of",
    "import_grants",
    "import_points",
    "import_tariffs",
    "import_zones",
    "laws",
    "laws_of_carts",
    "list_rules",
    "note_view",
    "offer_delivery",
    "pay_examples",
    "personal",
    "pickup_point",
    "pickup_points",
    "pieces",
    "preview",
    "prices",
    "quote",
    "ranking",
    "rebuild",
    "rebuild_stale",
    "refund_share",
    "remove_service",
    "resume_rule",
    "revise_rule",
    "rule",
    "rules_of",
    "services",
    "set_cash_policy",
    "set_points",
    "set_quantity",
    "set_service",
    "set_sizes",
    "set_zones",
    "split",
    "stop_rule",
    "tariffs_of",
    "versions",
    "viewed",
    "ways",
    "ways_to",
    "why",
    "wish",
    "wished",
    "wishes",
    "withdraw",
    "zones_of",
]
