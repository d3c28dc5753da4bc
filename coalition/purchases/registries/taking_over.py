"""Taking cards over, many at a time: members enrolled or found, cards bound by their keyed hash, balances opened once.

An opening balance is issued by the partner's first legal entity and funded by it: settlement prices it as any other
issue of that entity. A card's key is (partner, external id), in a namespace of its own; its request hash is made of the
keyed hash of the card, so that nobody who has the database can test a guessed number. A program that has not opened yet
takes cards over; one in its sunset does not.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from coalition import ledger, members, partners, programs
from coalition.kernel import audit, clock
from coalition.kernel.db import RacingKey, raw
from coalition.kernel.errors import Conflict, FieldError, Invalid, Refusal
from coalition.members import Carrier
from coalition.purchases.counter import Counter, counter
from coalition.purchases.fields import request_hash
from coalition.purchases.receipts import Refused
from coalition.purchases.registries.takeovers import Opening, TakenOver, Takeover

_STANDING = """
    SELECT external_id, id, request_hash, member_id FROM takeover WHERE partner_id = %s AND external_id = ANY(%s)"""
_INSERT = """
    INSERT INTO takeover (program_id, partner_id, registry_id, external_id, request_hash, member_id, currency_id, units,
                          account_id, entry_id)
    SELECT %s, %s, %s, x.* FROM unnest(%s::text[], %s::bytea[], %s::bigint[], %s::int[], %s::bigint[], %s::bigint[],
                                       %s::bigint[]) x
        ON CONFLICT DO NOTHING RETURNING external_id, id"""
_NOTHING = (None, None, None, None)
_Known = tuple[int, bytes, int]


def record_takeovers(partner_id: int, batch: Sequence[Takeover], registry_id: int) -> list[TakenOver | Refused]:
    """Take a partner's cards over; the results stand in the batch's order.

    A card sent before is a replay, the same external id with another content `external_id_conflict`. Locks the wallets
    that are credited. Raises RacingKey when somebody does the same at the same moment.
    """
    if not batch:
        return []
    at, now = counter(partner_id), clock.now()
    digests = [_digest(at, one) for one in batch]
    known = _standing(partner_id, batch)
    fresh: dict[str, tuple[Takeover, bytes]] = {}
    refused: dict[int, Refusal] = {}
    for place, (one, digest) in enumerate(zip(batch, digests, strict=True)):
        if isinstance(digest, Refusal):
            refused[place] = digest
        elif one.external_id not in known and one.external_id not in fresh:
            if refusal := _refused(at, one.opening, now):
                refused[place] = refusal
            else:
                fresh[one.external_id] = (one, digest)
    made, failed = _take(at, list(fresh.values()), registry_id, now)
    known |= made
    new = {id(fresh[external_id][0]) for external_id in made}
    results = list[TakenOver | Refused]()
    for place, (one, digest) in enumerate(zip(batch, digests, strict=True)):
        refusal = refused.get(place) or (None if one.external_id in known else failed.get(one.external_id))
        results.append(Refused(one.external_id, refusal) if refusal else _told(at, one, digest, known, new))
    return results


def _take(
    at: Counter, fresh: Sequence[tuple[Takeover, bytes]], registry_id: int, now: dt.datetime
) -> tuple[dict[str, _Known], dict[str, Refusal]]:
    """Take new cards over: what stands now under their keys, and which could not be bound."""
    carriers = [Carrier(one.member, one.identifier, one.profile, digest) for one, digest in fresh]
    found = members.take_over(at.program.id, at.partner.id, carriers)
    failed = {one.external_id: to for (one, _), to in zip(fresh, found, strict=True) if isinstance(to, Refusal)}
    bound = [(one, key, to) for (one, key), to in zip(fresh, found, strict=True) if not isinstance(to, Refusal)]
    if not bound:
        return {}, failed
    opened = _open(at, bound, now)
    rows = [(one.external_id, key, to, *opened.get(one.external_id, _NOTHING)) for one, key, to in bound]
    columns = [list(column) for column in zip(*rows, strict=True)]
    numbers = dict(raw().execute(_INSERT, (at.program.id, at.partner.id, registry_id, *columns)).fetchall())
    if len(numbers) < len(rows):
        raise RacingKey
    audit.record("cards.take_over", f"registry:{registry_id}", partner_id=at.partner.id, cards=len(rows))
    return {one.external_id: (numbers[one.external_id], key, to) for one, key, to in bound}, failed


def _open(
    at: Counter, bound: Sequence[tuple[Takeover, bytes, int]], now: dt.datetime
) -> dict[str, tuple[int, int, int, int]]:
    """Book the opening balances: currency, units, wallet and journal row by external id."""
    by_currency: dict[str, list[tuple[Takeover, bytes, int]]] = defaultdict(list)
    for one in bound:
        if one[0].opening:
            by_currency[one[0].opening.currency].append(one)
    opened: dict[str, tuple[int, int, int, int]] = {}
    for code, some in sorted(by_currency.items()):
        credits = _credits(at, programs.currency(at.program.id, code), some, now)
        for credit, posted in zip(credits, ledger.post(credits), strict=True):
            entry_id = posted.or_refuse().entry_id or 0
            opened[credit.external_id] = (credit.currency_id, credit.amount, credit.account_id, entry_id)
    return opened


def _credits(
    at: Counter, currency: programs.Currency, some: Sequence[tuple[Takeover, bytes, int]], now: dt.datetime
) -> list[ledger.Credit]:
    entity, zone, scope = partners.entities_of(at.partner.id)[0], at.program.zone, (at.program.id, currency.id)
    wallets = ledger.accounts(*scope, ledger.AccountKind.WALLET, (member_id for *_, member_id in some))
    born = programs.birth(currency, now, zone)
    common: dict[str, Any] = {
        "contra_id": ledger.account(*scope, ledger.AccountKind.ISSUANCE, entity.id),
        "occurred_at": now,
        "program_id": at.program.id,
        "partner_id": at.partner.id,
        "currency_id": currency.id,
        "operation": ledger.Operation.OPENING,
        "funding_id": ledger.funding([(entity.id, 1)]),
        "idle_at": born.idle_at,
    }
    ends: dict[dt.date, dt.datetime] = {}
    credits = []
    for one, key, member_id in some:
        assert one.opening is not None
        day, expires_at = one.opening.expires_on, born.expires_at
        if day is not None:
            expires_at = ends.setdefault(day, clock.end_of_last_day(day, zone))
        own: dict[str, Any] = {"account_id": wallets[member_id], "amount": one.opening.units, "expires_at": expires_at}
        credits.append(ledger.Credit(**common, **own, external_id=one.external_id, request_hash=key))
    return credits


def _digest(at: Counter, one: Takeover) -> bytes | Refusal:
    """The request hash, made of the keyed hash of the card."""
    kind, value = one.identifier
    try:
        card = members.fingerprint(at.program.id, at.partner.id, kind, value).hex()
    except Invalid as refusal:
        return _bare(refusal)
    opening = None if one.opening is None else asdict(one.opening)
    told = {**asdict(one.profile), "birth_date": str(one.profile.birth_date)}
    if opening:
        opening["expires_on"] = str(opening["expires_on"])
    return request_hash([one.external_id, one.member, kind, card, told, opening])


def _bare(refusal: Invalid) -> Refusal:
    """The refusal under the code of its one field, so that a count by codes says what it is."""
    first = refusal.errors[0]
    return Invalid(first.code, first.detail, refusal.errors)


def _refused(at: Counter, opening: Opening | None, now: dt.datetime) -> Refusal | None:
    """Why this card cannot be taken over now, as far as the program and the balance say."""
    if at.program.state in ("sunset", "ended"):
        code = "program_ended" if at.program.state == "ended" else "program_closed_to_earning"
        return Conflict(code, "The program takes no cards over any more.")
    if opening is None:
        return None
    if lacking := partners.not_in_role(at.partner, "issuer"):
        return lacking
    if not any(one.code == opening.currency for one in at.currencies.values()):
        return _wrong("unknown_currency", "/balance/currency", "The program has no such currency.")
    if opening.expires_on is not None and opening.expires_on < clock.local_date(now, at.program.zone):
        return _wrong("invalid", "/balance/expires_on", "These points have expired already.")
    return None


def _standing(partner_id: int, batch: Sequence[Takeover]) -> dict[str, _Known]:
    rows = raw().execute(_STANDING, (partner_id, [one.external_id for one in batch]))
    return {external_id: (number, bytes(digest), member_id) for external_id, number, digest, member_id in rows}


def _told(
    at: Counter, one: Takeover, digest: bytes | Refusal, known: Mapping[str, _Known], new: set[int]
) -> TakenOver | Refused:
    number, first, member_id = known[one.external_id]
    if first != digest:
        detail = "This external id was used before with another content."
        return Refused(one.external_id, Conflict("external_id_conflict", detail))
    fresh = id(one) in new
    earned = (
        {programs.currency(at.program.id, one.opening.currency).id: one.opening.units} if fresh and one.opening else {}
    )
    return TakenOver(number, one.external_id, member_id, earned, replayed=not fresh)


def _wrong(code: str, pointer: str, detail: str) -> Invalid:
    return Invalid(code, detail, [FieldError(pointer, code, detail)])
