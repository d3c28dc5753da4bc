"""A statement as PDF: what its page shows, on paper that can be signed, in the language that is asked for."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext, ngettext

from coalition.kernel.db import transact
from coalition.kernel.web import formats
from coalition.kernel.web.paper import Column, Paper
from settlement import statements
from settlement.console import statement_page
from settlement.console.words import say
from settlement.statements import Statement

_MOST = 100  # movements that are printed; beyond it they are in the CSV and the workbook


def pdf(statement: Statement) -> bytes:
    """The statement on paper. The same statement is the same bytes, as long as its state is."""
    stated, entries = transact(lambda: _read(statement))
    head = stated["statement"]
    title = gettext("Statement %(number)s", number=head["number"])
    note = f"{head['number']} · SHA-256 {(head['bundle_sha256'] or '')[:16]}"
    paper = Paper(title, made_at=head["issued_at"], author=stated["operator"]["name"], note=note)
    days = gettext(
        "%(first)s to %(last)s",
        first=formats.when(statement.starts_on, "long"),
        last=formats.when(statement.ends_on, "long"),
    )
    made = gettext("made %(moment)s", moment=formats.when(head["issued_at"], "full"))
    state = say("statement_state", head["state"])
    paper.head(
        title, f"{days} · {made} · {state}", say("attribution", head["attribution"]), mark=head["program"]["name"]
    )
    paper.facts([_party("operator", stated), _party("party", stated), _position(head)])
    for document in stated["documents"]:
        _document(paper, head, document)
    _settled(paper, head)
    _entries(paper, head, entries, stated["entries_total"])
    paper.signatures([(stated[side]["name"], _role(side)) for side in ("operator", "party")])
    return paper.pdf()


def _read(statement: Statement) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    stated = statement_page.stated(statement)
    if stated["entries_total"] > _MOST:
        return stated, []
    found, _ = statements.entries(statement, None, _MOST + 1)
    return stated, [statement_page.entry_told(entry) for entry in found]


def _role(side: str) -> str:
    return str(gettext("Operator") if side == "operator" else gettext("Company"))


def _party(side: str, stated: dict[str, Any]) -> tuple[str, list[str]]:
    party = stated[side]
    lines = [party["name"], party["country"]]
    if party["tax_id"]:
        lines.append(gettext("tax number %(number)s", number=party["tax_id"]))
    return _role(side), lines


def _position(head: dict[str, Any]) -> tuple[str, list[str]]:
    minor = head["position_minor"]
    words = gettext("The company receives") if minor > 0 else gettext("The company pays")
    amount = formats.signed_money(minor, head["currency"], head["currency_decimals"])
    return words if minor else gettext("Nothing is owed"), [amount, gettext("+ receives, − pays; with VAT")]


def _document(paper: Paper, head: dict[str, Any], document: dict[str, Any]) -> None:
    places = head["currency_decimals"]

    def money(minor: int) -> str:
        return formats.signed(minor, places).removeprefix("+")

    sign = gettext("the company receives") if document["sign"] > 0 else gettext("the company pays")
    aside = " · ".join(part for part in (document["number"], sign) if part)
    paper.heading(say("document_name", document["kind"]), aside)
    columns = [
        Column(gettext("Charge"), 3.2),
        Column(gettext("Agreement"), 1.9),
        Column(gettext("Quantity"), 1.5, number=True),
        Column(gettext("Unit price"), 1.5, number=True),
        Column(gettext("Net"), 1.5, number=True),
        Column(gettext("VAT rate"), 1, number=True),
        Column(gettext("VAT"), 1.3, number=True),
        Column(gettext("Total"), 1.6, number=True),
    ]
    rows = [
        [
            say("charge_name", line["code"]),
            line["agreement"] or "",
            formats.points(line["quantity"], head["points_decimals"] if line["unit_price"] is not None else 0),
            formats.exact(line["unit_price"], 6) if line["unit_price"] is not None else "—",
            money(line["net_minor"]),
            formats.rate(line["vat_rate"]),
            money(line["vat_minor"]),
            money(line["net_minor"] + line["vat_minor"]),
        ]
        for line in document["lines"]
    ]
    sums = [money(document["net_minor"]), "", money(document["vat_minor"]), money(document["gross_minor"])]
    paper.table(columns, rows, [gettext("Total with VAT"), "", "", head["currency"], *sums])


def _settled(paper: Paper, head: dict[str, Any]) -> None:
    paper.heading(gettext("Position"))
    amount = formats.signed_money(head["position_minor"], head["currency"], head["currency_decimals"])
    paper.text(f"{amount} — {gettext('+ receives, − pays; with VAT')}")
    if settled := head["settled"]:
        paid = formats.signed_money(settled["minor"], settled["currency"], settled["decimals"])
        rate = formats.exact(settled["rate"], 4)
        paper.text(f"{paid} — {gettext('at %(rate)s, %(source)s', rate=rate, source=settled['source'])}")
    paper.text(
        gettext(
            "A line is the quantity times the unit price, rounded half up once; VAT is its rate times the net of the "
            "document, rounded half up. The movements beneath are never rounded."
        ),
        muted=True,
    )


def _entries(paper: Paper, head: dict[str, Any], entries: list[dict[str, Any]], count: int) -> None:
    amount = formats.points(count)
    paper.heading(
        gettext("Entries"),
        ngettext("%(amount)s movement, never rounded", "%(amount)s movements, never rounded", count, amount=amount),
    )
    if not entries:
        words = gettext("They are in the workbook and in the CSV of this statement.") if count else ""
        paper.text(words or gettext("No movements stand behind this statement."), muted=True)
        return
    columns = [
        Column(gettext("When"), 2.1),
        Column(gettext("What"), 1.8),
        Column(gettext("Receipt or order"), 3.4),
        Column(gettext("Points"), 1.3, number=True),
        Column(gettext("Unit price"), 1.4, number=True),
        Column(gettext("Amount, %(currency)s", currency=head["currency"]), 1.6, number=True),
    ]
    rows = [
        [
            formats.when(one["occurred_at"], "instant_year"),
            say("entry_name", one["code"]),
            one["reference"] or "",
            formats.signed(one["points"], head["points_decimals"]),
            formats.exact(one["unit_price"], 6),
            formats.exact(one["amount"], 2),
        ]
        for one in entries
    ]
    paper.table(columns, rows)
