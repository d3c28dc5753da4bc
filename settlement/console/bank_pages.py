"""Finance's pages for the bank: statements in, files out, money that waits for a decision, and what is overdue."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from coalition.console import forms
from coalition.console.frame import choices, chosen_program
from coalition.kernel import ids, ports
from coalition.kernel.db import transact
from coalition.kernel.errors import NotFound, Refusal
from coalition.kernel.web.sheets import download
from coalition.ports import FileStore
from coalition.site.viewer import require_role
from settlement import payouts
from settlement.console import bank_view
from settlement.payouts import bank
from settlement.ports import BankFiles

blueprint = Blueprint("bank", "settlement", template_folder="templates", url_prefix="/console/bank")
BODY_MAX = 24 << 20  # more than any statement may have, so that one that is too large is told so
Answer = BaseResponse | tuple[str, int]


@blueprint.before_request
def _finance_only() -> None:
    require_role("finance")


@blueprint.get("")
def index() -> str:
    """Statements and files, what waits, and what was decided."""
    return _index([])


@blueprint.post("/statements")
def send_statement() -> Answer:
    """Take in a statement of account."""
    given = request.files.get("file")
    data = given.stream.read() if given is not None else b""
    if not data:
        return _index([forms.error("file", "choose_file")]), 422
    try:
        found = bank.take_in(data, ports.get(BankFiles), ports.get(FileStore), transact)
    except Refusal as refusal:
        return _index([forms.error("file", refusal.code, refusal.detail)]), refusal.status
    return _back("bank_statement_known" if found.again else "bank_statement_taken")


send_statement.body_max = BODY_MAX  # type: ignore[attr-defined]


@blueprint.get("/statements/<statement>")
def statement(statement: str) -> str:
    """One statement of account and what its entries were for."""
    after = request.args.get("after", "0")
    context = transact(
        lambda: bank_view.statement(
            ids.parse("bst", statement), int(after) if after.isascii() and after.isdigit() else 0
        )
    )
    return render_template("settlement/bank_statement.html", nav="settlement", **context)


@blueprint.post("/runs/<run>/file")
def export(run: str) -> Answer:
    """Write the file of transfers of a run."""
    try:
        bank.export(ids.parse("run", run), ports.get(BankFiles), ports.get(FileStore), transact)
    except NotFound:
        raise
    except Refusal as refusal:
        return _index([forms.error("", refusal.code, refusal.detail)]), refusal.status
    return _back("bank_file_written")


@blueprint.get("/files/<file>.xml")
def order_file(file: str) -> Response:
    """A file of transfers as it was written."""
    found = transact(lambda: bank.file(ids.parse("bfl", file)))
    with ports.get(FileStore).open(found.file_key) as stream:
        data = stream.read()
    headers = {"Content-Disposition": f'attachment; filename="{found.message_id}.xml"'}
    return Response(data, content_type="application/xml", headers=headers)


@blueprint.post("/receipts/<int:number>/assign")
def assign(number: int) -> Answer:
    """Say which payment money was for."""
    ref = request.form.get("payment", "")

    def work() -> None:
        found = payouts.find(ref)
        if found.program_id != chosen_program().id:
            raise NotFound()
        bank.assign(number, found.id)

    if not ref:
        return _index([forms.error(f"payment_{number}", "choose")]), 422
    return _decide(work, "receipt_assigned")


@blueprint.post("/receipts/<int:number>/aside")
def set_aside(number: int) -> Answer:
    """Say that money belongs to no payment, and why."""
    note = forms.answers("note")["note"]
    if not note:
        return _index([forms.error(f"note_{number}", "say_why")]), 422
    return _decide(lambda: bank.set_aside(number, note), "receipt_set_aside")


@blueprint.post("/receipts/<int:number>/undo")
def undo(number: int) -> Answer:
    """Take a decision back."""
    return _decide(lambda: bank.undo(number), "receipt_undone")


@blueprint.get("/aging")
def aging() -> str:
    """What is overdue, by how long."""
    return render_template("settlement/aging.html", nav="settlement", **transact(overdue))


@blueprint.get("/aging.csv")
def aging_csv() -> Response:
    """The same as CSV."""

    def work() -> tuple[list[str], str]:
        program = chosen_program()
        on = bank_view.day(request.args.get("on", ""), program)
        return list(bank_view.aging_rows(program, on)), f"aging-{program.code}-{on}.csv"

    return download(*transact(work))


def _decide(work: Callable[[], object], done: str) -> Answer:
    try:
        transact(work)
    except Refusal as refusal:
        return _index([forms.error("", refusal.code, refusal.detail)]), refusal.status
    return _back(done)


def _back(done: str) -> BaseResponse:
    program = request.form.get("program") or None
    return redirect(url_for("bank.index", done=done, program=program), code=303)


def overdue() -> dict[str, Any]:
    """What was owed in the chosen program on the day in the address, or today."""
    program = chosen_program()
    on = bank_view.day(request.args.get("on", ""), program)
    return {**choices(program), **bank_view.aged(program, on)}


def listed() -> dict[str, Any]:
    """Statements and files of the chosen program, what waits, and what was decided."""
    program = chosen_program()
    return {**choices(program), **bank_view.overview(program)}


def _index(errors: forms.Errors) -> str:
    return render_template("settlement/bank.html", nav="settlement", errors=errors, **transact(listed))
