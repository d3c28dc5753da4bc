"""What the lists of the catalog's console take along when they leave as files: the columns of each."""

from __future__ import annotations

from decimal import Decimal

from flask_babel import lazy_gettext as _

from catalog.console import (
    delivery_pages,
    feed_pages,
    listing_pages,
    order_pages,
    payment_pages,
    product_pages,
    return_pages,
    rule_pages,
    run_pages,
    shelf_pages,
    supplier_pages,
)
from catalog.console.frame import blueprint
from coalition.kernel.web.exporting import Field, offer, whole

_MONEY = "page.program.currency_decimals"

offer(
    blueprint,
    "/suppliers",
    "supplier_list",
    whole(supplier_pages.listed),
    "suppliers",
    Field(_("Code"), "code"),
    Field(_("Supplier"), "name"),
    Field(_("Supplies"), "kind"),
    Field(_("State"), "state"),
    Field(_("Margin"), lambda one: Decimal(one.margin_bp).scaleb(-4), "percent"),
    Field(_("Offers on sale"), "offers_active", "integer", total=True),
    Field(_("Off sale"), "offers_off", "integer", total=True),
)
offer(
    blueprint,
    "/feeds",
    "feed_list",
    whole(feed_pages.listed),
    "feeds",
    Field(_("Supplier"), "supplier"),
    Field(_("Feed"), "code"),
    Field(_("Format"), "format"),
    Field(_("Last run"), "last.created_at", "moment"),
    Field(_("State"), "last.state"),
    Field(_("Rows"), "last.rows_ok", "integer"),
    Field(_("Good since"), "good_at", "moment"),
    Field(_("Freshness"), "freshness"),
)
offer(
    blueprint,
    "/products",
    "product_list",
    product_pages.listed,
    "cards",
    Field(_("Product"), "id"),
    Field(_("Name"), "title"),
    Field(_("Brand"), "brand"),
    Field("GTIN", "gtin"),
    Field(_("Shelf"), "category"),
    Field(_("Offers"), "offers", "integer"),
    Field(_("On sale"), "on_sale"),
    Field(_("hidden"), "hidden"),
    Field(_("Points"), "points", "decimal", minor="decimals"),
)
offer(
    blueprint,
    "/orders",
    "board",
    order_pages.listed,
    "rows",
    Field(_("Order"), "order"),
    Field(_("Supplier"), "supplier"),
    Field(_("What is asked"), lambda row: row.get("kind")),
    Field(_("Parcel"), lambda row: row.get("tracking_no")),
    Field(_("State"), lambda row: row.get("state") or row.get("status")),
    Field(_("Why"), lambda row: row.get("reason") or row.get("incident")),
    Field(_("Since"), lambda row: row.get("opened_at") or row.get("since") or row.get("placed_at"), "moment"),
    Field(_("Due"), lambda row: row.get("sla_due_at"), "moment"),
)
offer(
    blueprint,
    "/returns",
    "return_list",
    return_pages.listed,
    "returns",
    Field(_("Return"), "id"),
    Field(_("Order"), "order"),
    Field(_("Reason"), "reason"),
    Field(_("Pieces"), "pieces", "integer", total=True),
    Field(_("Asked"), "requested_at", "moment"),
    Field(_("State"), "state"),
)
offer(
    blueprint,
    "/payments",
    "payment_cases",
    whole(payment_pages.listed),
    "cases",
    Field(_("Payment"), lambda one: one.ref or one.subject),
    Field(_("Kind"), "kind"),
    Field(_("We have"), "ours"),
    Field(_("The provider says"), "theirs"),
    Field(_("Since"), "found_at", "moment"),
)
offer(
    blueprint,
    "/prices",
    "rule_list",
    rule_pages.listed,
    "rules",
    Field(_("Code"), "code"),
    Field(_("Rule"), "name"),
    Field(_("For whom"), "segment"),
    Field(_("Scope"), "scope"),
    Field(_("For what"), "about"),
    Field(_("Effect"), "effect"),
    Field(_("Value"), "value", "integer"),
    Field(_("From"), "valid_from", "moment"),
    Field(_("Until"), "valid_to", "moment"),
    Field(_("Points given"), "points_spent", "integer", total=True),
    Field(_("Budget"), "points_budget", "integer"),
    Field(_("State"), "state"),
)
offer(
    blueprint,
    "/price-quarantine",
    "price_list",
    run_pages.listed,
    lambda page: [{"price": one, "supplier": page["names"][one.supplier_id]} for one in page["prices"]],
    Field(_("Article"), "price.sku"),
    Field(_("Offer"), "price.title"),
    Field(_("Supplier"), "supplier"),
    Field(_("Last valid"), "price.last_valid_minor", "decimal", minor=_MONEY),
    Field(_("In the file"), "price.current_minor", "decimal", minor=_MONEY),
    Field(_("Money"), "price.currency"),
    Field(_("Why"), "price.reason"),
    Field(_("Since"), "price.opened_at", "moment"),
)
offer(
    blueprint,
    "/codes",
    "pools",
    whole(shelf_pages.all_pools),
    "pools",
    Field(_("Article"), "supplier_sku"),
    Field(_("Offer"), "title"),
    Field(_("Free"), "free", "integer", total=True),
    Field(_("Held"), "held", "integer", total=True),
    Field(_("Issued"), "issued", "integer", total=True),
    Field(_("Withdrawn"), "withdrawn", "integer", total=True),
    Field(_("Running out"), "is_low"),
)
offer(
    blueprint,
    "/suppliers/<code>/categories",
    "categories",
    whole(shelf_pages.unmapped),
    "unmapped",
    Field(_("Their category"), "category"),
    Field(_("Offers"), "offers", "integer", total=True),
)
offer(
    blueprint,
    "/suppliers/<code>/listing",
    "listing",
    whole(listing_pages.on_sale),
    "listed",
    Field(_("Article"), "sku"),
    Field(_("English"), "title_en"),
    Field(_("Russian"), "title_ru"),
    Field(_("Points there"), "units", "integer"),
    Field(_("Cost"), "cost_minor", "decimal", minor=_MONEY),
    Field(_("Points"), "points", "integer"),
)
offer(
    blueprint,
    "/delivery",
    "delivery",
    delivery_pages.tariffs,
    "tariffs",
    Field(_("Carrier"), "carrier"),
    Field(_("Service"), "service"),
    Field(_("Zone"), "zone"),
    Field(_("From, g"), "from_g", "integer"),
    Field(_("To, g"), "to_g", "integer"),
    Field(_("Base"), "base_minor", "decimal", minor=_MONEY),
    Field(_("Per kg"), "per_kg_minor", "decimal", minor=_MONEY),
    Field(_("From"), "valid_from", "date"),
    Field(_("Until"), "valid_to", "date"),
)
