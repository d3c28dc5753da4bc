"""Finance's pages: the periods, one period with its close form, one statement, and each of them as CSV."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, send_file, url_for
from werkzeug.wrappers import Response as BaseResponse

from coalition import programs
from coalition.kernel import ids
from coalition.kernel.db import transact
from coalition.kernel.errors import NotFound, Refusal
from coalition.kernel.web.pages import use_zone
from coalition.kernel.web.sheets import download
from coalition.kernel.web.workbook import MIMETYPE
from coalition.site.viewer import require_role
from settlement import accruals, reconciliation, statements
from settlement.console import exports, period_book, period_page, statement_files, statement_page

blueprint = Blueprint("settlement", "settlement", template_folder="templates", url_prefix="/console")
_SAID = {
    "period_closed": "already_done",
    "agreements_missing": "not_ready",
    "checklist_open": "not_ready",
    "fx_rate_missing": "not_ready",
    "writers_open": "unavailable",
}
_PATIENCE_S = 5


@blueprint.before_request
def _finance_only() -> None:
    require_role("finance")


@blueprint.get("/settlement")
def periods() -> str:
    """The periods of every program, the latest first."""
    found = transact(period_page.overview)
    return render_template("settlement/periods.html", nav="settlement", periods=found)


@blueprint.get("/settlement/<program>/<period>")
def period(program: str, period: str) -> str:
    """One period: as it was closed, or as it would be closed now."""
    notice = "period_closed" if "closed" in request.args else None
    return shown(program, period, notice=notice)


@blueprint.post("/settlement/<program>/<period>")
def close(program: str, period: str) -> BaseResponse | tuple[str, int]:
    """Close the period, for ever."""
    if request.form.get("confirm") != "yes":
        return shown(program, period, errors=[{"field": "", "code": "required", "text": None}]), 422
    statements.let_go(transact)
    try:
        transact(lambda: statements.close(programs.by_code(program).id, period, patience_s=_PATIENCE_S))
    except NotFound:
        raise
    except Refusal as refusal:
        code = _SAID.get(refusal.code, refusal.code)
        return shown(program, period, errors=[{"field": "", "code": code, "text": refusal.detail}]), refusal.status
    return redirect(url_for("settlement.period", program=program, period=period, closed=1), code=303)


@blueprint.get("/settlement/<program>/<period>.csv")
def period_csv(program: str, period: str) -> Response:
    """The companies of a period and what each receives or pays, as CSV."""
    context = transact(lambda: period_page.context(*_find(program, period)))
    return download(exports.period_rows(context), f"settlement-{program}-{period}.csv")


@blueprint.get("/settlement/<program>/<period>.xlsx")
def period_xlsx(program: str, period: str) -> Response:
    """The same table as a workbook, with its totals as formulas."""
    found = transact(lambda: period_page.context(*_find(program, period)))
    target = BytesIO()
    period_book.write(found, target)
    target.seek(0)
    return send_file(target, MIMETYPE, as_attachment=True, download_name=f"settlement-{program}-{period}.xlsx")


@blueprint.get("/statements/<statement_id>")
def statement(statement_id: str) -> str:
    """One statement: its documents, their lines, and the entries beneath."""

    def work() -> dict[str, Any]:
        found = _statement(statement_id)
        disputes = statement_page.disputes(reconciliation.of_statement(found.id))
        return {**statement_page.context(found, request.args), "disputes": disputes}

    return render_template("settlement/statement.html", nav="settlement", **transact(work))


@blueprint.get("/statements/<statement_id>.csv")
def statement_csv(statement_id: str) -> Response:
    """Every entry beneath a statement as CSV, sent while it is read."""
    return statement_files.entries_csv(transact(lambda: _statement(statement_id)))


@blueprint.get("/statements/<statement_id>/documents.csv")
def statement_documents_csv(statement_id: str) -> Response:
    """The document lines of a statement as CSV."""
    return statement_files.documents_csv(transact(lambda: _statement(statement_id)))


@blueprint.get("/statements/<statement_id>.pdf")
def statement_pdf(statement_id: str) -> Response:
    """The statement on paper, in the viewer's language or in `?lang=`."""
    return statement_files.pdf(transact(lambda: _statement(statement_id)))


@blueprint.get("/statements/<statement_id>.xlsx")
def statement_xlsx(statement_id: str) -> Response:
    """The statement as a workbook, in the viewer's language or in `?lang=`."""
    return statement_files.xlsx(transact(lambda: _statement(statement_id)))


@blueprint.get("/statements/<statement_id>.zip")
def statement_bundle(statement_id: str) -> Response:
    """The bundle with which everybody recomputes the statement. NotFound until it is made."""
    return statement_files.bundle(transact(lambda: _statement(statement_id)))


def shown(program: str, period: str, **more: Any) -> str:
    """The page of a period, with what went wrong, if anything did."""
    context = transact(lambda: period_page.context(*_find(program, period)))
    return render_template("settlement/period.html", nav="settlement", **{**context, **more})


def _find(program_code: str, code: str) -> tuple[programs.Program, accruals.Period]:
    program = programs.by_code(program_code)
    use_zone(program.zone)
    return program, accruals.find_period(program.id, code)


def _statement(public_id: str) -> statements.Statement:
    found = statements.get(ids.parse("stm", public_id))
    use_zone(programs.get(found.program_id).zone)
    return found
