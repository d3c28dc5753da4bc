"""The partner as the program knows it: its profile, what it is in the program, and its legal entities. Read only."""

from __future__ import annotations

from typing import Any

from flask import render_template

from coalition import partners, programs
from coalition.kernel.db import transact
from coalition.portal.frame import blueprint, viewer


@blueprint.get("/company")
def company() -> str:
    """The profile and the legal entities; the program's operator changes them."""
    return render_template("portal/company.html", nav="portal-company", **transact(listed))


def listed() -> dict[str, Any]:
    """The partner, its roles and its companies."""
    colleague = viewer()
    partner, program = partners.get(colleague.partner_id), programs.get(colleague.program_id)
    entities = [
        {"code": one.code, "name": one.name, "country": one.country, "tax_id": one.tax_id}
        for one in partners.entities_of(partner.id)
    ]
    return {
        "partner": {"code": partner.code, "name": partner.name, "kind": partner.kind, "roles": sorted(partner.roles)},
        "program": {"name": program.name, "code": program.code, "zone": program.zone, "currency": program.currency},
        "entities": entities,
    }
