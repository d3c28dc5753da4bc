"""The error catalogue: every code in a list, and a page for each, to which the `type` of a problem leads."""

from __future__ import annotations

from flask import abort, render_template

from coalition.api.docs import origins
from coalition.api.docs.blueprint import blueprint
from coalition.api.error_codes import CODES, FEED_CODES, FIELD_CODES, FILE_CODES, ROW_CODES

KINDS = {"problem": CODES, "field": FIELD_CODES, "file": FILE_CODES, "feed": FEED_CODES, "row": ROW_CODES}


@blueprint.get("/errors")
def errors() -> str:
    """Every error code by where it stands."""
    return render_template("docs/errors.html", kinds=KINDS)


@blueprint.get("/errors/<code>")
def error(code: str) -> str:
    """One code: where it stands, what it means, and what a program does about it."""
    meanings = {kind: codes[code] for kind, codes in KINDS.items() if code in codes}
    if not meanings:
        abort(404)
    facts = {"statuses": origins.statuses(code), "retryable": origins.retryable(code)}
    return render_template("docs/error.html", code=code, meanings=meanings, **facts)
