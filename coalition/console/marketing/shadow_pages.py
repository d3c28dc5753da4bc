"""Shadows: drafts that live traffic is played to, what they would have given so far, and letting one begin or end."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, url_for
from werkzeug.wrappers import Response

from coalition import insight, promotions
from coalition.console import forms
from coalition.console.marketing import showing
from coalition.console.marketing.frame import blueprint, choices, chosen_program, page
from coalition.kernel.db import transact
from coalition.kernel.errors import NotFound
from coalition.kernel.web.pages import language

_SHOWN = 20


@blueprint.get("/shadows")
def shadows() -> str:
    """The latest shadows of the program with what their promotions would have given, and the drafts there are."""
    return _page([], "")


@blueprint.post("/shadows")
def start_shadow() -> Response | tuple[str, int]:
    """Let a draft run in the shadow from now on."""
    code = forms.answers("code")["code"]

    def work() -> int:
        program = chosen_program()
        draft = promotions.draft(program.id, code)
        return insight.start_shadow(program.id, [draft.document], title=showing.title(draft.document, code, "en"))

    errors, status = forms.tried(work, {})
    if errors:
        return _page([one | {"field": "code"} for one in errors], code), status
    return redirect(url_for("marketing.shadows", done="shadow_started"), code=303)


@blueprint.post("/shadows/<int:number>/stop")
def stop_shadow(number: int) -> Response | tuple[str, int]:
    """End a shadow; what it has seen stays to be read."""

    def work() -> None:
        if insight.shadow(number).program_id != chosen_program().id:
            raise NotFound()
        insight.stop_shadow(number)

    errors, status = forms.tried(work, {})
    if errors:
        return _page(errors, ""), status
    return redirect(url_for("marketing.shadows", done="shadow_stopped"), code=303)


def _page(errors: forms.Errors, code: str) -> str:
    return render_template(
        "marketing/shadows.html", errors=errors, answers={"code": code}, **page("shadows"), **transact(_listed)
    )


def _listed() -> dict[str, Any]:
    program = chosen_program()
    known = promotions.listed(program.id)
    drafts = [(one.code, showing.title(one.document, one.code, language())) for one in known if one.draft]
    found = [{"shadow": one, "cast": insight.cast(one.id)} for one in insight.shadows(program.id)[:_SHOWN]]
    return {**choices(program), "drafts": drafts, "found": found}
