"""Finance's pages of reconciliations: partners' own files, how they differ from ours, and disputes out of that.

The file goes to the store before any transaction opens; a job does the rest, and the page shows how far it is.
"""

from __future__ import annotations

import uuid
from tempfile import TemporaryFile
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, send_file, stream_with_context, url_for
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response as BaseResponse

from coalition.console import forms
from coalition.console.frame import chosen_program
from coalition.kernel import ids, jobs, ports
from coalition.kernel.db import transact
from coalition.kernel.web.language import spoken
from coalition.kernel.web.sheets import download
from coalition.kernel.web.workbook import MAX_ROWS, MIMETYPE
from coalition.ports import FileStore, StoredFile
from coalition.site.viewer import require_role
from settlement import reconciliation, statements
from settlement.console import act_pages, difference_files, dispute_pages, reconciliation_page
from settlement.reconciliation import Opening, Reconciliation

blueprint = Blueprint("reconciliation", "settlement", template_folder="templates", url_prefix="/console")
BODY_MAX = 1 << 30
_FIELDS = {"/evidence": "evidence", "/amount": "amount", "/period": "period"}
dispute_pages.register(blueprint)
act_pages.register(blueprint)


@blueprint.before_request
def _finance_only() -> None:
    require_role("finance")


@blueprint.get("/reconciliation")
def index() -> str:
    """The reconciliations, the latest first, and a form to send a partner's file."""
    return _index([], {"period": request.args.get("period", "")})


@blueprint.post("/reconciliation")
def send() -> BaseResponse | tuple[str, int]:
    """Keep a partner's file, and ask for it to be compared."""
    given, answers = request.files.get("file"), forms.answers("partner", "period", "mapping")
    errors = transact(lambda: reconciliation_page.wrong(given.filename if given else "", answers))
    if errors or given is None:
        return _index(errors, answers), 422
    stored = _kept(given)
    if not stored.size:
        return _index([forms.error("file", "empty_file")], answers), 422
    opened: list[int] = []
    errors, status = forms.tried(
        lambda: opened.append(_open(answers, stored, given.filename or "")), {"/period": "period"}
    )
    if errors:
        return _index(errors, answers), status
    return redirect(url_for("reconciliation.run", run_id=ids.public("rcn", opened[-1])), code=303)


send.body_max = BODY_MAX  # type: ignore[attr-defined]


@blueprint.get("/reconciliation/<run_id>")
def run(run_id: str) -> str:
    """One reconciliation: what it came to, class by class, and its differences."""
    asked = (request.args.get("kind", ""), request.args.get("find", "").strip(), request.args.get("cursor"))
    context = transact(lambda: reconciliation_page.run(_run(run_id), *asked))
    return render_template("settlement/reconciliation.html", nav="settlement", **context)


@blueprint.get("/reconciliation/<run_id>.csv")
def differences_csv(run_id: str) -> Response:
    """Every difference as CSV, of one class or of all, sent while it is read."""
    kind, at = request.args.get("kind", ""), transact(lambda: _run(run_id))
    decimals = transact(lambda: difference_files.decimals(at))
    rows = difference_files.rows(at, kind, decimals)
    return download(stream_with_context(rows), f"reconciliation-{at.period}-{run_id}.csv")


@blueprint.get("/reconciliation/<run_id>.xlsx")
def differences_xlsx(run_id: str) -> Response:
    """The totals and the differences as a workbook; past a million rows the totals, the differences are in the CSV."""
    at = transact(lambda: _run(run_id))
    target = TemporaryFile()  # noqa: SIM115 - the answer closes it when it is sent
    with spoken(request.args.get("lang")):
        difference_files.write(at, request.args.get("kind", ""), target, most=MAX_ROWS)
    target.seek(0)
    return send_file(target, MIMETYPE, as_attachment=True, download_name=f"reconciliation-{at.period}-{run_id}.xlsx")


@blueprint.get("/reconciliation/<run_id>/differences/<int:difference_id>")
def difference(run_id: str, difference_id: int) -> str:
    """One difference, with a form that makes a dispute of it."""
    return _difference(run_id, difference_id, [], {})


@blueprint.post("/reconciliation/<run_id>/differences/<int:difference_id>")
def dispute_difference(run_id: str, difference_id: int) -> BaseResponse | tuple[str, int]:
    """Dispute a difference in the partner's favour, or in the operator's."""
    answers = forms.answers("statement", "amount", "favour", "evidence")
    amount = forms.units(answers["amount"], 2) if answers["amount"] else None
    if answers["amount"] and not amount:
        return _difference(run_id, difference_id, [forms.error("amount", "amount")], answers), 422
    opened: list[int] = []

    def work() -> None:
        at = _run(run_id)
        found = reconciliation.difference(at.id, difference_id)
        statement = statements.get(ids.parse("stm", answers["statement"]))
        with_movement = bool(found.movement_id and statements.entries_of(statement, found.movement_id))
        opening = Opening(
            external_id=f"rcn:{at.id}:{found.id}",
            evidence=answers["evidence"],
            amount_minor=amount,
            movement_id=found.movement_id if with_movement else None,
            reason=found.kind,
            side="operator",
            sign=-1 if answers["favour"] == "operator" else 1,
            reconciliation_id=at.id,
            difference_id=found.id,
        )
        opened.append(reconciliation.open_dispute(statement.id, opening)[0].id)

    errors, status = forms.tried(work, _FIELDS) if answers["statement"] else ([forms.error("statement", "choose")], 422)
    if errors:
        return _difference(run_id, difference_id, errors, answers), status
    return redirect(url_for("reconciliation.dispute", dispute_id=ids.public("dsp", opened[-1])), code=303)


def listed_runs(cursor: str | None, limit: int) -> dict[str, Any]:
    """A page of the chosen program's reconciliations, of all partners or of the one in the address."""
    return reconciliation_page.index(chosen_program(), request.args.get("of", ""), cursor, limit)


def _index(errors: forms.Errors, answers: dict[str, str]) -> str:
    listed = transact(lambda: listed_runs(request.args.get("cursor"), reconciliation_page.PAGE))
    context = {**listed, "errors": errors, "answers": answers}
    return render_template("settlement/reconciliations.html", nav="settlement", **context)


def _difference(run_id: str, difference_id: int, errors: forms.Errors, answers: dict[str, str]) -> str:
    context = transact(lambda: reconciliation_page.difference(_run(run_id), difference_id))
    context |= {"errors": errors, "answers": answers}
    return render_template("settlement/difference.html", nav="settlement", **context)


def _kept(given: FileStorage) -> StoredFile:
    return ports.get(FileStore).put(f"reconciliations/{uuid.uuid4().hex}", given.stream)  # type: ignore[arg-type]


def _open(answers: dict[str, str], stored: StoredFile, name: str) -> int:
    partner, mapping_id = reconciliation_page.chosen(answers)
    scope = (partner.program_id, partner.id, answers["period"])
    opened = reconciliation.open_run(*scope, stored, mapping_id=mapping_id, file_name=name)
    jobs.enqueue("settlement.reconcile", {"reconciliation": opened.id}, key=str(opened.id))
    return opened.id


def _run(public_id: str) -> Reconciliation:
    return reconciliation.run(ids.parse("rcn", public_id))
