"""Finding many members at once by what they present at a till.

Presenting a valid identifier is holding it: the partner that does so sees the member from then on. What is presented
is looked up by its keyed hash and nothing else; a merged member's identifiers are its survivor's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from coalition.kernel.db import hot, raw
from coalition.kernel.errors import Invalid
from coalition.members.hashing import presented, region
from coalition.members.normalising import check, hint

Key = tuple[str, str]
_FIND = """
    SELECT i.value_hash, i.member_id, m.tier, CASE WHEN m.perks_until > now() THEN m.perks END,
           p.member_id IS NOT NULL
      FROM identifier i
      JOIN member m ON m.id = i.member_id AND m.state = 'active'
      LEFT JOIN member_partner p ON p.member_id = i.member_id AND p.partner_id = %s
     WHERE i.value_hash = {} AND i.state = 'active'"""
_FIND_ONE, _FIND_MANY = _FIND.format("%s"), _FIND.format("ANY(%s)")  # of many the server plans each look-up anew
_LINK = """
    INSERT INTO member_partner (member_id, partner_id)
    SELECT m, %s FROM unnest(%s::bigint[]) m ORDER BY m ON CONFLICT DO NOTHING"""


@dataclass(frozen=True, slots=True)
class Recognised:
    """A member behind an identifier, with the tier it has now and what its subscription grants (`perks`)."""

    member_id: int
    tier: str
    perks: Mapping[str, Any]


def identify(program_id: int, partner_id: int, keys: Iterable[Key]) -> dict[Key, int]:
    """The members behind identifiers (kind, value); see `recognise`."""
    return {key: one.member_id for key, one in recognise(program_id, partner_id, keys).items()}


def recognise(program_id: int, partner_id: int, keys: Iterable[Key]) -> dict[Key, Recognised]:
    """The members behind identifiers (kind, value) presented to a partner, in one statement; unknown ones are left out.

    Members new to the partner become visible to it (a second statement, only then).
    """
    by_hash: dict[bytes, list[Key]] = {}
    for kind, value in set(keys):
        if (value_hash := presented(program_id, partner_id, kind, value)) is not None:
            by_hash.setdefault(value_hash, []).append((kind, value))
    if not by_hash:
        return {}
    return {key: one for value_hash, one in _find(partner_id, by_hash).items() for key in by_hash[value_hash]}


def awaited(program_id: int, partner_id: int, kind: str, value: str) -> tuple[bytes, str] | None:
    """The hash and the hint by which a member that is yet to come will be known; None if nobody can have this value."""
    try:
        check(kind, value, "", region(program_id, kind))
    except Invalid:
        return None
    value_hash = presented(program_id, partner_id, kind, value)
    return None if value_hash is None else (value_hash, hint(kind, value, region(program_id, kind)))


def arrived(partner_id: int, value_hashes: Iterable[bytes]) -> dict[bytes, Recognised]:
    """Who of those that a partner waited for has come, by hash. The partner sees them from then on."""
    return _find(partner_id, value_hashes)


def hashes(member_id: int) -> list[bytes]:
    """The hashes of a member's active identifiers."""
    rows = raw().execute("SELECT value_hash FROM identifier WHERE member_id = %s AND state = 'active'", (member_id,))
    return [bytes(value_hash) for (value_hash,) in rows]


def _find(partner_id: int, value_hashes: Iterable[bytes]) -> dict[bytes, Recognised]:
    found: dict[bytes, Recognised] = {}
    strangers: set[int] = set()
    sought = list(value_hashes)
    sql, what = (_FIND_ONE, sought[0]) if len(sought) == 1 else (_FIND_MANY, sought)
    for value_hash, member_id, tier, perks, known in hot(sql, (partner_id, what)).fetchall():
        found[bytes(value_hash)] = Recognised(member_id, tier, perks or {})
        if not known:
            strangers.add(member_id)
    link(partner_id, strangers)
    return found


def link(partner_id: int, member_ids: Iterable[int]) -> None:
    """Note that a partner holds an identifier of these members."""
    if ids := list(member_ids):
        raw().execute(_LINK, (partner_id, ids))
