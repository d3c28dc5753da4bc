"""Where a member belongs: its tier and how it got there, its subscription, its family, and whom it was merged from.

Staff record a payment that was made elsewhere, let a subscription end, and take people out of a family, with a reason.
"""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, url_for
from werkzeug.wrappers import Response

from coalition import access, members, programs
from coalition.console import forms, member_view
from coalition.console.frame import blueprint, currency_name
from coalition.console.member_pages import looked_at
from coalition.kernel import audit, ids
from coalition.kernel.db import transact
from coalition.kernel.errors import NotFound
from coalition.kernel.web.pages import language
from coalition.members import Member
from coalition.site.expiries import last_day


@blueprint.get("/members/<member>/standing")
def member_standing(member: str) -> str:
    """Tier, subscription, family and merges."""
    return _page(member, [], {})


@blueprint.post("/members/<member>/subscription")
def subscribe(member: str) -> Response | tuple[str, int]:
    """Begin a subscription with a payment that was made elsewhere, or add a period to the one that runs."""
    given = forms.answers("plan", "payment", "deed")
    found = transact(lambda: members.whose(ids.parse("mbr", member)))
    payment, renewing = given["payment"] or None, given["deed"] == "renew"
    if not renewing and not given["plan"]:
        return _page(member, [forms.error("plan", "choose")], given), 422

    def work() -> None:
        if renewing:
            members.renew(found.program_id, found.id, payment=payment)
        else:
            members.subscribe(found.program_id, found.id, given["plan"], payment=payment)

    errors, status = forms.tried(work, {"/payment": "payment", "/plan": "plan"})
    if errors:
        return _page(member, [_worded(one) for one in errors], given), status
    done = "renewed" if renewing else "subscribed"
    return redirect(url_for("console.member_standing", member=member, done=done), code=303)


@blueprint.post("/members/<member>/subscription/cancel")
def cancel_subscription(member: str) -> Response:
    """Let the subscription end with the period that is paid."""
    found = transact(lambda: members.whose(ids.parse("mbr", member)))
    transact(lambda: members.cancel(found.program_id, found.id))
    return redirect(url_for("console.member_standing", member=member, done="subscription_cancelled"), code=303)


@blueprint.post("/members/<member>/family/leave")
def take_out_of_family(member: str) -> Response | tuple[str, int]:
    """Take somebody of this member's family out of it; without its head the family is over."""
    given = forms.answers("seat", "family_reason")
    if not given["family_reason"]:
        return _page(member, [forms.error("family_reason", "say_why")], given), 422

    def work() -> None:
        found = members.whose(ids.parse("mbr", member))
        family, seated = members.family(found.id), ids.parse("mbr", given["seat"])
        if family is None or seated not in {seat.member_id for seat in family.seats}:
            raise NotFound()
        members.leave(found.program_id, seated, family.id)
        head = ids.public("mbr", family.head_id)
        audit.record("family.removed", f"member:{seated}", head=head, reason=given["family_reason"])

    transact(work)
    return redirect(url_for("console.member_standing", member=member, done="family_left"), code=303)


def _worded(error: dict[str, Any]) -> dict[str, Any]:
    """A wrong payment says what is needed, not only that it is wrong."""
    return error | {"code": "payment_required"} if error["field"] == "payment" else error


def _page(public_id: str, errors: forms.Errors, given: dict[str, str]) -> str:
    def work() -> dict[str, Any]:
        found = looked_at(public_id, "standing")
        tiers = {tier.code: _named(tier) for tier in members.ladder(found.program_id).tiers}
        plans = {plan.code: plan for plan in members.plans(found.program_id)}
        standing = members.standing([found.id]).get(found.id)
        running = members.subscription(found.id)
        zone = programs.get(found.program_id).zone
        return {
            **member_view.head(found),
            "tiers": tiers,
            "benefits": standing.benefits if standing else None,
            "history": members.tier_history(found.id),
            "subscription": running,
            "paid_until": last_day(running.ends_at, zone) if running else None,
            "plans": {code: {"plan": plan, "name": _named(plan)} for code, plan in plans.items()},
            "family": _family(found),
            "merges": _merges(found),
        }

    more = {"errors": errors, "answers": given}
    return render_template("console/member_standing.html", nav="members", **transact(work), **more)


def _named(one: members.Tier | members.Plan) -> str:
    return one.name_ru if language() == "ru" else one.name_en


def _family(member: Member) -> list[dict[str, Any]]:
    found = members.family(member.id)
    return [
        {
            "id": ids.public("mbr", seat.member_id),
            "name": seat.name,
            "state": seat.state,
            "is_head": seat.is_head,
            "since": seat.since,
            "is_self": seat.member_id == member.id,
        }
        for seat in (found.seats if found else ())
    ]


def _merges(member: Member) -> list[dict[str, Any]]:
    """The merges that led to this member, oldest first: what was moved, why and by whom."""
    chain = members.explain_merge(member.program_id, member.id)
    people = {one.member.id: one.profile.name for one in _people(member.program_id, chain)}
    actors = access.names(one.actor for one in chain)
    currencies = {one.id: one for one in programs.currencies(member.program_id)}
    return [
        {
            "source": {"id": ids.public("mbr", one.from_id), "name": people.get(one.from_id)},
            "target": {"id": ids.public("mbr", one.into_id), "name": people.get(one.into_id)},
            "at": one.merged_at,
            "actor": actors.get(one.actor, one.actor),
            "reason": one.reason,
            "identifiers": int(one.facts.get("identifiers", 0)),
            "points": [
                {"amount": purse["amount"], "currency": known, "name": currency_name(known)}
                for purse in one.facts.get("wallets", [])
                if (known := currencies.get(purse["currency_id"])) and purse["amount"]
            ],
        }
        for one in chain
    ]


def _people(program_id: int, chain: list[members.Merge]) -> list[members.Found]:
    numbers = sorted({number for one in chain for number in (one.from_id, one.into_id)})
    return members.some(program_id, numbers) if numbers else []
