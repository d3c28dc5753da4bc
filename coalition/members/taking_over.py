"""Taking over members by the million: cards that another program gave out are bound to members, a batch at a time.

A partner's own number for a member says whose a card is: the member with that number of the kind `external`, or a new
one. A fixed number of statements a batch, whatever its size. What another transaction does in the same moment ends in
`RacingKey`, after which everything is looked up anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from coalition.kernel.db import RacingKey, raw
from coalition.kernel.errors import Conflict, FieldError, Invalid, Refusal
from coalition.members.hashing import hashed, region
from coalition.members.normalising import check, hint
from coalition.members.people import Profile
from coalition.members.presenting import Key, link

_OWNERS = """
    SELECT i.value_hash, i.member_id, m.state FROM identifier i JOIN member m ON m.id = i.member_id
     WHERE i.value_hash = ANY(%s) AND i.state = 'active'"""
_GONE = "SELECT external_id FROM member WHERE enrolled_by = %s AND external_id = ANY(%s)"
_ENROL = """
    INSERT INTO member (program_id, enrolled_by, external_id, request_hash, locale)
    SELECT %s, %s, x.external_id, x.request_hash, x.locale
      FROM unnest(%s::text[], %s::bytea[], %s::text[]) x(external_id, request_hash, locale) ORDER BY x.external_id
        ON CONFLICT DO NOTHING RETURNING external_id, id"""
_DESCRIBE = """
    INSERT INTO profile (member_id, first_name, last_name, email, phone, birth_date)
    SELECT * FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[], %s::date[])"""
_BIND = """
    INSERT INTO identifier (program_id, added_by, member_id, kind, value_hash, hint)
    SELECT %s, %s, x.* FROM unnest(%s::bigint[], %s::text[], %s::bytea[], %s::text[]) x(member_id)
      JOIN member m ON m.id = x.member_id AND m.state = 'active'
     ORDER BY 5 FOR KEY SHARE OF m
        ON CONFLICT DO NOTHING"""


@dataclass(frozen=True, slots=True)
class Carrier:
    """A card to be bound: the partner's number of its member, the identifier, and the profile of a new member.

    `request_hash` is what a new member is enrolled with.
    """

    external_id: str
    identifier: Key
    profile: Profile
    request_hash: bytes


@dataclass(slots=True)
class _Plan:
    """What a batch comes to: who has which hash, whom to enrol, what to bind."""

    owners: Mapping[bytes, tuple[int, str]]
    gone: frozenset[str] = frozenset()
    enrol: dict[str, Carrier] = field(default_factory=dict)
    bind: dict[bytes, tuple[str, str, str]] = field(default_factory=dict)  # hash: whose, kind, hint
    known: dict[str, int] = field(default_factory=dict)


def fingerprint(program_id: int, partner_id: int, kind: str, value: str) -> bytes:
    """The keyed hash of an identifier. Raises Invalid for a value that nobody can have."""
    check(kind, value, "", region(program_id, kind))
    return hashed(program_id, partner_id, kind, value)


def take_over(program_id: int, partner_id: int, batch: Sequence[Carrier]) -> list[int | Refusal]:
    """Bind each card to its member, enrolling those who are new; the members in the batch's order, or why not.

    A card that its member has already stays as it is. Refused alone: Invalid for an impossible identifier, Conflict
    `identifier_in_use` for one of somebody else, `identifier_blocked` if the partner's number of the member was
    blocked, `member_merged` for a closed member. Raises RacingKey.
    """
    hashes = [_hashes(program_id, partner_id, one) for one in batch]
    found = {one for pair in hashes if not isinstance(pair, Refusal) for one in pair}
    plan = _Plan(_owners(found))
    plan.gone = _gone(partner_id, batch, hashes, plan.owners)
    refused: dict[int, Refusal] = {}
    for at, (one, pair) in enumerate(zip(batch, hashes, strict=True)):
        refusal = pair if isinstance(pair, Refusal) else _place(plan, one, *pair, region(program_id, one.identifier[0]))
        if refusal is not None:
            refused[at] = refusal
    members = plan.known | _enrol(program_id, partner_id, plan)
    _bind(program_id, partner_id, plan, members)
    link(partner_id, sorted(set(members.values())))
    return [refused.get(at) or members[one.external_id] for at, one in enumerate(batch)]


def _hashes(program_id: int, partner_id: int, one: Carrier) -> tuple[bytes, bytes] | Refusal:
    try:
        card = fingerprint(program_id, partner_id, *one.identifier)
    except Invalid as refusal:
        return refusal
    return hashed(program_id, partner_id, "external", one.external_id), card


def _owners(hashes: Iterable[bytes]) -> dict[bytes, tuple[int, str]]:
    rows = raw().execute(_OWNERS, (list(hashes),))
    return {bytes(value_hash): (member_id, state) for value_hash, member_id, state in rows}


def _gone(
    partner_id: int,
    batch: Sequence[Carrier],
    hashes: Sequence[tuple[bytes, bytes] | Refusal],
    owners: Mapping[bytes, tuple[int, str]],
) -> frozenset[str]:
    """The partner's numbers that were a member's once and are blocked now."""
    fresh = {
        one.external_id
        for one, pair in zip(batch, hashes, strict=True)
        if not isinstance(pair, Refusal) and pair[0] not in owners
    }
    return frozenset(number for (number,) in raw().execute(_GONE, (partner_id, list(fresh))))


def _place(plan: _Plan, one: Carrier, number: bytes, card: bytes, country: str | None) -> Refusal | None:
    """Plan one card into the batch, or say why it cannot be bound."""
    member, state = plan.owners.get(number, (None, "active"))
    if one.external_id in plan.gone:
        return _conflict("identifier_blocked", "/member_external_id", "This number of the member was blocked.")
    if state != "active":
        return _conflict("member_merged", "/member_external_id", "This member was merged into another, or closed.")
    whose, (owner, _) = plan.bind.get(card), plan.owners.get(card, (None, ""))
    if (owner is not None and owner != member) or (whose is not None and whose[0] != one.external_id):
        return _conflict("identifier_in_use", "/value", "Another member of this program has this identifier.")
    kind, value = one.identifier
    if owner is None:
        plan.bind[card] = (one.external_id, kind, hint(kind, value, country))
    if member is not None:
        plan.known[one.external_id] = member
    elif one.external_id not in plan.enrol:
        plan.enrol[one.external_id] = one
        plan.bind[number] = (one.external_id, "external", hint("external", one.external_id))
    return None


def _enrol(program_id: int, partner_id: int, plan: _Plan) -> dict[str, int]:
    if not plan.enrol:
        return {}
    fresh = list(plan.enrol.values())
    heads = [[one.external_id for one in fresh], [one.request_hash for one in fresh]]
    locales = [one.profile.locale for one in fresh]
    made = dict(raw().execute(_ENROL, (program_id, partner_id, *heads, locales)).fetchall())
    if len(made) < len(fresh):
        raise RacingKey
    rows: list[tuple[Any, ...]] = [
        (made[one.external_id], told.first_name, told.last_name, told.email, told.phone, told.birth_date)
        for one, told in ((one, one.profile) for one in fresh)
    ]
    raw().execute(_DESCRIBE, [list(column) for column in zip(*rows, strict=True)])
    return made


def _bind(program_id: int, partner_id: int, plan: _Plan, members: Mapping[str, int]) -> None:
    if not plan.bind:
        return
    rows = [(members[whose], kind, value_hash, shown) for value_hash, (whose, kind, shown) in plan.bind.items()]
    columns = [list(column) for column in zip(*rows, strict=True)]
    if raw().execute(_BIND, (program_id, partner_id, *columns)).rowcount < len(rows):
        raise RacingKey


def _conflict(code: str, pointer: str, detail: str) -> Conflict:
    return Conflict(code, detail, [FieldError(pointer, code, detail)])
