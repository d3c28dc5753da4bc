"""Identifiers: adding, blocking, and finding many members at once by what they present at a till.

An identifier is active for at most one member of a program (a partial unique index says so). Blocking it touches
neither the member nor the balance. Presenting a valid identifier is holding it: the partner that does so sees the
member from then on.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from coalition.kernel import audit
from coalition.kernel.db import RacingKey, execute, fetch_all, fetch_one, raw
from coalition.kernel.errors import Conflict, FieldError, Forbidden, NotFound
from coalition.members.hashing import KINDS, check, hashed, hint

__all__ = ["KINDS", "Identifier", "Key", "add", "block", "identifiers", "identify"]

Key = tuple[str, str]
_MOST = 200
_FIND = """
    SELECT i.value_hash, i.member_id, p.member_id IS NOT NULL
      FROM identifier i
      JOIN member m ON m.id = i.member_id AND m.state = 'active'
      LEFT JOIN member_partner p ON p.member_id = i.member_id AND p.partner_id = %s
     WHERE i.value_hash = ANY(%s) AND i.state = 'active'"""
_LINK = """
    INSERT INTO member_partner (member_id, partner_id)
    SELECT m, %s FROM unnest(%s::bigint[]) m ORDER BY m ON CONFLICT DO NOTHING"""


@dataclass(frozen=True, slots=True)
class Identifier:
    """An identifier as people may see it: `hint` is the end of its value; `state` is active or blocked."""

    id: int
    member_id: int
    kind: str
    hint: str
    state: str
    added_by: int
    added_at: dt.datetime


def identify(program_id: int, partner_id: int, keys: Iterable[Key]) -> dict[Key, int]:
    """The members behind identifiers (kind, value) presented to a partner, in one statement; unknown ones are left out.

    Members new to the partner become visible to it (a second statement, only then).
    """
    by_hash: dict[bytes, list[Key]] = {}
    for kind, value in set(keys):
        by_hash.setdefault(hashed(program_id, partner_id, kind, value), []).append((kind, value))
    if not by_hash:
        return {}
    found: dict[Key, int] = {}
    strangers: set[int] = set()
    for value_hash, member_id, known in raw().execute(_FIND, (partner_id, list(by_hash))):
        found.update(dict.fromkeys(by_hash[bytes(value_hash)], member_id))
        if not known:
            strangers.add(member_id)
    link(partner_id, strangers)
    return found


def link(partner_id: int, member_ids: Iterable[int]) -> None:
    """Note that a partner holds an identifier of these members."""
    if ids := list(member_ids):
        raw().execute(_LINK, (partner_id, ids))


def add(program_id: int, partner_id: int, member_id: int, kind: str, value: str) -> tuple[Identifier, bool]:
    """Give a member one more identifier; the same one again returns the first (True: replayed).

    Raises Invalid for an impossible value, Conflict `identifier_in_use` if another member of the program has it.
    """
    check(kind, value, "")
    fresh = insert(program_id, partner_id, member_id, [(kind, value)], pointer="") == 1
    row = fetch_one(
        "SELECT id, member_id, kind, hint, state, added_by, added_at"
        " FROM identifier WHERE value_hash = :hash AND state = 'active'",
        {"hash": hashed(program_id, partner_id, kind, value)},
    )
    if row is None:
        raise RacingKey
    if fresh:
        audit.record("identifier.add", f"member:{member_id}", identifier=row.id, kind=kind)
    return Identifier(**row._mapping), not fresh


def insert(program_id: int, partner_id: int, member_id: int, keys: list[Key], *, pointer: str) -> int:
    """Store checked identifiers of a member; how many were new to it. Raises Conflict for those of another member."""
    fresh = 0
    for at, (kind, value) in enumerate(keys):
        value_hash = hashed(program_id, partner_id, kind, value)
        params = {"member": member_id, "program": program_id, "partner": partner_id, "kind": kind}
        fresh += execute(
            "INSERT INTO identifier (member_id, program_id, added_by, kind, value_hash, hint)"
            " VALUES (:member, :program, :partner, :kind, :hash, :hint) ON CONFLICT DO NOTHING",
            {**params, "hash": value_hash, "hint": hint(kind, value)},
        )
        owner = fetch_one(
            "SELECT member_id FROM identifier WHERE value_hash = :hash AND state = 'active'", {"hash": value_hash}
        )
        if owner is None:
            raise RacingKey
        if owner.member_id != member_id:
            raise _in_use(f"{pointer}/{at}/value" if pointer == "/identifiers" else pointer or "/value")
    return fresh


def block(partner_id: int, member_id: int, identifier_id: int) -> None:
    """Block an identifier for good; again changes nothing. The balance stays with the member.

    Only the partner that added it or that enrolled the member may. Raises NotFound or Forbidden.
    """
    row = fetch_one(
        "SELECT i.added_by, m.enrolled_by FROM identifier i JOIN member m ON m.id = i.member_id"
        " WHERE i.id = :id AND i.member_id = :member",
        {"id": identifier_id, "member": member_id},
    )
    if row is None:
        raise NotFound()
    if partner_id not in (row.added_by, row.enrolled_by):
        raise Forbidden("not_your_identifier", "Only who added an identifier or enrolled the member may block it.")
    changed = execute(
        "UPDATE identifier SET state = 'blocked', blocked_at = now() WHERE id = :id AND state = 'active'",
        {"id": identifier_id},
    )
    if changed:
        audit.record("identifier.block", f"member:{member_id}", identifier=identifier_id)


def identifiers(member_id: int) -> list[Identifier]:
    """A member's identifiers, the first one first; at most 200."""
    rows = fetch_all(
        "SELECT id, member_id, kind, hint, state, added_by, added_at FROM identifier"
        " WHERE member_id = :member ORDER BY id LIMIT :most",
        {"member": member_id, "most": _MOST},
    )
    return [Identifier(**row._mapping) for row in rows]


def _in_use(pointer: str) -> Conflict:
    problem = FieldError(pointer, "identifier_in_use", "Another member of this program has this identifier.")
    return Conflict("identifier_in_use", "An identifier belongs to one member at a time.", [problem])
