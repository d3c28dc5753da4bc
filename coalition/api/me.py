"""A member's own data over HTTP: for an app that the member has allowed the scope `me`.

The token says who the member is; nothing in an address or a body can name another one.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import Response, json

from coalition import members
from coalition.api import wallets
from coalition.api.schemas.me import MeSchema, OwnMovementsSchema, ProofRequestSchema, ProofSchema
from coalition.api.schemas.members import BalancesSchema
from coalition.kernel import ids
from coalition.kernel.db import transact
from coalition.kernel.errors import NotFound, Unauthorized
from coalition.kernel.idempotency import REPLAYED, Answer, transact_once
from coalition.kernel.web.api import ApiBlueprint, caller, needs
from coalition.kernel.web.paging import Page, PagingSchema, part_of

blp = ApiBlueprint("me", __name__, description="What a member's own app may see and do.")


@blp.route("/me")
@needs("me")
@blp.response(200, MeSchema)
def read() -> dict[str, Any]:
    """Who the member is, and by what tills know them."""
    return transact(_told)


@blp.route("/me/balances")
@needs("me")
@blp.arguments(PagingSchema, location="query")
@blp.response(200, BalancesSchema)
def balances(paging: dict[str, Any]) -> Page[dict[str, Any]]:
    """All wallets of the member, each with everything that will expire."""

    def work() -> Page[dict[str, Any]]:
        held = wallets.balances(caller().partner_id, the_member().id)
        return part_of(held, paging["cursor"], paging["limit"])

    return transact(work)


@blp.route("/me/movements")
@needs("me")
@blp.arguments(PagingSchema, location="query")
@blp.response(200, OwnMovementsSchema)
def movements(paging: dict[str, Any]) -> dict[str, Any]:
    """Every movement of the member's points, newest first, whoever booked it."""

    def work() -> dict[str, Any]:
        return wallets.all_movements(caller().partner_id, the_member().id, paging["cursor"], paging["limit"])

    return transact(work)


@blp.route("/me/proofs", methods=["POST"])
@needs("me")
@blp.arguments(ProofRequestSchema, required=False)
@blp.response(201, ProofSchema)
def prove(_: dict[str, Any]) -> Response:
    """The one-time code of this moment, with which a till takes the member's points.

    It is kept nowhere: who asks again gets the code of then, unless under the same `Idempotency-Key`, whose answer
    store knows only when the code ends.
    """

    def work() -> Answer:
        member = the_member()
        proof = dict(ProofSchema().dump(members.prove(member.program_id, member.id)))
        return Answer(proof, 201, kept={"expires_at": proof["expires_at"]})

    def again(expires_at: str) -> members.Proof:
        member = the_member()
        return members.proof_until(member.program_id, member.id, dt.datetime.fromisoformat(expires_at))

    response = transact_once(work)
    if REPLAYED in response.headers:
        proof = transact(lambda: again(response.get_json()["expires_at"]))
        response.set_data(json.dumps(ProofSchema().dump(proof)))
    response.headers["Cache-Control"] = "no-store"
    return response


def the_member() -> members.Member:
    """The member for whom this request speaks; who was merged is who they are today.

    Unauthorized `token_invalid` for one that is no more.
    """
    client = caller()
    kind, _, number = (client.subject or "").partition(":")
    try:
        member = members.get(client.program_id, members.survivor(int(number))) if kind == "member" else None
    except NotFound:
        member = None
    if member is None or member.state != "active":
        raise Unauthorized("token_invalid", "The member for whom this token speaks is no more.")
    return member


def _told() -> dict[str, Any]:
    member = the_member()
    known = [one for one in members.identifiers(member.id) if one.state == "active"]
    shown = [
        {
            "id": ids.public("idn", one.id),
            "kind": one.kind,
            "hint": one.hint,
            "state": one.state,
            "added_at": one.added_at,
        }
        for one in known
    ]
    return {
        "id": ids.public("mbr", member.id),
        "tier": member.tier,
        "enrolled_at": member.enrolled_at,
        "profile": members.profile(member.id),
        "identifiers": shown,
    }
