"""Groups: which promotions compete with each other, and which of them win. A change counts from the next ruleset on."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, url_for
from werkzeug.wrappers import Response

from coalition import promotions
from coalition.console import forms
from coalition.console.marketing import showing
from coalition.console.marketing.frame import blueprint, choices, chosen_program, page
from coalition.kernel.db import transact
from coalition.kernel.web.pages import language


@blueprint.get("/promotion-groups")
def promotion_groups() -> str:
    """The groups of a program with the promotions of each."""
    return _page([], {"mode": "best", "scope": "receipt"})


@blueprint.post("/promotion-groups")
def set_promotion_group() -> Response | tuple[str, int]:
    """Add a group, or change it."""
    given = forms.answers("code", "mode", "scope")
    fields = {"/code": "code", "/mode": "mode", "/scope": "scope"}
    asked: list[object] = []
    errors, status = forms.tried(
        lambda: asked.append(
            promotions.set_group(chosen_program().id, given["code"], mode=given["mode"], scope=given["scope"])
        ),
        fields,
    )
    if errors:
        return _page(
            [one | ({"code": "promotion_code"} if one["field"] == "code" else {}) for one in errors], given
        ), status
    return redirect(
        url_for("marketing.promotion_groups", done="change_asked" if asked[0] is not None else "group_saved"), code=303
    )


def listed() -> dict[str, Any]:
    """The groups by code, and the promotions of each."""
    program = chosen_program()
    found: dict[str, list[tuple[str, str]]] = {code: [] for code in promotions.groups_of(program.id)}
    for one in promotions.listed(program.id):
        group = one.document.get("group")
        if isinstance(group, str) and group in found:
            found[group].append((one.code, showing.title(one.document, one.code, language())))
    return {**choices(program), "groups": promotions.groups_of(program.id), "members": found}


def _page(errors: forms.Errors, given: dict[str, str]) -> str:
    return render_template("marketing/groups.html", errors=errors, answers=given, **page("groups"), **transact(listed))
