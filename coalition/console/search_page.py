"""Searching members. What is typed is posted and never stands in an address, but for names, which are no keys.

One box takes anything: an identifier of any kind, a receipt number, a member's number, or a name.
"""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from coalition import members, programs, purchases
from coalition.console.frame import blueprint, choices, chosen_program, partner_names
from coalition.kernel import audit, ids
from coalition.kernel.db import transact
from coalition.kernel.errors import NotFound
from coalition.kernel.web.paging import Page

PAGE = 50
_QUERY_MAX = 256
_FOUND_MAX = 20  # more than so many members behind one number is no search but a nuisance


@blueprint.get("/members")
def search() -> str:
    """The search, and the members that a name or a search before has found."""
    return render_template(
        "console/search.html", nav="members", **transact(lambda: listed(request.args.get("cursor"), PAGE))
    )


@blueprint.post("/members")
def find() -> Response | tuple[str, int]:
    """Find members by what was typed, and go to the one, or to the list of those, that it means."""
    query = request.form.get("q", "").strip()
    if not query or len(query) > _QUERY_MAX or not query.isprintable():
        error = {"field": "q", "code": "too_long" if len(query) > _QUERY_MAX else "required", "text": None}
        return _again(query, [error]), 422
    program, found = transact(lambda: (at := chosen_program(), meant(at.id, query)))
    scope = _scope(program)
    if len(found) == 1:
        return redirect(url_for("console.member", member=ids.public("mbr", found[0])), code=303)
    if found:
        shown = ".".join(str(number) for number in found[:_FOUND_MAX])
        return redirect(url_for("console.search", among=shown, **scope), code=303)
    if not any(char.isdigit() or char == "@" for char in query):
        return redirect(url_for("console.search", name=query, **scope), code=303)
    return _again(query, []), 200


def _again(query: str, errors: list[dict[str, Any]]) -> str:
    context = transact(lambda: choices(chosen_program()))
    more = {"query": query, "errors": errors, "missed": not errors, "found": [], "name": "", "next_cursor": None}
    return render_template("console/search.html", nav="members", **context, **more)


def listed(cursor: str | None, limit: int) -> dict[str, Any]:
    """The members that a name or a search before has found; the trail says who was listed."""
    program = chosen_program()
    name = "".join(char for char in request.args.get("name", "") if char.isprintable()).strip()[:_QUERY_MAX]
    among = [int(number) for number in request.args.get("among", "").split(".") if number.isdecimal()][:_FOUND_MAX]
    page: Page[members.Found] = Page([])
    if among:
        page = Page(members.some(program.id, (number for number in among if number < 2**63)))
    elif name:
        page = members.by_name(program.id, name, cursor, limit)
    if page.items:
        audit.record("member.listed", f"program:{program.id}", members=[one.member.id for one in page.items])
    names = partner_names(program.id)
    shown = [_line(one, names) for one in page.items]
    state = {"query": name, "errors": [], "missed": bool(name or among) and not shown}
    return {**choices(program), **state, "found": shown, "name": name, "next_cursor": page.next_cursor}


def meant(program_id: int, query: str) -> list[int]:
    """The members of a program whom a number, an address, an identifier or a receipt means."""
    try:
        return [members.get(program_id, ids.parse("mbr", query)).id]
    except NotFound:
        pass
    partner_ids = list(partner_names(program_id))
    receipts = purchases.by_receipt(partner_ids, query)
    buyers = {one.member_id for one in receipts if one.member_id is not None}
    return sorted({*members.search(program_id, partner_ids, query), *buyers})


def _line(one: members.Found, names: dict[int, str]) -> dict[str, Any]:
    return {
        "id": ids.public("mbr", one.member.id),
        "name": one.profile.name,
        "email": one.profile.email,
        "phone": one.profile.phone,
        "external_id": one.member.external_id,
        "state": one.member.state,
        "tier": one.member.tier,
        "partner": names.get(one.member.enrolled_by),
        "enrolled_at": one.member.enrolled_at,
    }


def _scope(program: programs.Program) -> dict[str, Any]:
    return {"program": program.code} if request.form.get("program") else {}
