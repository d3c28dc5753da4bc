"""The request log: what the partner's clients have asked in thirty days, live and in test mode."""

from __future__ import annotations

from typing import Any

from flask import render_template, request

from coalition import access, programs, sandbox
from coalition.access import ClientView
from coalition.console import forms
from coalition.kernel import request_log
from coalition.kernel.db import transact
from coalition.kernel.request_log import Wanted
from coalition.kernel.web.paging import DEFAULT_LIMIT
from coalition.portal.frame import blueprint, viewer
from coalition.portal.sifting import Filters

_FILTERS = ("status", "path", "request_id", "since", "until", "client")
_CLASSES = {"2": (200, 299), "4": (400, 499), "5": (500, 599)}
_ALL = (0, 999)


@blueprint.get("/requests")
def requests() -> tuple[str, int]:
    """The requests that the address asks for, the latest first."""
    found = transact(lambda: _listed(request.args.get("cursor")))
    return render_template("portal/requests.html", nav="portal-requests", **found), 422 if found["errors"] else 200


def _listed(cursor: str | None) -> dict[str, Any]:
    colleague, filters = viewer(), Filters(*_FILTERS)
    clients = {client.id: client for client in _clients(colleague.partner_id)}
    wanted = _wanted(filters, programs.get(colleague.program_id).zone)
    asked = [one.id for one in clients.values() if filters.chosen["client"] in ("", one.client_id)]
    page = request_log.search(asked, wanted, cursor, DEFAULT_LIMIT)
    return {
        "logged": [(one, clients[one.client_id]) for one in page.items],
        "next_cursor": page.next_cursor,
        "filters": filters,
        "chosen": filters.chosen,
        "errors": filters.errors,
        "clients": list(clients.values()),
        "kept_days": request_log.KEPT_DAYS,
    }


def _clients(partner_id: int) -> list[ClientView]:
    """The partner's own clients and those of its test mode."""
    mode = sandbox.find(partner_id)
    return access.clients_of(partner_id) + (access.clients_of(mode.twin_id) if mode else [])


def _wanted(filters: Filters, zone: str) -> Wanted:
    least, most = _statuses(filters)
    return Wanted(
        least,
        most,
        path=filters.chosen["path"],
        request_id=filters.chosen["request_id"],
        since=filters.start("since", zone),
        until=filters.end("until", zone),
    )


def _statuses(filters: Filters) -> tuple[int, int]:
    """From which status to which: a class of them by its first digit, one of them by all three, or any."""
    text = filters.chosen["status"]
    if text in _CLASSES:
        return _CLASSES[text]
    if len(text) == 3 and text.isascii() and text.isdecimal():
        return int(text), int(text)
    if text:
        filters.errors.append(forms.error("status", "invalid"))
    return _ALL
