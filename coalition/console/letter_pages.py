"""Letters that were given up: to whom, why, and having them sent after all. Administrators act, auditors look."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from coalition import letters
from coalition.console.administration import blueprint
from coalition.console.houses import staff
from coalition.kernel.db import transact

PAGE = 50


@blueprint.get("/letters")
def letter_list() -> str:
    """The letters that nobody took."""
    context = transact(lambda: listed(request.args.get("cursor"), PAGE))
    return render_template("console/letters.html", nav="jobs", **context)


@blueprint.post("/letters/<int:number>/revive")
def revive_letter(number: int) -> Response:
    """Let a letter be tried again from the beginning. NotFound for one that is not dead."""
    transact(lambda: letters.revive(number))
    return redirect(url_for("administration.letter_list", done="letter_revived"), code=303)


def listed(cursor: str | None, limit: int) -> dict[str, Any]:
    """A page of the dead letters, the latest first; what a letter says stays sealed."""
    staff()
    found = letters.dead(cursor, limit)
    return {"letters": found.items, "next_cursor": found.next_cursor}
