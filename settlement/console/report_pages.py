"""The pages of finance's reports: a card for each, a page with its filters in the address, and the same as files."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any, TypeVar

from flask import Blueprint, Response, render_template, request
from sqlalchemy.exc import OperationalError

from coalition import programs
from coalition.kernel import clock
from coalition.kernel.db import execute, transact
from coalition.kernel.errors import NotFound, Refusal, Unavailable
from coalition.kernel.web import workbook
from coalition.kernel.web.pages import use_zone
from coalition.kernel.web.sheets import download
from coalition.site.viewer import require_role
from settlement import reports
from settlement.console import report_page
from settlement.console.report_words import about, word
from settlement.reports import Report, Selection

T = TypeVar("T")
blueprint = Blueprint("reports", "settlement", template_folder="templates", url_prefix="/console/reports")
PATIENCE_MS = 8000
_CANCELED = "57014"  # query_canceled: it took longer than one waits for a page


class TooLong(Unavailable):
    """The report cannot be made while somebody waits; it can be asked for as a file."""

    def __init__(self) -> None:
        super().__init__("report_too_long", "This takes longer than one waits; ask for it as a file.")


@blueprint.before_request
def _finance_only() -> None:
    require_role("finance")


@blueprint.get("")
def index() -> str:
    """A card for each report."""
    return render_template("settlement/reports/index.html", nav="settlement", cards=report_page.index())


@blueprint.get("/<code>")
def report(code: str) -> str | tuple[str, int]:
    """One report, as its filters say."""
    kind = reports.kind(code)
    frame = {"code": code, "name": word(code), "about": about(code), "fields": kind.fields}
    try:
        context = transact(lambda: _context(code))
    except TooLong:
        context = transact(lambda: _frame({})) | {"too_long": True}
    except NotFound:
        raise
    except Refusal as refusal:
        errors = [{"field": one.pointer[1:], "code": one.code, "text": one.detail} for one in refusal.errors]
        context = transact(lambda: _frame({"program": request.args.get("program", "")})) | {"errors": errors}
        return render_template("settlement/reports/report.html", nav="settlement", **frame, **context), refusal.status
    return render_template("settlement/reports/report.html", nav="settlement", **frame, **context)


@blueprint.get("/<code>.csv")
def report_csv(code: str) -> Response:
    """One table of a report (`table`, or its first) as CSV."""

    def work() -> tuple[reports.Table, Selection]:
        chosen = _chosen()
        try:
            return _made(code, chosen).table(request.args.get("table", "")), chosen
        except KeyError:
            raise NotFound() from None

    table, chosen = transact(work)
    return download(reports.csv_lines(table), f"{code}-{table.code}-{chosen.program.code}.csv")


@blueprint.get("/<code>.xlsx")
def report_book(code: str) -> Response:
    """A report as a workbook: a sheet for each table."""
    made, chosen = transact(lambda: (_made(code, chosen := _chosen()), chosen))
    target = BytesIO()
    zone = chosen.program.zone
    reports.write_book(made, target, word(code), word, made_at=clock.now(), zone=zone)
    headers = {"Content-Disposition": f'attachment; filename="{code}-{chosen.program.code}.xlsx"'}
    return Response(target.getvalue(), content_type=workbook.MIMETYPE, headers=headers)


def _context(code: str) -> dict[str, Any]:
    chosen = _chosen()
    return _frame(chosen.args()) | report_page.context(_made(code, chosen), chosen)


def _frame(args: dict[str, str]) -> dict[str, Any]:
    """The filters: what was asked, and what may be."""
    known = programs.list_programs()
    args = args if args.get("program") else {"program": first_program()} | dict(request.args)
    chosen = reports.select({"program": args["program"]})
    use_zone(chosen.program.zone)
    program = {"code": chosen.program.code, "name": chosen.program.name, "currency": chosen.program.currency}
    several = len(known) > 1
    return {"program": program, "asked": args, "several": several, "errors": [], **report_page.choices(chosen)}


def _chosen() -> Selection:
    args = {"program": first_program(), **{name: value for name, value in request.args.items() if value}}
    chosen = reports.select(args)
    use_zone(chosen.program.zone)
    return chosen


def first_program() -> str:
    """The code of the program that is shown when none is named. Raises NotFound."""
    found = programs.list_programs()
    if not found:
        raise NotFound()
    return found[0].code


def _made(code: str, chosen: Selection) -> Report:
    """The report, within the patience of somebody who looks at a page. Raises TooLong."""
    return _patiently(lambda: reports.build(code, chosen))


def _patiently(work: Callable[[], T]) -> T:
    execute(f"SET LOCAL statement_timeout = {PATIENCE_MS}")
    try:
        return work()
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", None) == _CANCELED:
            raise TooLong() from error
        raise
