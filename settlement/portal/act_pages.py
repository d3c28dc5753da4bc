"""A partner's acts of reconciliation: what it and the operator owe one another, from the statements it was sent."""

from __future__ import annotations

from flask import Response, render_template

from coalition import partners
from coalition.kernel.db import transact
from coalition.kernel.errors import NotFound
from settlement.console import act_pages, act_view
from settlement.console.act_view import Printed
from settlement.portal.blueprint import blueprint, viewer


@blueprint.get("/acts/<code>/<period>")
def act(code: str, period: str) -> str:
    """The act of one of the partner's companies over a period, as a page that prints."""
    found = transact(lambda: _own(code, period))
    return render_template(
        "settlement/act.html", nav="portal-statements", door="portal_statements", **act_view.shown(found)
    )


@blueprint.get("/acts/<code>/<period>.pdf")
def act_pdf(code: str, period: str) -> Response:
    """The act on paper, in the language of `?lang=`, else the viewer's."""
    return act_pages.file(transact(lambda: _own(code, period)))


def _own(code: str, period: str) -> Printed:
    """The act of a company of the partner. Raises NotFound, for another's too; Invalid `bad_period`."""
    for entity in partners.entities_of(viewer().partner_id):
        if entity.code == code:
            return act_view.read(entity.id, period, None, told=True)
    raise NotFound()
