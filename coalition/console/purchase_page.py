"""One purchase as staff see it: its lines, what it earned and why, and what was paid with points."""

from __future__ import annotations

from typing import Any

from flask import render_template

from coalition import members, partners, programs, purchases
from coalition.console.frame import blueprint, currency_name
from coalition.console.timeline import LOOK
from coalition.kernel import audit, ids
from coalition.kernel.db import transact
from coalition.kernel.web.pages import language, use_zone


@blueprint.get("/purchases/<purchase>")
def purchase(purchase: str) -> str:
    """One receipt; a look at it is a look at its member."""
    return render_template("console/purchase.html", nav="members", **transact(lambda: _purchase(purchase)))


def _purchase(public_id: str) -> dict[str, Any]:
    found, lines = purchases.whole(ids.parse("pur", public_id))
    program, partner = programs.get(found.program_id), partners.get(found.partner_id)
    use_zone(program.zone)
    recorded = purchases.find(partner.id, purchase_id=found.id)
    outlet = next((one for one in partners.list_outlets(partner.id) if one.id == found.outlet_id), None)
    return {
        "program": program,
        "purchase": {
            "id": public_id,
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
        "person": _person(found.member_id),
        "lines": lines,
        "awards": [_award(partner.id, one) for one in recorded.awards],
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


def _award(partner_id: int, award: purchases.GrantedAward) -> dict[str, Any]:
    told = purchases.tell(partner_id, award, language())
    currency = programs.currency_by_id(award.currency_id)
    return {
        "units": award.units,
        "decimals": currency.decimals,
        "currency": currency_name(currency),
        "reason": told.reason,
        "rule": award.promotion,
        "version": award.version,
        "lines": dict(told.lines),
        "available_at": award.available_at,
        "expires_at": award.expires_at,
    }
