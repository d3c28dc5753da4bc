"""The audit log: who did what to what, when, and from where. Auditors and administrators read it; nobody changes it."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any

from flask import render_template, request
from flask_babel import lazy_gettext as _

from coalition import access, programs
from coalition.console.frame import blueprint
from coalition.kernel import auditing, clock
from coalition.kernel.db import transact
from coalition.kernel.web.exporting import Field, offer
from coalition.kernel.web.pages import use_zone
from coalition.site.viewer import require_role

PAGE = 50
FILTERS = ("who", "what", "subject", "since", "until")
_LONGEST = 200


@blueprint.get("/audit")
def audit_log() -> str:
    """The trail by its filters, the latest first."""
    facts = transact(lambda: listed(request.args.get("cursor"), PAGE))
    return render_template("console/audit.html", nav="audit", **facts)


def listed(cursor: str | None, limit: int) -> Mapping[str, Any]:
    """A page of the trail by the filters in the address. Raises Forbidden for others than auditors and admins."""
    require_role("auditor")
    given = {name: request.args.get(name, "").strip()[:_LONGEST] for name in FILTERS}
    since, until = _day(given["since"]), _day(given["until"])
    zone = _zone()
    wanted = auditing.Wanted(
        actor=access.actor_of(given["who"]) if given["who"] else None,
        action=given["what"] or None,
        subject=access.actor_of(given["subject"]) if given["subject"] else None,
        since=clock.start_of_day(since, zone) if since else None,
        until=clock.end_of_last_day(until, zone) if until else None,
    )
    page = auditing.browse(wanted, cursor, limit)
    names = access.names({one.actor for one in page.items} | {one.subject for one in page.items})
    rows = [_told(one, names) for one in page.items]
    return {"rows": rows, "next_cursor": page.next_cursor, "given": given, "filtered": any(given.values())}


def _told(one: auditing.Footprint, names: Mapping[str, str]) -> dict[str, Any]:
    return {
        "id": one.id,
        "at": one.at,
        "who": names.get(one.actor, one.actor),
        "actor": one.actor,
        "what": one.action,
        "subject": names.get(one.subject, one.subject),
        "subject_ref": one.subject,
        "ip": one.ip,
        "request_id": one.request_id,
        "details": [(name, _plain(value)) for name, value in sorted(one.details.items())],
        "json": json.dumps(one.details, ensure_ascii=False, sort_keys=True) if one.details else "",
    }


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


def _zone() -> str:
    known = programs.list_programs()
    zone = known[0].zone if known else "UTC"
    use_zone(zone)
    return zone


offer(
    blueprint,
    "/audit",
    "audit_log",
    listed,
    "rows",
    Field(_("When"), "at", "moment"),
    Field(_("Who"), "who"),
    Field(_("Reference"), "actor"),
    Field(_("What"), "what"),
    Field(_("Subject"), "subject_ref"),
    Field(_("Address"), "ip"),
    Field(_("Request"), "request_id"),
    Field(_("Details"), "json"),
)
