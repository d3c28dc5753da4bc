"""What an act of reconciliation says, gathered for its page and its paper."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask_babel import gettext

from coalition import partners, programs
from coalition.kernel import ids
from coalition.kernel.errors import NotFound
from coalition.kernel.web import formats
from coalition.kernel.web.pages import use_zone
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
