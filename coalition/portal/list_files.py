"""What the lists of the portal take along when they leave as files: the columns of each."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import partial
from typing import Any

from flask_babel import lazy_gettext as _

from coalition.console import registry_tending
from coalition.kernel.web.exporting import Field, offer, whole
from coalition.portal import (
    client_pages,
    company_page,
    member_pages,
    operation_pages,
    outlet_pages,
    promotion_pages,
    registry_pages,
    report_pages,
    team_pages,
)
from coalition.portal.frame import blueprint


def _points(row: Mapping[str, Any], of: str = "points") -> str:
    """Points of a row, each currency by its name, which stands first: so it needs no plural."""
    return ", ".join(f"{one['name']}: {Decimal(one['units']).scaleb(-one['decimals']):f}" for one in row[of])


offer(
    blueprint,
    "/operations",
    "operations",
    operation_pages.listed,
    "receipts",
    Field(_("Receipt"), "number"),
    Field(_("Number"), "id"),
    Field(_("When"), "occurred_at", "moment"),
    Field(_("Outlet"), "outlet"),
    Field(_("Member"), "member"),
    Field(_("Amount"), "total_minor", "decimal", minor="decimals", total=True),
    Field(_("Money"), "currency"),
    Field(_("Earned"), _points),
    Field(_("Paid with points"), "points_paid_minor", "decimal", minor="decimals", total=True),
    Field(_("Paid back"), "refund_minor", "decimal", minor="decimals", total=True),
    Field(_("State"), "state"),
)
offer(
    blueprint,
    "/registries",
    "registries",
    registry_pages.listed,
    "registries",
    Field(_("Registry"), "id"),
    Field(_("Sent"), "created_at", "moment"),
    *registry_tending.COUNTS,
)
offer(
    blueprint,
    "/registries/<registry>/rejections",
    "registry",
    registry_pages.one,
    "rejections",
    *registry_tending.REJECTED,
    endless=True,
)
offer(
    blueprint,
    "/reports",
    "reports",
    whole(report_pages.listed),
    lambda page: [*page["groups"], *([page["whole"]] if page["whole"] else [])],
    Field(_("Day, month or outlet"), "title"),
    Field(_("Receipts"), "receipts", "integer"),
    Field(_("Sales"), "sold_minor", "decimal", minor="decimals"),
    Field(_("Average receipt"), "average_minor", "decimal", minor="decimals"),
    Field(_("Returns"), "returns", "integer"),
    Field(_("Paid back"), "refund_minor", "decimal", minor="decimals"),
    Field(_("Money"), "currency"),
    Field(_("Members who bought"), "buyers", "integer"),
    Field(_("New members"), "enrolled", "integer"),
    Field(_("Points issued"), "given", "decimal", minor="points_decimals"),
    Field(_("Issued in other currencies"), partial(_points, of="others_given")),
    Field(_("Points redeemed"), "spent", "decimal", minor="points_decimals"),
    Field(_("Redeemed in other currencies"), partial(_points, of="others_spent")),
    Field(_("Paid with points"), "redeemed_minor", "decimal", minor="decimals"),
)
offer(
    blueprint,
    "/members",
    "members_enrolled",
    member_pages.listed,
    "people",
    Field(_("Member"), "id"),
    Field(_("Your number of the member"), "number"),
    Field(_("Name"), "name"),
    Field(_("E-mail"), "email"),
    Field(_("Phone"), "phone"),
    Field(_("Tier"), "tier"),
    Field(_("State"), "state"),
    Field(_("Enrolled"), "enrolled_at", "moment"),
)
offer(
    blueprint,
    "/clients",
    "clients",
    whole(client_pages.listed),
    "clients",
    Field(_("Client"), "id"),
    Field(_("Name"), "name"),
    Field(_("Kind"), "kind"),
    Field(_("Rights"), "scopes"),
    Field(_("active"), "active"),
    Field(_("Last used"), "used_at", "moment"),
    Field(_("Registered"), "created_at", "moment"),
)
offer(
    blueprint,
    "/team",
    "team",
    team_pages.listed,
    "people",
    Field(_("E-mail"), "email"),
    Field(_("What they may do"), "roles"),
    Field(_("active"), "active"),
    Field(_("Second factor"), "second_factor"),
    Field(_("Registered"), "created_at", "moment"),
    Field(_("Last seen"), "seen_at", "moment"),
)
offer(
    blueprint,
    "/outlets",
    "outlets",
    outlet_pages.listed,
    "outlets",
    Field(_("Code"), "code"),
    Field(_("Outlet name"), "name"),
    Field(_("Company"), "entity"),
    Field(_("City"), "city"),
    Field(_("Address"), "address"),
    Field(_("Time zone"), "zone"),
    Field(_("Latitude"), "lat", "decimal"),
    Field(_("Longitude"), "lon", "decimal"),
    Field(_("Closed"), "closed_at", "moment"),
)
offer(
    blueprint,
    "/company",
    "company",
    whole(company_page.listed),
    "entities",
    Field(_("Company"), "name"),
    Field(_("Code"), "code"),
    Field(_("Country"), "country"),
    Field(_("Tax number"), "tax_id"),
)
offer(
    blueprint,
    "/promotions",
    "promotions_here",
    promotion_pages.listed,
    "proposals",
    Field(_("Number"), "id"),
    Field(_("Name"), "proposal.name"),
    Field(_("What members should get, and for what"), "proposal.words"),
    Field(_("First day"), "proposal.begins_on", "date"),
    Field(_("Last day"), "proposal.ends_on", "date"),
    Field(_("Budget"), "proposal.budget_minor", "decimal", minor="page.program.currency_decimals"),
    Field(_("You would pay for the points"), "proposal.pays"),
    Field(_("State"), "proposal.state"),
    Field(_("Promotion"), "proposal.code"),
    Field(_("Reason"), "proposal.reason"),
    Field(_("Proposed"), "proposal.proposed_at", "moment"),
)
