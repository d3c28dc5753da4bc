"""What the partner's companies have agreed to, version by version, and how much of their limits is used. Read only."""

from __future__ import annotations

from typing import Any

from flask import render_template

from coalition import partners, programs
from coalition.kernel import clock
from coalition.kernel.db import transact
from coalition.partners import exposure
from settlement import terms
from settlement.console import agreement_view, exposure_pages
from settlement.portal.blueprint import blueprint, own_entities, viewer


@blueprint.get("/agreements")
def agreements() -> str:
    """The agreements and limits of the partner's companies."""
    return render_template("settlement/portal/agreements.html", nav="portal-agreements", **transact(listed))


def listed() -> dict[str, Any]:
    """Each company with the versions of its agreement that were or will be in force, and its limit if it has one."""
    colleague = viewer()
    program, own = programs.get(colleague.program_id), own_entities(colleague)
    held = terms.in_force(program.id, clock.local_date(clock.now(), program.zone))
    names = {one.id: one.name for one in partners.entities_of(colleague.partner_id)}
    companies = [
        {
            "name": names[number],
            "versions": [
                {**agreement_view.shown(one, program), "held": number in held and held[number].id == one.id}
                for one in reversed(terms.versions(number))
                if one.state == "active"
            ],
        }
        for number in own
    ]
    limits = [
        exposure_pages.row(one, names[one.limit.legal_entity_id], program)
        for one in exposure.standings(program.id)
        if one.limit.legal_entity_id in names
    ]
    return {"program": program, "companies": companies, "terms": agreement_view.TERMS, "limits": limits}
