"""The act of reconciliation as a page that prints, and as PDF: for finance, and by the same functions for the partner.

`run` names a reconciliation whose differences are summed up in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, render_template, request
from flask_babel import gettext

from coalition import partners, programs
from coalition.kernel import clock, ids
from coalition.kernel.db import transact
from coalition.kernel.errors import NotFound
from coalition.kernel.web import formats
from coalition.kernel.web.language import spoken
from coalition.kernel.web.pages import use_zone
from coalition.kernel.web.paper import Column, Paper
from settlement import accruals, payouts, reconciliation
from settlement.console.difference_files import class_name
from settlement.reconciliation import Act, ActLine, Paid, Total


@dataclass(frozen=True, slots=True)
class Printed:
    """All that an act says: both parties, the account in each currency, the differences of a file if one is named."""

    program: programs.Program
    operator: partners.LegalEntity
    entity: partners.LegalEntity
    period: str
    acts: list[Act]
    totals: list[Total]
    places: tuple[int, int]


def register(blueprint: Blueprint) -> None:
    """Let these pages be part of the blueprint of reconciliations."""
    blueprint.add_url_rule("/acts/<int:entity_id>/<period>", "act", page)
    blueprint.add_url_rule("/acts/<int:entity_id>/<period>.pdf", "act_pdf", pdf)


def page(entity_id: int, period: str) -> str:
    """The act as a page."""
    act = transact(lambda: read(entity_id, period, request.args.get("run")))
    return render_template("settlement/act.html", nav="settlement", run=request.args.get("run"), **shown(act))


def pdf(entity_id: int, period: str) -> Response:
    """The act on paper, in the language of `?lang=`, else the viewer's."""
    return file(transact(lambda: read(entity_id, period, request.args.get("run"))))


def file(act: Printed) -> Response:
    """An act that was read, as PDF in the language of `?lang=`, else the viewer's."""
    with spoken(request.args.get("lang")) as language:
        paper = printed(act)
    period = act.period
    name = f"act-{act.entity.code}-{period}-{language}.pdf"
    return Response(
        paper, content_type="application/pdf", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


def read(entity_id: int, period: str, run: str | None, *, told: bool = False) -> Printed:
    """The act of an entity over a period; `told`: of what it was sent alone. Raises NotFound, Invalid `bad_period`."""
    starts_on, ends_on = accruals.days_of(period)
    entity = partners.entity(entity_id)
    program = programs.get(entity.program_id)
    use_zone(program.zone)
    paid = [
        Paid(
            one.value_on, one.reference, one.currency, one.amount_minor if one.direction == "in" else -one.amount_minor
        )
        for one in payouts.moved(entity.id)
    ]
    found = reconciliation.acts(entity.id, starts_on, ends_on, paid, told=told)
    totals = []
    if run:
        at = reconciliation.run(ids.parse("rcn", run), partner_id=entity.partner_id)
        if at.period != period:
            raise NotFound()
        totals = reconciliation.totals(at.id)
    places = (program.currency_decimals, programs.main_currency(program.id).decimals)
    return Printed(program, partners.operator_entity(program.id), entity, period, found, totals, places)


def shown(act: Printed) -> dict[str, Any]:
    """The act as its template wants it."""
    return {
        "program": act.program,
        "operator": act.operator,
        "entity": act.entity,
        "period": act.period,
        "days": accruals.days_of(act.period),
        "acts": [
            {"act": one, "lines": [(line, line_name(line)) for line in one.lines], "debt": debt(act, one)}
            for one in act.acts
        ],
        "totals": [(class_name(one.kind), one) for one in act.totals],
        "places": act.places[0],
        "points_places": act.places[1],
    }


def printed(act: Printed) -> bytes:
    """The act as PDF."""
    first, last = accruals.days_of(act.period)
    title = gettext("Act of reconciliation")
    days = gettext("%(first)s to %(last)s", first=formats.when(first, "long"), last=formats.when(last, "long"))
    note = f"{act.entity.code} · {act.period}"
    paper = Paper(title, made_at=clock.now(), author=act.operator.name, note=note)
    between = gettext("between %(one)s and %(other)s", one=act.operator.name, other=act.entity.name)
    paper.head(title, days, between, mark=act.program.name)
    paper.facts([_party(gettext("Operator"), act.operator), _party(gettext("Company"), act.entity)])
    for one in act.acts:
        _account(paper, act, one)
    if not act.acts:
        paper.text(gettext("Nothing has been settled between the parties until then."))
    if act.totals:
        _differences(paper, act)
    paper.signatures([(act.operator.name, gettext("Operator")), (act.entity.name, gettext("Company"))])
    return paper.pdf()


def line_name(line: ActLine) -> str:
    """What a line of the act is, in the language of the request."""
    words = {
        "paid_in": gettext("Payment received"),
        "paid_out": gettext("Payment made"),
        "statement": gettext("Statement"),
        "issuer_invoice": gettext("Invoice for points funded"),
        "redeemer_invoice": gettext("Invoice for points redeemed"),
        "supplier_invoice": gettext("Invoice for rewards delivered"),
        "credit_note": gettext("Credit note for points expired"),
        "issuer_credit": gettext("Credit note for points funded"),
        "redeemer_credit": gettext("Credit note for points redeemed"),
        "adjustment": gettext("Adjustment"),
    }
    return str(words.get(line.kind, line.kind))


def debt(act: Printed, one: Act) -> str:
    """Who owes whom at the end, as a sentence."""
    amount = formats.money(abs(one.closing_minor), one.currency, one.currency_decimals)
    on = formats.when(one.ends_on, "long")
    if one.closing_minor == 0:
        return str(gettext("On %(day)s neither party owes the other anything.", day=on))
    who, whom = (act.operator.name, act.entity.name) if one.closing_minor > 0 else (act.entity.name, act.operator.name)
    return str(gettext("On %(day)s %(who)s owes %(whom)s %(amount)s.", day=on, who=who, whom=whom, amount=amount))


def _party(caption: str, entity: partners.LegalEntity) -> tuple[str, list[str]]:
    lines = [entity.name, entity.country]
    if entity.tax_id:
        lines.append(gettext("tax number %(number)s", number=entity.tax_id))
    return caption, lines


def _account(paper: Paper, act: Printed, one: Act) -> None:
    def money(minor: int) -> str:
        return formats.points(minor, one.currency_decimals)

    def sides(minor: int, nothing: str = "") -> list[str]:
        return [money(-minor) if minor < 0 else nothing, money(minor) if minor > 0 else ""]

    paper.heading(gettext("Account in %(currency)s", currency=one.currency))
    columns = [
        Column(gettext("Date"), 1.4),
        Column(gettext("Document"), 3.2),
        Column(gettext("Number"), 3),
        Column(gettext("The company owes"), 1.8, number=True),
        Column(gettext("The company is owed"), 1.8, number=True),
    ]
    rows = [
        [formats.when(one.starts_on, "day_year"), gettext("Opening balance"), "", *sides(one.opening_minor, money(0))]
    ]
    rows += [
        [formats.when(line.on, "day_year"), line_name(line), line.reference, *sides(line.position_minor)]
        for line in one.lines
    ]
    rows.append(["", gettext("Turnover"), "", money(one.owes_minor), money(one.owed_minor)])
    closing = [
        formats.when(one.ends_on, "day_year"),
        gettext("Closing balance"),
        "",
        *sides(one.closing_minor, money(0)),
    ]
    paper.table(columns, rows, closing)
    paper.text(debt(act, one))


def _differences(paper: Paper, act: Printed) -> None:
    money, points = act.places
    paper.heading(gettext("Differences between the company’s file and these books"))
    columns = [
        Column(gettext("What"), 3),
        Column(gettext("How many"), 1.2, number=True),
        Column(gettext("Their amount"), 1.8, number=True),
        Column(gettext("Our amount"), 1.8, number=True),
        Column(gettext("Their points"), 1.6, number=True),
        Column(gettext("Our points"), 1.6, number=True),
    ]
    rows = [
        [
            class_name(one.kind),
            formats.points(one.count),
            *(
                formats.signed(minor, money).removeprefix("+")
                for minor in (one.their_amount_minor, one.our_amount_minor)
            ),
            *(formats.signed(units, points).removeprefix("+") for units in (one.their_points, one.our_points)),
        ]
        for one in act.totals
    ]
    paper.table(columns, rows)
