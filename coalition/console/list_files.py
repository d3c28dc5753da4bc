"""What the lists of the console take along when they leave as files: the columns of each."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from flask_babel import lazy_gettext as _

from coalition.console import (
    administration,
    approval_pages,
    coupon_pages,
    job_pages,
    letter_pages,
    member_pages,
    partner_pages,
    people_pages,
    program_pages,
    registry_pages,
    registry_tending,
    search_page,
    suspense_pages,
    tier_pages,
)
from coalition.console.frame import blueprint, currency_name
from coalition.kernel.web.exporting import Field, offer, whole


def _moved(step: Mapping[str, Any]) -> Decimal | None:
    """What a step of a timeline moved, with its sign, or what a purchase came to; nothing for a deed."""
    if step["sort"] == "movement":
        return Decimal(step["amount"]).scaleb(-step["currency"].decimals)
    return Decimal(step["total_minor"]).scaleb(-step["decimals"]) if step["sort"] == "purchase" else None


offer(
    blueprint,
    "/registries",
    "registries",
    registry_pages.listed,
    "registries",
    Field(_("Registry"), "id"),
    Field(_("Sent"), "created_at", "moment"),
    Field(_("Partner"), "partner"),
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
    "/suspense",
    "suspense_list",
    suspense_pages.listed,
    "receipts",
    Field(_("Receipt"), "number"),
    Field(_("Partner"), "partner"),
    Field(_("Bought"), "occurred_at", "moment"),
    Field(_("Identifier"), "kind"),
    Field(_("ending in"), "hint"),
    Field(_("Total"), "total", "decimal", minor="decimals", total=True),
    Field(_("Money"), "currency"),
    Field(_("Returns"), lambda one: len(one["returns"]), "integer", total=True),
    Field(_("State"), "state"),
    Field(_("Why"), "reason"),
)
offer(
    blueprint,
    "/approvals",
    "approval_list",
    approval_pages.listed,
    "approvals",
    Field(_("Request"), "id"),
    Field(_("Kind"), "kind"),
    Field(_("State"), "state"),
    Field(_("Member"), "member.name"),
    Field(_("Reason"), "reason"),
    Field(_("Asked by"), "requested_by"),
    Field(_("Asked"), "requested_at", "moment"),
    Field(_("Approved by"), "approver"),
    Field(_("Refused because"), "rejection"),
)
offer(
    blueprint,
    "/members",
    "search",
    search_page.listed,
    "found",
    Field(_("Member"), "id"),
    Field(_("Name"), "name"),
    Field(_("E-mail"), "email"),
    Field(_("Phone"), "phone"),
    Field(_("Partner’s number"), "external_id"),
    Field(_("State"), "state"),
    Field(_("Tier"), "tier"),
    Field(_("Partner"), "partner"),
    Field(_("Enrolled"), "enrolled_at", "moment"),
)
offer(
    blueprint,
    "/members/<member>/timeline",
    "member_timeline",
    member_pages.steps,
    "steps",
    Field(_("When"), "at", "moment"),
    Field(_("What"), lambda step: step.get("operation") or step.get("action") or step["sort"]),
    Field(_("Kind"), lambda step: step.get("kind")),
    Field(_("Receipt"), lambda step: step.get("reference")),
    Field(_("Partner or person"), lambda step: step.get("partner") or step.get("actor")),
    Field(_("Amount"), _moved, "decimal"),
    Field(_("Currency"), lambda step: getattr(step.get("currency"), "code", step.get("currency"))),
)
offer(
    blueprint,
    "/members/<member>/identifiers",
    "member_identifiers",
    whole(member_pages.presented),
    "identifiers",
    Field(_("Identifier"), "kind"),
    Field(_("ending in"), "hint"),
    Field(_("State"), "state"),
    Field(_("Partner"), "partner"),
    Field(_("Added"), "added_at", "moment"),
)
offer(
    blueprint,
    "/programs",
    "program_list",
    whole(program_pages.listed),
    "rows",
    Field(_("Name"), "program.name"),
    Field(_("Code"), "program.code"),
    Field(_("State"), "program.state"),
    Field(_("Currencies"), "currencies"),
    Field(_("Money"), "program.currency"),
    Field(_("Time zone"), "program.zone"),
)
offer(
    blueprint,
    "/programs/<code>/tiers",
    "tiers",
    whole(tier_pages.listed),
    lambda page: page["ladder"].tiers,
    Field(_("Tier"), currency_name),
    Field(_("Code"), "code"),
    Field(_("From"), "threshold", "decimal", minor="page.currency.decimals"),
)
offer(
    administration.blueprint,
    "/partners",
    "partner_list",
    whole(partner_pages.listed),
    "rows",
    Field(_("Partner"), "partner.name"),
    Field(_("Code"), "partner.code"),
    Field(_("Kind"), "partner.kind"),
    Field(_("Companies"), "entities"),
    Field(_("Outlets"), "outlets", "integer", total=True),
    Field(_("Clients"), "clients", "integer", total=True),
    Field(_("Suspended"), "suspended"),
)
offer(
    administration.blueprint,
    "/people",
    "people",
    people_pages.listed,
    "people",
    Field(_("E-mail"), "email"),
    Field(_("Roles"), "roles"),
    Field(_("Switched off"), lambda one: not one["active"]),
    Field(_("Second factor"), "second_factor"),
    Field(_("Last seen"), "seen_at", "moment"),
    Field(_("Joined"), "created_at", "moment"),
)
offer(
    administration.blueprint,
    "/jobs",
    "job_list",
    job_pages.listed,
    "jobs",
    Field(_("Job"), "id", "integer"),
    Field(_("Kind"), "kind"),
    Field(_("Key"), "key"),
    Field(_("State"), "state"),
    Field(_("Attempts"), "attempts", "integer"),
    Field(_("Asked"), "created_at", "moment"),
    Field(_("Due"), "due_at", "moment"),
    Field(_("Finished"), "finished_at", "moment"),
    Field(_("Error"), "error"),
)
offer(
    administration.blueprint,
    "/letters",
    "letter_list",
    letter_pages.listed,
    "letters",
    Field(_("To"), "recipient"),
    Field(_("Letter"), "kind"),
    Field(_("Attempts"), "attempts", "integer"),
    Field(_("Given up"), "closed_at", "moment"),
    Field(_("Error"), "error"),
)
offer(
    coupon_pages.blueprint,
    "/batches",
    "index",
    whole(coupon_pages.listed),
    "batches",
    Field(_("Code"), "code"),
    Field(_("Name"), currency_name),
    Field(_("Kind"), "kind"),
    Field(_("Opens"), "opens"),
    Field(_("Wanted"), "wanted", "integer"),
    Field(_("Made"), "made", "integer", total=True),
    Field(_("Valid from"), "valid_from", "moment"),
    Field(_("Valid until"), "valid_until", "moment"),
    Field(_("State"), "state"),
)
