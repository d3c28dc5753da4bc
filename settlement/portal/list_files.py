"""What the partner's lists of this floor take along when they leave as files: the columns of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flask_babel import lazy_gettext as _

from coalition.kernel.web.exporting import Field, offer, whole
from settlement.portal import agreement_page, dispute_pages, statement_pages
from settlement.portal.blueprint import blueprint


def _versions(page: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Every version of every company's agreement."""
    for company in page["companies"]:
        for version in company["versions"]:
            yield {**version, "company": company["name"]}


offer(
    blueprint,
    "/agreements",
    "agreements",
    whole(agreement_page.listed),
    _versions,
    Field(_("Company"), "company"),
    Field(_("Version"), "version", "integer"),
    Field(_("First day"), "starts_on", "date"),
    Field(_("Last day"), "ends_on", "date"),
    Field(_("in force"), "held"),
    Field(_("Price of a point issued"), "issue_price", "decimal"),
    Field(_("Price of a point redeemed"), "redemption_price", "decimal"),
    Field(_("Service fee per point"), "service_price", "decimal"),
    Field(_("Paid per point redeemed there"), "redeemer_rate", "decimal"),
    Field(_("VAT rate"), "vat_rate", "percent"),
    Field(_("Settlement currency"), "currency"),
)
offer(
    blueprint,
    "/disputes",
    "disputes",
    dispute_pages.listed,
    "disputes",
    Field(_("Number"), "id"),
    Field(_("What is wrong"), "reason"),
    Field(_("State"), "state"),
    Field(_("Disputed"), "amount_minor", "decimal", minor="page.decimals"),
    Field(_("Money"), "currency"),
    Field(_("Opened"), "opened_at", "moment"),
    Field(_("Answer by"), "due_at", "moment"),
)
offer(
    blueprint,
    "/statements",
    "statements",
    statement_pages.listed,
    "statements",
    Field(_("Number"), "number"),
    Field(_("Statement"), "id"),
    Field(_("Period"), "period"),
    Field(_("Company"), "company"),
    Field(_("State"), "state"),
    Field(_("Position"), "position_minor", "decimal", minor="currency_decimals", total=True),
    Field(_("Money"), "currency"),
    Field(_("To settle"), "settled_minor", "decimal", minor="settled_decimals"),
    Field(_("Settlement currency"), "settled_currency"),
    Field(_("Made"), "issued_at", "moment"),
)
