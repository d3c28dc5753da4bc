"""A partner's statements: the list, one with its entries, its files, and agreeing to it."""

from __future__ import annotations

from typing import Any

from flask import Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from coalition import partners, programs
from coalition.kernel import audit
from coalition.kernel.db import transact
from coalition.kernel.errors import Conflict
from settlement import reconciliation, statements
from settlement.console import statement_files, statement_list, statement_page
from settlement.portal.blueprint import blueprint, own_entities, own_statement, viewer
from settlement.statements import Sought


@blueprint.get("/statements", endpoint="statements")
def index() -> str:
    """The partner's statements, the latest first, and what is to be done about them."""

    def work() -> dict[str, object]:
        colleague = viewer()
        own = own_entities(colleague)
        return {
            **listed(request.args.get("cursor"), statement_list.PAGE),
            "standing": statements.standing(Sought(colleague.program_id, own, told=True)),
            "partner": colleague.partner,
        }

    return render_template("settlement/portal/statements.html", nav="portal-statements", **transact(work))


def listed(cursor: str | None, limit: int) -> dict[str, Any]:
    """A page of the partner's statements, by the filters of the address. Raises Invalid for a cursor not ours."""
    colleague = viewer()
    program, own = programs.get(colleague.program_id), own_entities(colleague)
    return statement_list.context(program, request.args, own, cursor=cursor, limit=limit)


@blueprint.get("/statements/<statement_id>")
def statement(statement_id: str) -> str:
    """One statement, with the entries beneath and what may be done about it."""

    def work() -> dict[str, object]:
        found = own_statement(statement_id)
        told = statement_page.context(found, request.args)
        return {
            **told,
            "versions": [one for one in told["versions"] if not one["replaced"]],  # nobody was sent another one
            "company": partners.entity(found.legal_entity_id).code,
            "disputes": statement_page.disputes(reconciliation.of_statement(found.id)),
        }

    return render_template(
        "settlement/statement.html", nav="portal-statements", door="portal_statements", **transact(work)
    )


@blueprint.post("/statements/<statement_id>/agree")
def agree(statement_id: str) -> BaseResponse:
    """Agree to the statement in the partner's name; once it was sent."""

    def work() -> None:
        statements.agree(own_statement(statement_id).id, audit.origin().actor)

    said = "statement_agreed"
    try:
        transact(work)
    except Conflict:
        said = "statement_moved"
    return redirect(url_for("portal_statements.statement", statement_id=statement_id, said=said), code=303)


@blueprint.get("/statements/<statement_id>.pdf")
def statement_pdf(statement_id: str) -> Response:
    """The statement on paper."""
    return statement_files.pdf(transact(lambda: own_statement(statement_id)))


@blueprint.get("/statements/<statement_id>.xlsx")
def statement_xlsx(statement_id: str) -> Response:
    """The statement as a workbook."""
    return statement_files.xlsx(transact(lambda: own_statement(statement_id)))


@blueprint.get("/statements/<statement_id>.csv")
def statement_csv(statement_id: str) -> Response:
    """Every entry beneath the statement as CSV."""
    return statement_files.entries_csv(transact(lambda: own_statement(statement_id)))


@blueprint.get("/statements/<statement_id>/documents.csv")
def statement_documents_csv(statement_id: str) -> Response:
    """The document lines as CSV."""
    return statement_files.documents_csv(transact(lambda: own_statement(statement_id)))


@blueprint.get("/statements/<statement_id>.zip")
def statement_bundle(statement_id: str) -> Response:
    """The bundle with which everybody recomputes the statement. NotFound until it is made."""
    return statement_files.bundle(transact(lambda: own_statement(statement_id)))
