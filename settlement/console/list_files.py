"""What finance's lists take along when they leave as files: the columns of each.

Statements, periods, reports and reconciliations have files of their own making, with more in them than the screen.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from flask import request
from flask_babel import lazy_gettext as _

from coalition.console.frame import choices, chosen_program
from coalition.kernel.web.exporting import Field, offer, whole
from settlement import statements
from settlement.console import (
    account_pages,
    adjustment_pages,
    agreement_pages,
    agreement_view,
    bank_pages,
    closing_pages,
    exposure_pages,
    pages,
    payout_pages,
    payout_view,
    period_page,
    proof_pages,
    reconciliation_pages,
    report_file_pages,
    report_pages,
    report_settings_pages,
)
from settlement.payouts.aging import BUCKETS

_MONEY = "page.program.currency_decimals"


def _runs(cursor: str | None, limit: int) -> dict[str, Any]:
    program = chosen_program()
    found = payout_view.overview(program, None, cursor)
    return {**choices(program), **found, "next_cursor": found["earlier_runs"]}


def _sums(page: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The runs of a page, a row for each currency."""
    for run in page["runs"]:
        nothing = {"currency": page["program"].currency, "decimals": 0, "in": 0, "out": 0}
        for one in run["sums"] or [nothing]:
            yield {**run, **one}


def _accounts(page: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The companies of a page, a row for each account; one without accounts has a row, too."""
    for company in page["rows"]:
        for account in company["accounts"] or [{"kind": None, "shown": None, "holder": None, "currency": None}]:
            yield {"id": company["id"], "name": company["name"], **account}


def _rates() -> dict[str, Any]:
    return {**choices(chosen_program()), "rates": statements.rates()}


def _aged(page: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for group in page["groups"]:
        for name, amounts in group["lines"]:
            owed = dict(zip((*BUCKETS, "total", "overpaid"), amounts, strict=True))
            yield {"name": name, "currency": group["currency"], "direction": group["direction"], **owed}


offer(
    pages.blueprint,
    "/settlement/periods",
    "periods",
    whole(lambda: {"periods": period_page.overview()}),
    "periods",
    Field(_("Program"), "program.name"),
    Field(_("Period"), "key"),
    Field(_("State"), "state"),
    Field(_("Issued, points"), "issued_points", "integer"),
    Field(_("Redeemed, points"), "redeemed_points", "integer"),
    Field(_("Statements"), "statements", "integer"),
    Field(_("Settled"), "settled_minor", "decimal", minor="currency_decimals"),
    Field(_("Money"), "currency"),
)
offer(
    agreement_pages.blueprint,
    "/companies",
    "index",
    whole(lambda: agreement_view.overview(request.args.get("program", ""))),
    "companies",
    Field(_("Company"), "name"),
    Field(_("Partner"), "partner"),
    Field(_("Version"), "held.version", "integer"),
    Field(_("From day"), "held.starts_on", "date"),
    Field(_("Issued"), "held.issue_price", "decimal"),
    Field(_("Redeemed"), "held.redemption_price", "decimal"),
    Field(_("Fee"), "held.service_price", "decimal"),
    Field(_("Is paid"), "held.redeemer_rate", "decimal"),
    Field(_("Limit"), "held.credit_limit_minor", "decimal", minor=_MONEY),
)
offer(
    adjustment_pages.blueprint,
    "/booked",
    "index",
    adjustment_pages.listed,
    "booked",
    Field(_("Company"), "company"),
    Field(_("Reason"), "row.reason_code"),
    Field(_("Note"), "row.note"),
    Field(_("Corrects"), "row.movement_id"),
    Field(_("Period"), "row.period_code"),
    Field(_("Amount"), "row.amount_minor", "decimal", minor=_MONEY, total=True),
)
offer(
    payout_pages.blueprint,
    "/runs",
    "index",
    _runs,
    _sums,
    Field(_("Run"), "id"),
    Field(_("Period"), "period"),
    Field(_("State"), "state"),
    Field(_("Payments"), "payments", "integer"),
    Field(_("We receive"), "in", "decimal", minor="decimals"),
    Field(_("We pay"), "out", "decimal", minor="decimals"),
    Field(_("Money"), "currency"),
    Field(_("Recorded"), "recorded_at", "moment"),
)
offer(
    account_pages.blueprint,
    "/companies",
    "index",
    whole(account_pages.listed),
    _accounts,
    Field(_("Company"), "name"),
    Field(_("Kind"), "kind"),
    Field(_("Account"), "shown"),
    Field(_("Holder"), "holder"),
    Field(_("Currency"), "currency"),
)
offer(
    bank_pages.blueprint,
    "/statements",
    "index",
    whole(bank_pages.listed),
    "statements",
    Field(_("Number"), "number"),
    Field("IBAN", "iban"),
    Field(_("Until"), "ends_on", "date"),
    Field(_("Opening"), "opening_minor", "decimal", minor=_MONEY),
    Field(_("Closing"), "closing_minor", "decimal", minor=_MONEY),
    Field(_("Currency"), "currency"),
    Field(_("Entries"), "entries", "integer"),
    Field(_("Matched"), "matched", "integer"),
)
offer(
    bank_pages.blueprint,
    "/aging/companies",
    "aging",
    whole(bank_pages.overdue),
    _aged,
    Field(_("Company"), "name"),
    Field(_("Direction"), lambda row: _("receivable") if row["direction"] == "in" else _("payable")),
    Field(_("Currency"), "currency"),
    Field(_("not due yet"), BUCKETS[0], "decimal", minor=_MONEY),
    *(Field(name.replace("_", " "), name, "decimal", minor=_MONEY) for name in BUCKETS[1:]),
    Field(_("Total"), "total", "decimal", minor=_MONEY),
    Field(_("overpaid"), "overpaid", "decimal", minor=_MONEY),
)
offer(
    closing_pages.blueprint,
    "/rates",
    "rates",
    whole(_rates),
    "rates",
    Field(_("Pair"), lambda one: f"{one.base}/{one.quote}"),
    Field(_("Rate"), "rate", "decimal"),
    Field(_("Source"), "source"),
    Field(_("Of"), "at", "moment"),
)
offer(
    reconciliation_pages.blueprint,
    "/reconciliations",
    "index",
    reconciliation_pages.listed_runs,
    "runs",
    Field(_("Partner"), "partner"),
    Field(_("Period"), "period"),
    Field(_("State"), "state"),
    Field(_("File"), "file_name"),
    Field(_("Lines"), "lines", "integer", total=True),
    Field(_("Agree"), "matched", "integer", total=True),
    Field(_("Differ"), "differing", "integer", total=True),
    Field(_("Rejected"), "rejected", "integer", total=True),
    Field(_("Sent"), "created_at", "moment"),
)
offer(
    report_pages.blueprint,
    "/files/list",
    "files",
    whole(lambda: {"files": report_file_pages.listed()}),
    "files",
    Field(_("Report"), "name"),
    Field(_("Program"), "program"),
    Field(_("About"), "about"),
    Field(_("Asked"), "asked_at", "moment"),
    Field(_("State"), "state"),
    Field(_("Size, bytes"), "size", "integer"),
)
offer(
    report_pages.blueprint,
    "/settings/estimates",
    "settings",
    whole(report_settings_pages.listed),
    "estimates",
    Field(_("From day"), "starts_on", "date"),
    Field(_("Issuer"), "company"),
    Field(_("Points currency"), "currency"),
    Field(_("Expected redemption"), lambda row: Decimal(row["share"]).scaleb(-2), "percent"),
    Field(_("Why"), "note"),
    Field(_("By"), "set_by"),
)
offer(
    exposure_pages.blueprint,
    "/companies",
    "index",
    whole(exposure_pages.listed),
    "limits",
    Field(_("Company"), "name"),
    Field(_("Kind"), "kind"),
    Field(_("State"), "alert"),
    Field(_("Limit"), "cap_minor", "decimal", minor=_MONEY),
    Field(_("Used"), "used_minor", "decimal", minor=_MONEY, total=True),
    Field(_("Left"), "left_minor", "decimal", minor=_MONEY, total=True),
    Field(_("Declined in a day"), "declined", "integer", total=True),
)
offer(
    proof_pages.blueprint,
    "/heads",
    "index",
    whole(proof_pages.listed),
    "heads",
    Field(_("Period"), "periods"),
    Field(_("Leaves"), "size", "integer"),
    Field(_("Root (SHA-256)"), "root"),
    Field(_("Signed"), "at", "moment"),
    Field(_("Countersigned by"), lambda row: [one["name"] for one in row["witnesses"]]),
)
