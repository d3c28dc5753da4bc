"""The builder: one form of rows, which works without script. Adding or taking away a row sends it and saves nothing.

The form says which change of the draft it was made from (`seen`), so that two people do not overwrite each other; what
the form cannot show stays as it is in the draft.
"""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from coalition import promotions
from coalition.console import forms
from coalition.console.marketing import replay_panel, showing
from coalition.console.marketing.frame import blueprint, chosen_program, money_of, names_of, page, voice_of
from coalition.console.marketing.reading import pressed, sheet_in
from coalition.kernel import audit
from coalition.kernel.db import transact
from coalition.kernel.errors import FieldError, NotFound, Refusal
from coalition.programs import Program
from coalition.promotions import wording
from coalition.promotions.wording import Sheet, Wrong, document_of, sheet_of


@blueprint.get("/promotions/<code>/edit")
def build(code: str) -> str:
    """The draft as a sheet to fill in."""

    def work() -> dict[str, Any]:
        program = chosen_program()
        draft = promotions.draft(program.id, code)
        sheet = sheet_of(draft.document, program.zone, money_of(program))
        context = _context(program, draft, sheet, _problems(sheet, draft.problems))
        return {**context, "replay": replay_panel.panel(program, draft) if "replay" in request.args else None}

    return render_template("marketing/builder.html", errors=[], **transact(work))


@blueprint.post("/promotions/<code>/edit")
def change(code: str) -> Response | str | tuple[str, int]:
    """A row more or less; or save the draft, and go on to try it or to send it for approval."""
    button = request.form.get("do", "refresh")[:200]
    deed = button.partition(":")[0]

    def read() -> tuple[Program, promotions.Draft, Sheet, dict[str, Any], Wrong]:
        program = chosen_program()
        draft = promotions.draft(program.id, code)
        money = money_of(program)
        sheet = pressed(sheet_in(request.form, sheet_of(draft.document, program.zone, money)), button, request.form)
        return program, draft, sheet, *document_of(sheet, draft.document, program.zone, money)

    program, draft, sheet, document, wrong = transact(read)
    if deed not in ("save", "try", "send"):
        return transact(lambda: _page(program, draft, sheet, [], document))
    errors = [forms.error(name, why) for name, why in wrong]
    if not errors:
        errors = _save(program, code, document)
    if errors:
        return transact(lambda: _page(program, draft, sheet, errors, document)), 422
    goal = {"try": "marketing.try_it", "send": "marketing.send"}.get(deed)
    if goal:
        return redirect(url_for(goal, code=code), code=303)
    return redirect(url_for("marketing.build", code=code, done="draft_saved"), code=303)


def _save(program: Program, code: str, document: dict[str, Any]) -> forms.Errors:
    seen = forms.whole(request.form.get("seen", ""))
    try:
        transact(lambda: promotions.save_draft(program.id, code, document, actor=audit.origin().actor, seen=seen))
    except NotFound:
        raise
    except Refusal as refusal:
        return forms.refused(refusal, {})
    return []


def _page(
    program: Program, draft: promotions.Draft, sheet: Sheet, errors: forms.Errors, document: dict[str, Any]
) -> str:
    context = _context(program, draft, sheet, [], document)
    return render_template("marketing/builder.html", errors=errors, **context)


def _context(
    program: Program,
    draft: promotions.Draft,
    sheet: Sheet,
    problems: forms.Errors,
    document: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """All that the builder shows; `document` is what stands on the sheet where it is not saved yet."""
    names = names_of(program, shelves=True)
    voice = voice_of(names)
    shown = document if document is not None else draft.document
    return {
        **page("promotions"),
        "program": program,
        "draft": draft,
        "promotion": promotions.one(program.id, draft.code),
        "title": showing.title(shown, draft.code, voice.language),
        "sentence": wording.sentence(shown, names, voice.language),
        "saved": document is None,
        "problems": problems,
        "warnings": [one.said(voice.language) for one in draft.warnings] if document is None else [],
        **showing.sheet(program, sheet, voice),
    }


def _problems(sheet: Sheet, problems: tuple[FieldError, ...]) -> forms.Errors:
    """What stands in the way of publishing, each with the field that it is about."""
    return [forms.error(showing.field_at(one.pointer, sheet), one.code, one.detail) for one in problems]
