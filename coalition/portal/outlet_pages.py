"""The partner's outlets: listed, opened, changed, closed; with their hours and their place on a map."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import current_app, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from coalition import partners, programs
from coalition.console import forms
from coalition.kernel.config import Config
from coalition.kernel.db import transact
from coalition.kernel.errors import NotFound, Refusal
from coalition.kernel.web.paging import DEFAULT_LIMIT
from coalition.partners import places
from coalition.partners.places import COLUMNS, DAYS, Card, Kept, Wanted
from coalition.portal.frame import blueprint, manager, viewer
from coalition.portal.sifting import Filters
from coalition.site.viewer import Colleague

_STATES = ("open", "closed")


@blueprint.get("/outlets")
def outlets() -> str:
    """The partner's outlets, by code."""
    found = transact(lambda: listed(request.args.get("cursor"), DEFAULT_LIMIT))
    return render_template("portal/outlets.html", nav="portal-outlets", **found)


@blueprint.get("/new-outlet")
def new_outlet() -> str:
    """The form that opens an outlet."""

    def work() -> dict[str, str]:
        colleague = manager()
        return {"zone": programs.get(colleague.program_id).zone}

    return _form(None, transact(work), [])


@blueprint.post("/new-outlet")
def open_outlet() -> Response | tuple[str, int]:
    """Open an outlet."""
    return _keep(None, lambda one, card: places.add(one.partner_id, card), "outlet_opened")


@blueprint.get("/outlets/<code>")
def outlet(code: str) -> str:
    """One outlet."""

    def work() -> dict[str, Any]:
        colleague = viewer()
        found = places.one_kept(colleague.partner_id, code)
        return {"outlet": _row(found), "texts": found.card.texts(), "may_change": "partner_admin" in colleague.roles}

    context = transact(work)
    where = map_of(context["texts"]) if context["texts"]["lat"] else None
    return render_template("portal/outlet.html", nav="portal-outlets", **context, days=DAYS, map=where)


@blueprint.get("/outlets/<code>/edit")
def edit_outlet(code: str) -> str:
    """The form that changes an outlet."""
    return _form(code, transact(lambda: places.one_kept(manager().partner_id, code)).card.texts(), [])


@blueprint.post("/outlets/<code>/edit")
def change_outlet(code: str) -> Response | tuple[str, int]:
    """Keep the outlet as the form says; its code stays."""
    return _keep(code, lambda one, card: places.change(one.partner_id, card), "outlet_changed")


@blueprint.post("/outlets/<code>/switch")
def switch_outlet(code: str) -> Response:
    """Close the outlet, or open it again."""
    closing = request.form.get("open") != "yes"
    deed = places.close if closing else places.reopen
    transact(lambda: deed(manager().partner_id, code))
    return _done(code, "outlet_closed" if closing else "outlet_reopened")


def listed(cursor: str | None, limit: int) -> dict[str, Any]:
    """A page of the outlets, by the filters of the address. Raises Invalid for a cursor that is not ours."""
    colleague, filters = viewer(), Filters("q", "state")
    state = filters.chosen["state"] if filters.chosen["state"] in _STATES else ""
    page = places.kept(Wanted(colleague.partner_id, filters.chosen["q"], state), cursor, limit)
    return {
        "outlets": [_row(one) for one in page.items],
        "next_cursor": page.next_cursor,
        "filters": filters,
        "chosen": filters.chosen,
        "may_change": "partner_admin" in colleague.roles,
    }


def map_of(texts: dict[str, str]) -> str | None:
    """Where a map of the place opens, if the installation names a map."""
    config: Config = current_app.config["COALITION"]
    return config.map_url.replace("{lat}", texts["lat"]).replace("{lon}", texts["lon"]) or None


def _row(one: Kept) -> dict[str, Any]:
    card = one.card
    told = {name: getattr(card, name) for name in ("code", "name", "entity", "city", "address", "zone", "lat", "lon")}
    return told | {"closed_at": one.closed_at, "open": one.closed_at is None, "hours": bool(card.week)}


def _keep(code: str | None, deed: Callable[[Colleague, Card], None], said: str) -> Response | tuple[str, int]:
    given = forms.answers(*COLUMNS) | ({"code": code} if code else {})

    def work() -> None:
        colleague = manager()
        if code:
            places.one_kept(colleague.partner_id, code)
        deed(colleague, places.read_card(colleague.partner_id, given))

    try:
        transact(work)
    except NotFound:
        raise
    except Refusal as refusal:
        wrong = [forms.error(one.pointer[1:], one.code) for one in refusal.errors]
        return _form(code, given, wrong or [forms.error("code", refusal.code)]), refusal.status
    return _done(given["code"], said)


def _form(code: str | None, given: dict[str, str], errors: forms.Errors) -> str:
    entities = transact(lambda: partners.entities_of(manager().partner_id))
    more = {"answers": given, "entities": [(one.code, one.name) for one in entities], "errors": errors, "days": DAYS}
    return render_template("portal/outlet_form.html", nav="portal-outlets", code=code, **more)


def _done(code: str, said: str) -> Response:
    return redirect(url_for("portal.outlet", code=code, said=said), code=303)
