"""One purchase as staff see it: its lines, what it earned and why, or why not, what points paid, and what came back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from flask import render_template

from coalition import members, partners, programs, purchases
from coalition.console.frame import blueprint, currency_name
from coalition.console.timeline import LOOK
from coalition.kernel import audit, ids
from coalition.kernel.db import transact
from coalition.kernel.web.pages import language, use_zone
from coalition.site.expiries import last_day


@blueprint.get("/purchases/<purchase>")
def purchase(purchase: str) -> str:
    """One receipt; a look at it is a look at its member."""
    return render_template("console/purchase.html", nav="members", **transact(lambda: seen(purchase)))


def seen(public_id: str) -> dict[str, Any]:
    """A receipt as templates want it; a look at it is a look at its member. Raises NotFound."""
    found, lines = purchases.whole(ids.parse("pur", public_id))
    return {**told(found, lines), "person": _person(found.member_id)}


def told(found: purchases.Purchase, lines: Sequence[purchases.Line]) -> dict[str, Any]:
    """All of a receipt but its member."""
    program, partner = programs.get(found.program_id), partners.get(found.partner_id)
    use_zone(program.zone)
    explained = purchases.explain(partner.id, found.id, language())
    outlet = next((one for one in partners.list_outlets(partner.id) if one.id == found.outlet_id), None)
    return {
        "program": program,
        "purchase": {
            "id": ids.public("pur", found.id),
            "number": found.external_id,
            "partner": partner.name,
            "outlet": f"{outlet.name}, {outlet.city}" if outlet else None,
            "occurred_at": found.occurred_at,
            "recorded_at": found.recorded_at,
            "channel": found.channel,
            "currency": found.currency,
            "decimals": program.currency_decimals,
            "total_minor": found.total_minor,
            "points_paid_minor": found.points_paid_minor,
            "captured": _captured(found),
            "registry": ids.public("reg", found.registry_id) if found.registry_id else None,
        },
        "lines": lines,
        "state": explained.purchase.state,
        "back": {
            no: explained.purchase.lines[no].sold - explained.purchase.left(no) for no in explained.purchase.lines
        },
        "awards": [_award(program.id, one) for one in explained.awards],
        "promotions": explained.promotions,
        "tender": [_tender(program, one) for one in explained.tender],
        "returns": [_return(one) for one in explained.returns],
    }


def _person(member_id: int | None) -> dict[str, Any] | None:
    if member_id is None:
        return None
    audit.record(LOOK, f"member:{member_id}", part="purchase")
    return {"id": ids.public("mbr", member_id), "name": members.profile(member_id).name}


def _captured(found: purchases.Purchase) -> dict[str, Any] | None:
    if found.captured is None or found.captured_currency_id is None:
        return None
    currency = programs.currency_by_id(found.captured_currency_id)
    return {"amount": found.captured, "decimals": currency.decimals, "name": currency_name(currency)}


def _award(program_id: int, one: purchases.ExplainedAward) -> dict[str, Any]:
    told, currency = one.told, programs.currency(program_id, one.told.currency)
    return {
        "units": told.units,
        "clawed_back": one.clawed_back,
        "decimals": currency.decimals,
        "currency": currency_name(currency),
        "reason": told.reason,
        "rule": told.promotion,
        "version": one.version,
        "lines": dict(told.lines),
        "available_at": told.available_at,
        "expires_on": _last_day(told.expires_at, program_id),
        "funders": [{"name": funder.name, "units": funder.units} for funder in one.funding],
    }


def _tender(program: programs.Program, one: purchases.ExplainedTender) -> dict[str, Any]:
    currency = programs.currency(program.id, one.currency)
    lots = [
        {
            "units": lot.draw.amount,
            "partner": lot.partner,
            "reference": lot.draw.external_id,
            "earned_at": lot.draw.earned_at,
            "expires_on": _last_day(lot.draw.expires_at, program.id),
            "funders": [funder.name for funder in lot.funding],
        }
        for lot in one.draws
    ]
    shown = {"units": one.units, "amount": one.amount, "given_back": one.given_back, "lots": lots}
    return {**shown, "decimals": currency.decimals, "currency": currency_name(currency), "reason": one.reason}


def _return(one: purchases.ExplainedReturn) -> dict[str, Any]:
    found = one.returned
    return {
        "kind": found.kind,
        "number": found.external_id,
        "occurred_at": found.occurred_at,
        "refund": found.refund,
        "lines": [line.no for line in found.lines],
        "reasons": one.reasons,
    }


def _last_day(end: dt.datetime | None, program_id: int) -> dt.date | None:
    return last_day(end, programs.get(program_id).zone) if end else None
