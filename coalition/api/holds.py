"""Holds over HTTP: points set aside at a till, captured bit by bit, put back. A partner sees its own holds only."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

from flask import Response

from coalition import ledger, members, partners, programs, purchases
from coalition.api.schemas.holds import CapturedSchema, CaptureSchema, HoldRequestSchema, HoldSchema, ReleaseSchema
from coalition.kernel import audit, clock, ids
from coalition.kernel.db import transact
from coalition.kernel.errors import Conflict, FieldError, Invalid, NotFound, Refusal
from coalition.kernel.idempotency import Answer, request_hash, transact_once
from coalition.kernel.web.api import ApiBlueprint, caller, needs
from coalition.ledger import AccountKind, Hold, Operation
from coalition.wallets import limits

blp = ApiBlueprint("holds", __name__, description="Points set aside for a purchase.")


class _Spot(NamedTuple):
    """Where and on what points are to be spent: the outlet, if the till names it, and products with their amounts."""

    context: programs.SpendContext
    outlet: partners.Outlet | None
    lines: list[tuple[str, int]]


@blp.route("/holds", methods=["POST"])
@needs("holds:write")
@blp.arguments(HoldRequestSchema)
@blp.response(201, HoldSchema)
def hold(body: dict[str, Any]) -> Response:
    """Set points aside; 409 `insufficient_points` says how many are available.

    Where `receipt` names the outlet, what promotions say of paying with points holds at once; else when the hold pays.
    """
    content = {name: value for name, value in body.items() if name != "proof"}  # a replay needs no new one
    return transact_once(lambda: _hold(body, request_hash(content)))


@blp.route("/holds/<hold>")
@needs("holds:write")
@blp.response(200, HoldSchema)
def read(hold: str) -> dict[str, Any]:
    """A hold of this partner, as it is now."""
    return transact(lambda: _told(_own(hold)))


@blp.route("/holds/<hold>/capture", methods=["POST"])
@needs("holds:write")
@blp.arguments(CaptureSchema)
@blp.response(200, CapturedSchema)
def capture(body: dict[str, Any], hold: str) -> Response:
    """Redeem points of a hold, in part and as often as it has some left."""
    return transact_once(lambda: _capture(_own(hold), body))


@blp.route("/holds/<hold>/release", methods=["POST"])
@needs("holds:write")
@blp.arguments(ReleaseSchema)
@blp.response(200, HoldSchema)
def release(body: dict[str, Any], hold: str) -> Response:
    """Put back what a hold has left, to the very lots it came from."""

    def work() -> Answer:
        held, client = _own(hold), caller()
        at, key = (held.account_id, held.id), _key_hash(held, body)
        done = ledger.release(at, external_id=body["external_id"], partner_id=client.partner_id, request_hash=key)
        if not done.replayed:
            audit.record("hold.release", _public(held), external_id=body["external_id"], amount=done.amount)
        return Answer(dict(HoldSchema().dump(_told(ledger.get_hold(*at)))), 200, done.replayed)

    return transact_once(work)


def _hold(body: dict[str, Any], key: bytes) -> Answer:
    client, presented = caller(), (body["member"]["kind"], body["member"]["value"])
    currency = _currency(body["points"]["currency"])
    member = members.recognise(client.program_id, client.partner_id, [presented]).get(presented)
    if member is None:
        told = _wrong("unknown_member", "/member", "Nobody in this program has this identifier.")
        return _made_before(body, key, told)
    member_id = member.member_id
    refused = programs.redemption_refused(currency, member_id, pointer="/points/currency")
    refused = refused or partners.not_in_role(purchases.counter(client.partner_id).partner, "redeemer")
    account_id = ledger.account(client.program_id, currency.id, AccountKind.WALLET, member_id)
    spot = _spot(body["receipt"])
    refused = refused or _shut(spot)
    try:
        held = ledger.hold(
            account_id,
            body["points"]["amount"],
            body["ttl_s"],
            program_id=client.program_id,
            partner_id=client.partner_id,
            currency_id=currency.id,
            external_id=body["external_id"],
            request_hash=key,
            purpose=body["purpose"],
            **programs.drawing(currency, spot and spot.context),
        )
    except Conflict as conflict:
        return _made_before(body, key, refused or conflict)
    if refused and not held.replayed:
        raise refused
    if not held.replayed:
        program = purchases.counter(client.partner_id).program
        ruled, context = _ruled(held.amount, member, currency, spot)
        limits.check_hold(ruled, account_id, held.amount, program.zone, context)
        _prove(program, member_id, body["proof"])
        audit.record("hold.make", _public(held), external_id=held.external_id, amount=held.amount)
    return _first(held)


def _made_before(body: dict[str, Any], key: bytes, refusal: Refusal) -> Answer:
    """The first answer of a request that made its hold before its card was blocked or its member merged, else the
    refusal is raised."""
    held = ledger.hold_under(caller().partner_id, body["external_id"], key)
    if held is None:
        raise refusal
    return _first(held)


def _first(held: Hold) -> Answer:
    return Answer(dict(HoldSchema().dump(_told_then(held, 0))), 201, held.replayed)


def _prove(program: programs.Program, member_id: int, proof: str | None) -> None:
    """Use up the member's proof, which a program may demand; a refusal takes the hold back with it."""
    if proof is not None:
        members.use_proof(program.id, member_id, proof)
    elif program.proof_policy == "spend":
        raise _wrong("proof_required", "/proof", "This program wants the member's one-time code to spend.")


def _spot(receipt: dict[str, Any] | None) -> _Spot | None:
    """Where and on what the points are to be spent, if the till says so: only then promo accounts pay."""
    if receipt is None:
        return None
    partner_id, outlet = caller().partner_id, None
    if receipt["outlet"] is not None:
        outlet = purchases.counter(partner_id).outlets([receipt["outlet"]]).get(receipt["outlet"])
        if outlet is None:
            raise _wrong("unknown_outlet", "/receipt/outlet", "The partner has no such outlet.")
    lines = [(line["sku"], line["amount"]) for line in receipt["lines"]]
    groups = partners.spent_by_group(partner_id, lines)
    context = programs.SpendContext(partner_id, outlet.id if outlet else None, groups, receipt["total"])
    return _Spot(context, outlet, lines)


def _shut(spot: _Spot | None) -> Invalid | None:
    """The refusal of a hold at an outlet that was closed; else None."""
    closed = spot is not None and spot.outlet is not None and spot.outlet.closed_at is not None
    return _wrong("outlet_closed", "/receipt/outlet", "This outlet is closed.") if closed else None


def _ruled(
    units: int, member: members.Recognised, currency: programs.Currency, spot: _Spot | None
) -> tuple[programs.Currency, programs.SpendContext | None]:
    """The limits of a hold as promotions have them, where its receipt names the outlet; else the purchase asks them."""
    if spot is None or spot.outlet is None:
        return currency, spot and spot.context
    at, worth = purchases.counter(caller().partner_id), min(currency.worth(units), spot.context.total)
    ruled, groups = purchases.limits_of_hold(at, member, currency, spot.outlet, spot.lines, spot.context, worth)
    return ruled, replace(spot.context, groups=groups)


def _capture(held: Hold, body: dict[str, Any]) -> Answer:
    client, at = caller(), (held.account_id, held.id)
    currency = _currency_of(held)
    entity, refused = partners.entities_of(client.partner_id)[0], programs.redemption_refused(currency, None)
    done = ledger.capture(
        at,
        body["amount"],
        contra_id=ledger.account(client.program_id, currency.id, AccountKind.REDEMPTION, entity.id),
        external_id=body["external_id"],
        partner_id=client.partner_id,
        request_hash=_key_hash(held, body),
        occurred_at=clock.now(),
    )
    if refused and not done.replayed:
        raise refused
    if not done.replayed:
        audit.record("hold.capture", _public(held), external_id=body["external_id"], amount=done.amount)
        purchases.announce_capture(client.partner_id, held, currency.id, done, body["external_id"])
    now = ledger.get_hold(*at)
    told = _told_then(now, ledger.captured_until(at, done.entry_id) if done.replayed else now.captured)
    told |= {"redeemed": {"amount": done.amount, "currency": currency.code}}
    return Answer(dict(CapturedSchema().dump(told)), 200, done.replayed)


def _own(hold: str) -> Hold:
    held = ledger.get_hold(*ids.parse_many("hld", hold, 2))
    if held.partner_id != caller().partner_id or held.operation != Operation.HOLD:
        raise NotFound()  # an order's or an exchange's hold is nobody's till's, the operator's neither
    return held


def _told_then(held: Hold, captured: int) -> dict[str, Any]:
    """A hold as it was when so much of it had been captured: what a replay answers, as the first time."""
    state = "captured" if captured == held.amount else "open"
    return _told(replace(held, captured=captured, released=0)) | {"state": state}


def _told(held: Hold) -> dict[str, Any]:
    code = _currency_of(held).code
    amounts = {"points": held.amount, "captured": held.captured, "released": held.released}
    return {
        "id": _public(held),
        "external_id": held.external_id,
        "state": "expired" if held.state == "open" and held.expires_at <= clock.now() else held.state,
        **{name: {"amount": amount, "currency": code} for name, amount in amounts.items()},
        "purpose": held.purpose,
        "expires_at": held.expires_at,
    }


def _public(held: Hold) -> str:
    return ids.public("hld", held.account_id, held.id)


def _key_hash(held: Hold, body: dict[str, Any]) -> bytes:
    return request_hash([held.account_id, held.id, body])


def _currency(code: str) -> programs.Currency:
    for currency in purchases.counter(caller().partner_id).currencies.values():
        if currency.code == code:
            return currency
    raise _wrong("unknown_currency", "/points/currency", "The program has no such currency.")


def _currency_of(held: Hold) -> programs.Currency:
    currency_id = ledger.balances_of([held.account_id])[held.account_id].currency_id
    return purchases.counter(caller().partner_id).currencies[currency_id]


def _wrong(code: str, pointer: str, detail: str) -> Invalid:
    return Invalid(code, detail, [FieldError(pointer, code, detail)])
