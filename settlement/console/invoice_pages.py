"""Finance's page for the invoices of a statement, and each of them as a file."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, redirect, render_template, url_for
from werkzeug.wrappers import Response as BaseResponse

from coalition import programs
from coalition.console import forms
from coalition.kernel import ids
from coalition.kernel.db import transact
from coalition.kernel.errors import NotFound, Refusal
from coalition.kernel.web.pages import use_zone
from coalition.site.viewer import require_role
from settlement import statements
from settlement.payouts import invoices

blueprint = Blueprint("invoices", "settlement", template_folder="templates", url_prefix="/console/statements")
Answer = BaseResponse | tuple[str, int]


@blueprint.before_request
def _finance_only() -> None:
    require_role("finance")


@blueprint.get("/<statement_id>/invoices")
def index(statement_id: str) -> str:
    """The invoices that a statement has."""
    return _page(statement_id, [])


@blueprint.post("/<statement_id>/invoices")
def issue(statement_id: str) -> Answer:
    """Issue them."""
    try:
        transact(lambda: invoices.issue(ids.parse("stm", statement_id)))
    except NotFound:
        raise
    except Refusal as refusal:
        return _page(statement_id, [forms.error("", refusal.code, refusal.detail)]), refusal.status
    return redirect(url_for("invoices.index", statement_id=statement_id), code=303)


@blueprint.get("/<statement_id>/invoices/<number>.xml")
def file(statement_id: str, number: str) -> Response:
    """One invoice as UBL."""
    xml = transact(lambda: invoices.file_of(ids.parse("stm", statement_id), number))
    headers = {"Content-Disposition": f'attachment; filename="{number}.xml"'}
    return Response(xml, content_type="application/xml", headers=headers)


def _page(statement_id: str, errors: forms.Errors) -> str:
    def work() -> dict[str, Any]:
        statement = statements.get(ids.parse("stm", statement_id))
        program = programs.get(statement.program_id)
        use_zone(program.zone)
        return {"statement": statement, "program": program, "invoices": invoices.of_statement(statement.id)}

    context = transact(work)
    return render_template("settlement/invoices.html", nav="settlement", errors=errors, id=statement_id, **context)
