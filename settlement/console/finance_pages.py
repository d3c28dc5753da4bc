"""Finance's overview and its list of statements: what is open, owed and disputed, and every statement there is."""

from __future__ import annotations

from tempfile import TemporaryFile

from flask import Blueprint, Response, redirect, render_template, request, send_file, stream_with_context, url_for
from werkzeug.wrappers import Response as BaseResponse

from coalition import programs
from coalition.kernel import audit, ids
from coalition.kernel.db import transact
from coalition.kernel.errors import Conflict
from coalition.kernel.web.pages import use_zone
from coalition.kernel.web.sheets import download
from coalition.kernel.web.workbook import MIMETYPE
from coalition.site.viewer import require_role
from settlement import statements
from settlement.console import finance_overview, statement_list

blueprint = Blueprint("finance", __name__, url_prefix="/console/finance")


@blueprint.before_request
def _finance_only() -> None:
    require_role("finance")


@blueprint.get("/")
def overview() -> str:
    """Where settlement stands: the open period, what is owed, paid and disputed, and the last close netted."""
    context = transact(lambda: finance_overview.context(_program()))
    return render_template("settlement/overview.html", nav="settlement", **context, programs=_programs())


@blueprint.get("/statements", endpoint="statements")
def statement_index() -> str:
    """Every statement, by period, company, state and direction; the filters stand in the address."""
    context = transact(lambda: statement_list.context(_program(), request.args, cursor=request.args.get("cursor")))
    return render_template("settlement/statements.html", nav="settlement", **context, programs=_programs())


@blueprint.get("/statements.csv")
def statements_csv() -> Response:
    """The list, by the same filters, as CSV."""
    asked = transact(lambda: statement_list.sought(_program().id, request.args))
    return download(stream_with_context(statement_list.csv(asked)), "statements.csv")


@blueprint.get("/statements.xlsx")
def statements_xlsx() -> Response:
    """The list, by the same filters, as a workbook."""
    program, asked = transact(lambda: (_program(), statement_list.sought(_program().id, request.args)))
    target = TemporaryFile()  # noqa: SIM115 - the answer closes it when it is sent
    statement_list.write(program, asked, target)
    target.seek(0)
    return send_file(target, MIMETYPE, as_attachment=True, download_name="statements.xlsx")


@blueprint.post("/statements/<statement_id>/send")
def send(statement_id: str) -> BaseResponse:
    """Let the company have its statement."""
    number, said = ids.parse("stm", statement_id), "statement_sent"
    try:
        transact(lambda: statements.send(number, audit.origin().actor))
    except Conflict:
        said = "statement_moved"
    return redirect(url_for("settlement.statement", statement_id=statement_id, said=said), code=303)


def _program() -> programs.Program:
    """The program in the address, else the first."""
    code = request.args.get("program")
    found = programs.by_code(code) if code else next(iter(programs.list_programs()), None)
    if found is None:
        return programs.by_code("")
    use_zone(found.zone)
    return found


def _programs() -> list[programs.Program]:
    return transact(programs.list_programs)
