"""Reading what every request that gives points away has in common: who, how many, of which currency."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from coalition import members, programs, wallets
from coalition.kernel.errors import FieldError, Invalid
from coalition.kernel.idempotency import request_hash
from coalition.kernel.web.api import caller


def spend(body: Mapping[str, Any], points: str = "points", pointer: str = "/points") -> wallets.Spend:
    """The member's wish behind a body; its points stand at `pointer`. Invalid `unknown_member`, `unknown_currency`.

    The proof is no part of what is wished for, and none of its hash: a replay needs no new one.
    """
    client = caller()
    wish = request_hash({name: value for name, value in body.items() if name != "proof"})
    return wallets.Spend(
        program_id=client.program_id,
        partner_id=client.partner_id,
        member_id=party(body, "member", wish),
        currency=currency(body[points]["currency"], f"{pointer}/currency"),
        amount=body[points]["amount"],
        external_id=body["external_id"],
        request_hash=wish,
        proof=body["proof"],
    )


def party(body: Mapping[str, Any], field: str, wish: bytes) -> int:
    """The member in a field: of the same again whoever it was the first time, though the card was blocked meanwhile."""
    try:
        return member(body[field], f"/{field}")
    except Invalid:
        known = wallets.parties_of(caller().partner_id, body["external_id"], wish).get(field)
        if known is None:
            raise
        return known


def member(presented: Mapping[str, str], pointer: str) -> int:
    """The member behind an identifier. Invalid `unknown_member` at `pointer`."""
    client, key = caller(), (presented["kind"], presented["value"])
    found = members.identify(client.program_id, client.partner_id, [key]).get(key)
    if found is None:
        raise _wrong("unknown_member", pointer, "Nobody in this program has this identifier.")
    return found


def currency(code: str, pointer: str) -> programs.Currency:
    """The program's currency with this code. Invalid `unknown_currency` at `pointer`."""
    for found in programs.currencies(caller().program_id):
        if found.code == code:
            return found
    raise _wrong("unknown_currency", pointer, "The program has no such currency.")


def _wrong(code: str, pointer: str, detail: str) -> Invalid:
    return Invalid(code, detail, [FieldError(pointer, code, detail)])
