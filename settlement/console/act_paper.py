"""An act of reconciliation as PDF, to be signed by both parties."""

from __future__ import annotations

from flask_babel import gettext

from coalition import partners
from coalition.kernel import clock
from coalition.kernel.web import formats
from coalition.kernel.web.paper import Column, Paper
from settlement import accruals
from settlement.console.act_view import Printed, debt, line_name
from settlement.console.difference_files import class_name
from settlement.reconciliation import Act


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
