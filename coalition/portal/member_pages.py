"""The members whom the partner has enrolled, and one that it knows: what a partner may see of a member, and no more.

Who enrolled a member sees profile, identifiers and the movements it booked itself; a partner that knows a member by a
card alone sees id, tier and balances. A look at a member is written down.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from coalition import members, programs
from coalition.api import wallets
from coalition.console import forms
from coalition.console.frame import currency_name
from coalition.kernel import audit, ids
from coalition.kernel.db import transact
from coalition.kernel.web.pages import language
from coalition.kernel.web.paging import DEFAULT_LIMIT, Page
from coalition.members import Enrolled, Found
from coalition.portal import own
from coalition.portal.frame import blueprint, viewer
from coalition.portal.operation_pages import meant
from coalition.portal.sifting import Filters
from coalition.site.expiries import last_day
from coalition.site.viewer import Colleague

_STATES = ("active", "closed", "merged")
_MOVES = 20


@blueprint.get("/members")
def members_enrolled() -> tuple[str, int]:
    """The members that the partner has enrolled, the latest first."""
    found = transact(lambda: listed(request.args.get("cursor"), DEFAULT_LIMIT))
    return _page(found), 422 if found["errors"] else 200


@blueprint.post("/members")
def find_person() -> Response | tuple[str, int]:
    """Go to the member who has what was typed: a card, a phone, an e-mail address, a number."""
    typed = forms.answers("who")["who"]
    found = transact(lambda: meant(viewer(), typed))
    if len(found) == 1:
        return redirect(url_for("portal.member", member=ids.public("mbr", found[0])), code=303)
    error = forms.error("who", "member_unknown" if typed else "required")
    return _page(transact(lambda: listed(None, DEFAULT_LIMIT)) | {"errors": [error], "who": typed}), 422


@blueprint.get("/members/<member>")
def member(member: str) -> str:
    """One member, as far as the partner may look."""
    found = transact(lambda: _seen(viewer(), member))
    return render_template("portal/member.html", nav="portal-members", **found)


def listed(cursor: str | None, limit: int) -> dict[str, Any]:
    """A page of the members enrolled, by the filters of the address. Raises Invalid for a cursor that is not ours."""
    colleague, filters = viewer(), Filters("number", "state", "since", "until")
    zone = programs.get(colleague.program_id).zone
    sought = Enrolled(
        colleague.partner_id,
        filters.chosen["number"],
        filters.chosen["state"],
        filters.start("since", zone),
        filters.end("until", zone),
    )
    page: Page[Found] = Page([]) if filters.errors else members.enrolled(sought, cursor, limit)
    if page.items:
        audit.record("member.listed", f"partner:{colleague.partner_id}", members=[one.member.id for one in page.items])
    return {
        "people": _rows(page.items),
        "next_cursor": page.next_cursor,
        "filters": filters,
        "chosen": filters.chosen,
        "errors": filters.errors,
        "states": _STATES,
        "who": "",
    }


def _page(context: dict[str, Any]) -> str:
    return render_template("portal/members.html", nav="portal-members", **context)


def _rows(found: Sequence[Found]) -> list[dict[str, Any]]:
    return [
        {
            "id": ids.public("mbr", one.member.id),
            "number": one.member.external_id,
            "name": one.profile.name,
            "email": one.profile.email,
            "phone": one.profile.phone,
            "tier": one.member.tier,
            "state": one.member.state,
            "enrolled_at": one.member.enrolled_at,
        }
        for one in found
    ]


def _seen(colleague: Colleague, public_id: str) -> dict[str, Any]:
    sight = own.member(colleague, public_id)
    found, mine = sight.member, sight.member.enrolled_by == colleague.partner_id
    audit.record("member.viewed", f"member:{found.id}", part="portal")
    currencies = {one.code: one for one in programs.currencies(colleague.program_id)}
    zone = programs.get(colleague.program_id).zone
    names = {code: {"name": currency_name(one), "decimals": one.decimals} for code, one in currencies.items()}
    moved = wallets.movements(colleague.partner_id, found.id, request.args.get("cursor"), _MOVES, language())
    return {
        "person": {
            "id": ids.public("mbr", found.id),
            "state": found.state,
            "tier": found.tier,
            "enrolled_at": found.enrolled_at,
            "number": found.external_id if mine else "",
            "mine": mine,
        },
        "profile": members.profile(found.id) if sight.intimate else None,
        "identifiers": members.identifiers(found.id) if mine else [],
        "balances": [_ending(one, zone) for one in wallets.balances(colleague.partner_id, found.id)],
        "names": names,
        "movements": moved["items"] if sight.intimate else None,
        "next_cursor": moved["next_cursor"] if sight.intimate else None,
    }


def _ending(balance: dict[str, Any], zone: str) -> dict[str, Any]:
    """A balance with what of it ends next, by the last day on which that is good."""
    ends = [one | {"expires_on": last_day(one["expires_at"], zone)} for one in balance["next_expirations"]]
    return balance | {"next_expirations": ends}
