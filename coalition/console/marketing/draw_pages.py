"""Draws: who has tickets, holding one with a second person, its winners, and the proof that nobody chose them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from flask import redirect, render_template, request, stream_with_context, url_for
from werkzeug.wrappers import Response

from coalition import access
from coalition.console import forms
from coalition.console.marketing.frame import blueprint, choices, chosen_program, page
from coalition.kernel import approvals, audit, ids
from coalition.kernel.db import transact
from coalition.kernel.errors import Conflict, NotFound, Refusal
from coalition.kernel.web import sheets
from coalition.kernel.web.paging import decode_cursor, encode_cursor
from coalition.promotions import holdings

_PAGE = 50
_WINNERS = 1_000


@blueprint.get("/draws")
def draws() -> str:
    """The draws of a program with their tickets, fifty a page."""
    found = transact(lambda: listed(request.args.get("cursor"), _PAGE))
    return render_template("marketing/draws.html", **page("draws"), **found)


def listed(cursor: str | None, limit: int) -> dict[str, Any]:
    """A page of the program's draws, by name."""
    program = chosen_program()
    (after,) = decode_cursor(cursor, str) or ("",)
    found = holdings.draws(program.id, after=str(after), limit=limit + 1)
    more = encode_cursor(found[limit - 1].name) if len(found) > limit else None
    return {**choices(program), "draws": found[:limit], "next_cursor": more}


@blueprint.get("/draws/<name>")
def draw(name: str) -> str:
    """A draw: what was committed to, who waits for whose approval, and how it went."""
    return _page(name, [], {})


@blueprint.post("/draws/<name>")
def ask_for_draw(name: str) -> Response | tuple[str, int]:
    """Ask a second person to hold it."""
    given = forms.answers("prizes", "note")
    prizes = forms.whole(given["prizes"])
    errors, status = forms.tried(
        lambda: holdings.ask_draw(chosen_program().id, name, prizes=prizes or 0, note=given["note"]),
        {"/prizes": "prizes", "/note": "note"},
    )
    if errors:
        return _page(name, errors, given), status
    return redirect(url_for("marketing.draw", name=name, done="draw_asked"), code=303)


@blueprint.post("/draws/<name>/<any(approve, reject):answer>")
def decide_draw(name: str, answer: str) -> Response | tuple[str, int]:
    """Hold it as it was asked for; or refuse it, or take back one's own request."""
    seen = forms.seen()

    def work() -> None:
        found = holdings.asked_draw(chosen_program().id, name)
        if found is None:
            raise Conflict("approval_closed", "Nothing of this draw waits for a second person.")
        if answer == "reject":
            approvals.reject(found.id, "—")
            return
        approvals.carry_out(found.id, seen=seen)

    try:
        transact(work)
    except NotFound:
        raise
    except Refusal as refusal:
        return _page(name, [forms.error("", refusal.code, refusal.detail)], {}), refusal.status
    return redirect(
        url_for("marketing.draw", name=name, done="draw_held" if answer == "approve" else "rejected"), code=303
    )


@blueprint.get("/draws/<name>/entries.csv")
def draw_entries(name: str) -> Response:
    """Who took part, as the proof needs it: `member,tickets`, streamed."""
    program = transact(chosen_program)
    if transact(lambda: holdings.one_draw(program.id, name)).drawn_at is None:
        raise NotFound()
    return sheets.download(stream_with_context(_entries(program.id, name)), "entries.csv")


def _entries(program_id: int, name: str) -> Iterator[str]:
    yield "member,tickets\n"
    after = 0
    while part := transact(partial(holdings.entries_after, program_id, name, after)):
        yield "".join(f"{one.member_id},{one.tickets}\n" for one in part)
        after += len(part)


def _page(name: str, errors: forms.Errors, given: dict[str, str]) -> str:
    def work() -> dict[str, Any]:
        program = chosen_program()
        found, held = holdings.one_draw(program.id, name), holdings.drawing(program.id, name)
        asked = None if held else holdings.asked_draw(program.id, name)
        try:
            commitment = held.commitment if held else holdings.commitment(program.id, name)
        except Conflict:
            commitment = ""
        who = {asked.requested_by} if asked else {held.actor} if held else set()
        winners = held.winners[:_WINNERS] if held else ()
        return {
            "program": program,
            "draw": found,
            "held": held,
            "commitment": commitment,
            "winners": [(ids.public("mbr", one.member_id), one.member_id, one.ticket, one.score) for one in winners],
            "asked": asked,
            "own": asked is not None and asked.requested_by == audit.origin().actor,
            "seen": asked.payload_hash.hex() if asked else "",
            "people": access.names(who),
        }

    return render_template("marketing/draw.html", errors=errors, answers=given, **page("draws"), **transact(work))
