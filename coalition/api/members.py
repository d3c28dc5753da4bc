"""Members over HTTP: enrol, find by an identifier, read, and keep their identifiers."""

from __future__ import annotations

from typing import Any

from flask import Response, json

from coalition import members
from coalition.api import wallets
from coalition.api.schemas.members import (
    BalancesSchema,
    CardRequestSchema,
    CardSchema,
    EnrolmentSchema,
    IdentifierSchema,
    KnownIdentifierSchema,
    MemberCouponsSchema,
    MemberPatchSchema,
    MemberSchema,
    MovementsSchema,
    ReplacementSchema,
)
from coalition.kernel import ids
from coalition.kernel.db import transact
from coalition.kernel.errors import Forbidden, NotFound
from coalition.kernel.idempotency import Answer, request_hash, transact_once
from coalition.kernel.web import tags
from coalition.kernel.web.api import ApiBlueprint, caller, needs
from coalition.kernel.web.paging import Page, PagingSchema, part_of
from coalition.promotions import coupons

blp = ApiBlueprint("members", __name__, description="Members and their identifiers.")


@blp.route("/members", methods=["POST"])
@needs("members:write")
@blp.arguments(EnrolmentSchema)
@blp.response(201, MemberSchema)
def enrol(body: dict[str, Any]) -> Response:
    """Enrol a member; the same request again answers the same."""
    profile = members.Profile(**(body["profile"] or {}))
    consents = tuple(members.Consent(**consent) for consent in body["consents"])
    keys = tuple((one["kind"], one["value"]) for one in body["identifiers"])
    enrolment = members.Enrolment(body["external_id"], request_hash(body), profile, keys, consents)

    def work() -> Answer:
        client = caller()
        member, replayed = members.enrol(client.program_id, client.partner_id, enrolment)
        return Answer(_dump(_told(member.id)), 201, replayed)

    return transact_once(work)


@blp.route("/members/lookup", methods=["POST"])
@needs("members:read")
@blp.arguments(IdentifierSchema)
@blp.response(200, MemberSchema)
def look_up(body: dict[str, str]) -> Response:
    """Find a member by an identifier that was presented; from then on the partner sees the member."""
    key = (body["kind"], body["value"])

    def work() -> Answer:
        client = caller()
        found = members.identify(client.program_id, client.partner_id, [key]).get(key)
        if found is None:
            raise NotFound("unknown_member", "Nobody in this program has this identifier.")
        return Answer(_dump(_told(found)), 200)

    return transact_once(work)


@blp.route("/members/<member>")
@needs("members:read")
@blp.response(200, MemberSchema)
def read(member: str) -> dict[str, Any]:
    """A member whom the partner knows by an identifier."""
    return transact(lambda: _told(ids.parse("mbr", member)))


@blp.route("/members/<member>", methods=["PATCH"])
@needs("members:write")
@blp.arguments(MemberPatchSchema)
@blp.response(200, MemberSchema, headers=tags.TAGGED)
@blp.doc(parameters=[tags.IF_MATCH])
def amend(body: dict[str, Any], member: str) -> dict[str, Any]:
    """Change the named fields of a member's profile; only who enrolled the member may."""

    def work() -> dict[str, Any]:
        client, seen = caller(), _seen(member).member
        if tags.is_conditional():
            members.hold_still(seen.id)
            tags.demand(_dump(_told(seen.id)))
        members.amend(client.program_id, client.partner_id, seen.id, body["profile"])
        return _told(seen.id)

    return transact(work)


@blp.route("/members/<member>/balances")
@needs("members:read")
@blp.arguments(PagingSchema, location="query")
@blp.response(200, BalancesSchema)
def balances(paging: dict[str, Any], member: str) -> Page[dict[str, Any]]:
    """All wallets of a member, each with everything that will expire."""

    def work() -> Page[dict[str, Any]]:
        held = wallets.balances(caller().partner_id, _seen(member).member.id)
        return part_of(held, paging["cursor"], paging["limit"])

    return transact(work)


@blp.route("/members/<member>/movements")
@needs("members:read")
@blp.arguments(PagingSchema, location="query")
@blp.response(200, MovementsSchema)
def movements(paging: dict[str, Any], member: str) -> dict[str, Any]:
    """The movements that this partner booked, newest first; other partners' are never shown."""

    def work() -> dict[str, Any]:
        seen = _seen(member)
        if not seen.intimate:
            raise Forbidden("consent_required", "Movements are for who enrolled the member, or with consent.")
        return wallets.movements(caller().partner_id, seen.member.id, paging["cursor"], paging["limit"])

    return transact(work)


@blp.route("/members/<member>/coupons")
@needs("members:read")
@blp.arguments(PagingSchema, location="query")
@blp.response(200, MemberCouponsSchema)
def member_coupons(paging: dict[str, Any], member: str) -> Page[dict[str, Any]]:
    """The coupons that a member holds, the latest first, at most two hundred: their codes, what they open, until when.

    For who enrolled the member, or with consent.
    """

    def work() -> Page[dict[str, Any]]:
        seen = _seen(member)
        if not seen.intimate:
            raise Forbidden("consent_required", "Coupons are for who enrolled the member, or with consent.")
        held = [_coupon(one) for one in coupons.held(seen.member.id)]
        return part_of(held, paging["cursor"], paging["limit"])

    return transact(work)


@blp.route("/members/<member>/identifiers", methods=["POST"])
@needs("members:write")
@blp.arguments(IdentifierSchema)
@blp.response(201, KnownIdentifierSchema)
def add_identifier(body: dict[str, str], member: str) -> Response:
    """Give a member one more identifier."""

    def work() -> Answer:
        client, seen = caller(), _seen(member).member
        added, replayed = members.add(client.program_id, client.partner_id, seen.id, body["kind"], body["value"])
        return Answer(_dump_identifier(added), 201, replayed)

    return transact_once(work)


@blp.route("/members/<member>/identifiers/<identifier>", methods=["DELETE"])
@needs("members:write")
@blp.response(204)
def block_identifier(member: str, identifier: str) -> None:
    """Block an identifier for good; the balance stays with the member."""
    transact(lambda: members.block(caller().partner_id, _seen(member).member.id, ids.parse("idn", identifier)))


@blp.route("/members/<member>/identifiers/<identifier>/replace", methods=["POST"])
@needs("members:write")
@blp.arguments(ReplacementSchema)
@blp.response(201, KnownIdentifierSchema)
def replace_identifier(body: dict[str, str], member: str, identifier: str) -> Response:
    """Put a new value in an identifier's place: the old one is blocked in the same moment, the balance stays."""

    def work() -> Answer:
        client, seen = caller(), _seen(member).member
        number = ids.parse("idn", identifier)
        placed, replayed = members.replace(client.partner_id, seen.id, number, body["value"])
        return Answer(_dump_identifier(placed), 201, replayed)

    return transact_once(work)


@blp.route("/members/<member>/cards", methods=["POST"])
@needs("members:write")
@blp.arguments(CardRequestSchema)
@blp.response(201, CardSchema)
def issue_card(body: dict[str, str], member: str) -> Response:
    """Give a member a virtual card; the same external id answers the same number, which no answer store keeps."""

    def issue() -> tuple[members.Identifier, str, bool]:
        client, seen = caller(), _seen(member).member
        return members.issue_card(client.program_id, client.partner_id, seen.id, body["external_id"])

    def work() -> Answer:
        made, _, replayed = issue()
        return Answer({"id": ids.public("idn", made.id)}, 201, replayed)

    response = transact_once(work)
    _, number, _ = transact(issue)
    response.set_data(json.dumps(CardSchema().dump({**response.get_json(), "number": number})))
    response.headers["Cache-Control"] = "no-store"
    return response


def _seen(member: str) -> members.Sight:
    """The member as the caller sees it; behind the id of a merged one stands who it is today."""
    client = caller()
    seen = members.seen_by(client.program_id, client.partner_id, ids.parse("mbr", member))
    today = seen.member.merged_into
    return seen if today is None else members.seen_by(client.program_id, client.partner_id, today)


def _told(member_id: int) -> dict[str, Any]:
    client = caller()
    seen = members.seen_by(client.program_id, client.partner_id, member_id)
    member, own = seen.member, seen.member.enrolled_by == client.partner_id
    return {
        "id": ids.public("mbr", member.id),
        "state": member.state,
        "merged_into": ids.public("mbr", member.merged_into) if member.merged_into else None,
        "tier": member.tier,
        "enrolled_at": member.enrolled_at,
        "external_id": member.external_id if own else None,
        "profile": members.profile(member.id) if seen.intimate else None,
        "identifiers": [_identifier(one) for one in members.identifiers(member.id)] if own else None,
    }


def _identifier(one: members.Identifier) -> dict[str, Any]:
    shown = {"kind": one.kind, "hint": one.hint, "state": one.state, "added_at": one.added_at}
    return {"id": ids.public("idn", one.id), **shown}


def _dump(told: dict[str, Any]) -> dict[str, Any]:
    return dict(MemberSchema().dump(told))


def _dump_identifier(one: members.Identifier) -> dict[str, Any]:
    return dict(KnownIdentifierSchema().dump(_identifier(one)))


def _coupon(one: coupons.Held) -> dict[str, Any]:
    window = {"valid_from": one.valid_from, "valid_until": one.valid_until}
    name = {"en": one.name_en, "ru": one.name_ru}
    uses = {"used": one.used, "uses_max": one.uses_max}
    return {
        "code": one.code,
        "name": name,
        "opens": one.opens,
        "state": one.state,
        "issued_at": one.issued_at,
        **uses,
        **window,
    }
