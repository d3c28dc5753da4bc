"""The list of promotions: what is in force, what is being written, what waits for a second person."""

from __future__ import annotations

from typing import Any

from flask import render_template, request

from coalition import promotions
from coalition.console.marketing import showing
from coalition.console.marketing.change_pages import waiting
from coalition.console.marketing.frame import blueprint, choices, chosen_program, names_of, page, voice_of
from coalition.kernel.db import transact
from coalition.promotions import proposals, wording

STATES = ("active", "scheduled", "review", "draft", "changing", "paused", "ended", "archived")
_PAGE = 50


@blueprint.get("/promotions")
def promotion_list() -> str:
    """The promotions of a program, with their sentences."""
    context = transact(lambda: listed(request.args.get("from"), _PAGE))
    return render_template("marketing/list.html", states=STATES, **page("promotions"), **context)


def listed(cursor: str | None, limit: int) -> dict[str, Any]:
    """So many promotions behind the place `cursor`, by the filters in the address."""
    state, q = request.args.get("state", ""), request.args.get("q", "").strip()[:100]
    state = state if state in STATES else ""
    begins = int(cursor) if cursor and cursor.isdecimal() and len(cursor) < 6 else 0
    program = chosen_program()
    found = promotions.listed(program.id, state or None, q or None)
    counts = {"review": len(promotions.listed(program.id, "review")), "changes": len(waiting(program.id))}
    counts["proposals"] = proposals.waiting(program.id)
    names = names_of(program)
    shown = [_told(one, names) for one in found[begins : begins + limit]]
    after = begins + limit if len(found) > begins + limit else None
    told = {"promotions": shown, "number": len(found), "after": after, "next_cursor": after and str(after)}
    return {**choices(program), **told, "state": state, "q": q, "counts": counts}


def _told(one: promotions.Promotion, names: wording.Names) -> dict[str, Any]:
    voice = voice_of(names)
    return {
        "code": one.code,
        "phase": one.phase,
        "title": showing.title(one.document, one.code, voice.language),
        "sentence": wording.sentence_text(one.document, names, voice.language),
        "begins_at": one.begins_at,
        "ends_at": one.ends_at,
        "changed_at": one.changed_at,
        "version": one.version,
        "changing": one.version is not None and one.draft is not None,
    }
