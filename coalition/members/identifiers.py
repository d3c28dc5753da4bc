"""A member's identifiers: adding them and reading what people may see of them.

An identifier is active for at most one member of a program (a partial unique index says so), and neither adding nor
losing one touches a balance.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import cast

from coalition.kernel import audit, outbox
from coalition.kernel.db import RacingKey, execute, fetch_all, fetch_one
from coalition.kernel.errors import Conflict, FieldError
from coalition.members.hashing import hashed, region
from coalition.members.normalising import check, hint
from coalition.members.people import demand_active
from coalition.members.presenting import Key
from coalition.members.telling import changed

_COLUMNS = "id, member_id, kind, hint, state, added_by, added_at"
_MOST = 200


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


def add(program_id: int, partner_id: int, member_id: int, kind: str, value: str) -> tuple[Identifier, bool]:
    """Give a member one more identifier; the same one again returns the first (True: replayed).

    Raises Invalid for an impossible value, Conflict `identifier_in_use` if another member of the program has it,
    `member_merged` for a member merged or closed.
    """
    check(kind, value, "", region(program_id, kind))
    fresh = insert(program_id, partner_id, member_id, [(kind, value)], pointer="") == 1
    row = fetch_one(
        f"SELECT {_COLUMNS} FROM identifier WHERE value_hash = :hash AND state = 'active'",
        {"hash": hashed(program_id, partner_id, kind, value)},
    )
    if row is None:
        raise RacingKey
    if fresh:
        audit.record("identifier.add", f"member:{member_id}", identifier=row.id, kind=kind)
        announce(member_id)
    return Identifier(**row._mapping), not fresh


def insert(program_id: int, partner_id: int, member_id: int, keys: list[Key], *, pointer: str) -> int:
    """Store checked identifiers of a member; how many were new to it. Raises Conflict for those of another member."""
    fresh = 0
    for at, (kind, value) in enumerate(keys):
        value_hash, shown = hashed(program_id, partner_id, kind, value), hint(kind, value, region(program_id, kind))
        row = {"member": member_id, "program": program_id, "partner": partner_id, "kind": kind, "hint": shown}
        place = f"{pointer}/{at}/value" if pointer == "/identifiers" else pointer or "/value"
        fresh += keep({**row, "hash": value_hash, "replaces": None}, place)
    return fresh


def keep(row: dict[str, object], pointer: str) -> int:
    """Store one identifier by its hash; 0 if the member has it already.

    Raises Conflict if another member has it, or `member_merged` for a member who is no more.
    """
    demand_active(cast(int, row["member"]))
    fresh = execute(
        "INSERT INTO identifier (member_id, program_id, added_by, kind, value_hash, hint, replaces)"
        " VALUES (:member, :program, :partner, :kind, :hash, :hint, :replaces) ON CONFLICT DO NOTHING",
        row,
    )
    owner = fetch_one(
        "SELECT member_id FROM identifier WHERE value_hash = :hash AND state = 'active'", {"hash": row["hash"]}
    )
    if owner is None:
        raise RacingKey
    if owner.member_id != row["member"]:
        raise _in_use(pointer)
    return fresh


def announce(member_id: int) -> None:
    """Tell that a member can be recognised by something new: what waits for it may go on."""
    changed(member_id, "identifiers")
    outbox.publish("identifier.added", {"member_id": member_id}, key=f"member:{member_id}")


def identifiers(member_id: int) -> list[Identifier]:
    """A member's identifiers, the first one first; at most 200."""
    rows = fetch_all(
        f"SELECT {_COLUMNS} FROM identifier WHERE member_id = :member ORDER BY id LIMIT :most",
        {"member": member_id, "most": _MOST},
    )
    return [Identifier(**row._mapping) for row in rows]


def find_by_hash(value_hash: bytes) -> Identifier:
    """The identifier of this hash, the latest if it was ever blocked. Raises RacingKey for none."""
    row = fetch_one(
        f"SELECT {_COLUMNS} FROM identifier WHERE value_hash = :hash ORDER BY id DESC", {"hash": value_hash}
    )
    if row is None:
        raise RacingKey
    return Identifier(**row._mapping)


def find(member_id: int, *, replaces: int) -> Identifier | None:
    """The identifier that took another one's place with this member."""
    row = fetch_one(
        f"SELECT {_COLUMNS} FROM identifier WHERE replaces = :replaces AND member_id = :member",
        {"replaces": replaces, "member": member_id},
    )
    return Identifier(**row._mapping) if row else None


def _in_use(pointer: str) -> Conflict:
    problem = FieldError(pointer, "identifier_in_use", "Another member of this program has this identifier.")
    return Conflict("identifier_in_use", "An identifier belongs to one member at a time.", [problem])
