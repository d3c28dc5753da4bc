"""One member as staff see it: everything at a glance, and pages for the points, the timeline and the identifiers.

Every look is written to the audit trail, because a profile is personal.
"""

from __future__ import annotations

from typing import Any

from flask import render_template, request

from coalition import members
from coalition.console import member_view, timeline
from coalition.console.frame import blueprint
from coalition.kernel import audit, ids
from coalition.kernel.db import transact

PAGE = 50
_LATEST = 10


@blueprint.get("/members/<member>")
def member(member: str) -> str:
    """The whole member at a glance."""

    def work() -> dict[str, Any]:
        found = looked_at(member, "overview")
        latest = timeline.page(found, "", None, _LATEST)
        return {
            **member_view.head(found),
            **member_view.glance(found),
            "steps": latest.items,
            "next_cursor": latest.next_cursor,
        }

    return render_template("console/member.html", nav="members", **transact(work))


@blueprint.get("/members/<member>/points")
def member_points(member: str) -> str:
    """Every part of every balance: when it ends and who pays for it."""

    def work() -> dict[str, Any]:
        found = looked_at(member, "points")
        return {**member_view.head(found), "wallets": member_view.wallets(found, lots_shown=member_view.LOTS_SHOWN)}

    return render_template("console/member_points.html", nav="members", **transact(work))


@blueprint.get("/members/<member>/timeline")
def member_timeline(member: str) -> str:
    """What has happened, newest first, all of it or of one kind."""
    context = transact(lambda: steps(request.args.get("cursor"), PAGE, member))
    return render_template("console/member_timeline.html", nav="members", **context)


@blueprint.get("/members/<member>/identifiers")
def member_identifiers(member: str) -> str:
    """Cards and everything else that a member can present."""
    return render_template("console/member_identifiers.html", nav="members", **transact(lambda: presented(member)))


def steps(cursor: str | None, limit: int, member: str) -> dict[str, Any]:
    """A page of a member's timeline, of the kind in the address."""
    kind = request.args.get("kind", "")
    kind = kind if kind in timeline.KINDS else ""
    found = looked_at(member, "timeline")
    page = timeline.page(found, kind, cursor, limit)
    return {**member_view.head(found), "kind": kind, "steps": page.items, "next_cursor": page.next_cursor}


def presented(member: str) -> dict[str, Any]:
    """All that a member can present."""
    found = looked_at(member, "identifiers")
    return {**member_view.head(found), "identifiers": member_view.identifiers(found)}


def looked_at(public_id: str, part: str) -> members.Member:
    """The member with this public id, and a row in the trail that says who looked at what. Raises NotFound."""
    found = members.whose(ids.parse("mbr", public_id))
    audit.record(timeline.LOOK, f"member:{found.id}", part=part)
    return found
