"""Finding many members at once by what they present at a till.

Presenting a valid identifier is holding it: the partner that does so sees the member from then on. What is presented
is looked up by its keyed hash and nothing else; a merged member's identifiers are its survivor's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from coalition.kernel.db import raw
from coalition.members.hashing import presented

Key = tuple[str, str]
_FIND = """
    SELECT i.value_hash, i.member_id, m.tier, CASE WHEN m.perks_until > now() THEN m.perks END,
           p.member_id IS NOT NULL
      FROM identifier i
      JOIN member m ON m.id = i.member_id AND m.state = 'active'
      LEFT JOIN member_partner p ON p.member_id = i.member_id AND p.partner_id = %s
     WHERE i.value_hash = ANY(%s) AND i.state = 'active'"""
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
    found: dict[Key, Recognised] = {}
    strangers: set[int] = set()
    for value_hash, member_id, tier, perks, known in raw().execute(_FIND, (partner_id, list(by_hash))):
        found.update(dict.fromkeys(by_hash[bytes(value_hash)], Recognised(member_id, tier, perks or {})))
        if not known:
            strangers.add(member_id)
    link(partner_id, strangers)
    return found


def link(partner_id: int, member_ids: Iterable[int]) -> None:
    """Note that a partner holds an identifier of these members."""
    if ids := list(member_ids):
        raw().execute(_LINK, (partner_id, ids))
