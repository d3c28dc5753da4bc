"""Rulesets: everything that was ever in force, and the way back to any of them."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from coalition import access, promotions
from coalition.console import forms
from coalition.console.marketing import showing
from coalition.console.marketing.frame import blueprint, choices, chosen_program, names_of, page, voice_of
from coalition.kernel.db import transact
from coalition.kernel.web.pages import language
from coalition.promotions import wording

_PAGE = 30


@blueprint.get("/rulesets")
def rulesets() -> str:
    """The rulesets of a program, the latest first."""
    context = transact(lambda: listed(request.args.get("cursor"), _PAGE))
    return render_template("marketing/rulesets.html", **page("rulesets"), **context)


@blueprint.get("/rulesets/<int:no>")
def ruleset(no: int) -> str:
    """One ruleset: what is in it, and what differs from the one in force."""
    return _page(no, [], {})


@blueprint.post("/rulesets/<int:no>/restore")
def restore(no: int) -> Response | tuple[str, int]:
    """Publish this one again, word for word."""
    given = forms.answers("note")
    if not given["note"]:
        return _page(no, [forms.error("note", "say_why")], given), 422
    errors, status = forms.tried(lambda: promotions.rollback(chosen_program().id, no, given["note"]), {})
    if errors:
        return _page(no, errors, given), status
    return redirect(url_for("marketing.rulesets", done="ruleset_restored"), code=303)


def listed(cursor: str | None, limit: int) -> dict[str, Any]:
    """A page of the rulesets, which one is in force, and who published them."""
    program = chosen_program()
    found = promotions.rulesets(program.id, cursor, limit)
    now = promotions.ruleset(program.id)
    people = access.names({one.actor for one in found.items})
    context = {**choices(program), "rulesets": found.items, "next_cursor": found.next_cursor}
    return {**context, "now": now.no if now else 0, "people": people}


def _page(no: int, errors: forms.Errors, given: dict[str, str]) -> str:
    def work() -> dict[str, Any]:
        program = chosen_program()
        found = promotions.by_no(program.id, no)
        now = promotions.ruleset(program.id)
        names = names_of(program)
        held = {code: dict(one) for code, one in found.documents.items()}
        other = {code: dict(one) for code, one in (now.documents if now else {}).items()}
        told = [
            {
                "code": code,
                "title": showing.title(one, code, language()),
                "sentence": wording.sentence_text(one, names, voice_of(names).language),
                "change": "" if other.get(code) == one else "changed" if code in other else "added",
            }
            for code, one in held.items()
        ]
        gone = [
            {"code": code, "title": showing.title(one, code, language())}
            for code, one in other.items()
            if code not in held
        ]
        return {
            **page("rulesets"),
            "program": program,
            "ruleset": found,
            "promotions": told,
            "gone": gone,
            "now": now.no if now else 0,
        }

    return render_template("marketing/ruleset.html", errors=errors, answers=given, **transact(work))
