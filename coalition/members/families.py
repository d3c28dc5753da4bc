"""Families: a head invites members of the program, who accept or decline, and may leave.

A member sits in one family at a time (a unique index says so); how many seats there may be, invitations included, is
the program's policy and is counted under the family's lock. When the head leaves, the family is over. Who invites
is answered the same whether anybody has the identifier or not; but an invitation can be seen to be waiting, so that
guessing at identifiers is braked.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from coalition import access, programs
from coalition.kernel import audit
from coalition.kernel.db import AnyRow, RacingKey, execute, fetch_all, fetch_one
from coalition.kernel.errors import Conflict, NotFound
from coalition.members.hashing import presented
from coalition.members.people import get
from coalition.members.presenting import Key

INVITED_BY = ("card", "barcode", "phone", "email")
_BRAKE = "invitation"
_MOST = 200
_END = "UPDATE family_seat SET state = 'left', changed_at = now() WHERE state IN ('invited', 'active') AND "


@dataclass(frozen=True, slots=True)
class Seat:
    """A member in a family, invited or active, with the name that its profile has."""

    member_id: int
    name: str
    state: str
    is_head: bool
    since: dt.datetime


@dataclass(frozen=True, slots=True)
class Family:
    """A family with its seats, the head's first."""

    id: int
    head_id: int
    seats: tuple[Seat, ...]


@dataclass(frozen=True, slots=True)
class Invitation:
    """A seat in a family that a member may take."""

    family_id: int
    head_name: str
    invited_at: dt.datetime


def family(member_id: int) -> Family | None:
    """The family in which a member sits."""
    own = _seat_of(member_id)
    if own is None:
        return None
    rows = fetch_all(
        "SELECT s.member_id, trim(p.first_name || ' ' || p.last_name) AS name, s.state,"
        " s.member_id = f.head_id AS is_head, s.changed_at AS since"
        " FROM family_seat s JOIN family f ON f.id = s.family_id JOIN profile p ON p.member_id = s.member_id"
        " WHERE s.family_id = :family AND s.state IN ('invited', 'active') ORDER BY is_head DESC, s.id LIMIT :most",
        {"family": own.family_id, "most": _MOST},
    )
    return Family(own.family_id, own.head_id, tuple(Seat(**row._mapping) for row in rows))


def invitations(member_id: int) -> list[Invitation]:
    """The families that a member is invited to, the latest invitation first."""
    rows = fetch_all(
        "SELECT s.family_id, trim(p.first_name || ' ' || p.last_name) AS head_name, s.changed_at AS invited_at"
        " FROM family_seat s JOIN family f ON f.id = s.family_id JOIN profile p ON p.member_id = f.head_id"
        " WHERE s.member_id = :member AND s.state = 'invited' ORDER BY s.id DESC LIMIT :most",
        {"member": member_id, "most": _MOST},
    )
    return [Invitation(**row._mapping) for row in rows]


def invite(program_id: int, head_id: int, key: Key) -> None:
    """Invite whoever has this identifier; the first invitation founds the family. Nobody has it: nothing happens.

    Inviting again changes nothing. Raises Conflict `not_head` for a member who sits in another's family,
    `family_full`; TooMany after too many identifiers that nobody has.
    """
    get(program_id, head_id)
    own = _seat_of(head_id)
    if own is not None and own.head_id != head_id:
        raise Conflict("not_head", "Only the head of the family invites.")
    access.guard(_BRAKE, f"{program_id}|{head_id}")
    guest_id = _find(program_id, key)
    if guest_id is None:
        access.blame(_BRAKE, f"{program_id}|{head_id}")
    if guest_id is None or guest_id == head_id:
        return
    family_id = own.family_id if own else _found(program_id, head_id)
    _queue(family_id)
    fresh = execute(
        "INSERT INTO family_seat (family_id, member_id, state) VALUES (:family, :member, 'invited')"
        " ON CONFLICT DO NOTHING",
        {"family": family_id, "member": guest_id},
    )
    if _find(program_id, key) != guest_id:
        raise RacingKey  # merged while we waited for it
    if fresh:
        _count(program_id, family_id)
        audit.record("family.invite", f"family:{family_id}", member=guest_id)


def accept(program_id: int, member_id: int, family_id: int) -> None:
    """Take the seat that a member is invited to; taken already, nothing changes.

    Raises NotFound without an invitation, Conflict `in_family` for a member who sits in another family.
    """
    get(program_id, member_id)
    _lock(member_id)
    own = _seat_of(member_id)
    if own is not None:
        if own.family_id == family_id:
            return
        raise Conflict("in_family", "Leave the other family first.")
    taken = execute(
        "UPDATE family_seat SET state = 'active', changed_at = now()"
        " WHERE family_id = :family AND member_id = :member AND state = 'invited'",
        {"family": family_id, "member": member_id},
    )
    if not taken:
        raise NotFound()
    audit.record("family.accept", f"family:{family_id}", member=member_id)


def leave(program_id: int, member_id: int, family_id: int) -> None:
    """Give up a seat or decline an invitation. When the head leaves, the family is over. Again changes nothing."""
    get(program_id, member_id)
    row = fetch_one(
        "SELECT head_id FROM family WHERE id = :family AND program_id = :program FOR UPDATE",
        {"family": family_id, "program": program_id},
    )
    if row is None:
        raise NotFound()
    if row.head_id == member_id:
        close(family_id)
    elif execute(_END + "family_id = :family AND member_id = :member", {"family": family_id, "member": member_id}):
        audit.record("family.leave", f"family:{family_id}", member=member_id)


def remove(program_id: int, head_id: int, member_id: int) -> None:
    """Take a member's seat or invitation back: for the head. Raises Conflict `not_head`."""
    own = _seat_of(head_id)
    if own is None or own.head_id != head_id:
        raise Conflict("not_head", "Only the head of the family does this.")
    if member_id != head_id:
        leave(program_id, member_id, own.family_id)


def close(family_id: int) -> None:
    """End a family with all its seats."""
    if execute("UPDATE family SET closed_at = now() WHERE id = :id AND closed_at IS NULL", {"id": family_id}):
        execute(_END + "family_id = :id", {"id": family_id})
        audit.record("family.close", f"family:{family_id}")


def same_family(one_id: int, other_id: int) -> bool:
    """Whether two members sit in one family now; an invitation is no seat."""
    row = fetch_one(
        "SELECT 1 FROM family_seat a JOIN family_seat b USING (family_id)"
        " WHERE a.member_id = :one AND b.member_id = :other AND a.state = 'active' AND b.state = 'active'",
        {"one": one_id, "other": other_id},
    )
    return row is not None and one_id != other_id


def _lock(member_id: int) -> None:
    """Taking seats is one thing after the other for each member. Raises NotFound for one merged or closed."""
    row = fetch_one("SELECT 1 FROM member WHERE id = :id AND state = 'active' FOR UPDATE", {"id": member_id})
    if row is None:
        raise NotFound()


def _seat_of(member_id: int) -> AnyRow | None:
    return fetch_one(
        "SELECT s.family_id, f.head_id FROM family_seat s JOIN family f ON f.id = s.family_id"
        " WHERE s.member_id = :member AND s.state = 'active'",
        {"member": member_id},
    )


def _found(program_id: int, head_id: int) -> int:
    """A new family. Raises RacingKey if its head has just founded one, or taken a seat elsewhere."""
    _lock(head_id)
    row = fetch_one(
        "INSERT INTO family (program_id, head_id) VALUES (:program, :head) ON CONFLICT DO NOTHING RETURNING id",
        {"program": program_id, "head": head_id},
    )
    seated = row and execute(
        "INSERT INTO family_seat (family_id, member_id, state) VALUES (:family, :head, 'active')"
        " ON CONFLICT DO NOTHING",
        {"family": row.id, "head": head_id},
    )
    if row is None or not seated:
        raise RacingKey
    audit.record("family.found", f"family:{row.id}", head=head_id)
    return int(row.id)


def _queue(family_id: int) -> None:
    """Make inviters wait in line, before any of them touches the family. Raises RacingKey if it is over."""
    if fetch_one("SELECT 1 FROM family WHERE id = :id AND closed_at IS NULL FOR UPDATE", {"id": family_id}) is None:
        raise RacingKey


def _count(program_id: int, family_id: int) -> None:
    """Raise Conflict if the family has more seats than the program allows."""
    row = fetch_one(
        "SELECT count(*) AS n FROM family_seat WHERE family_id = :id AND state IN ('invited', 'active')",
        {"id": family_id},
    )
    if row is not None and row.n > programs.get(program_id).family_max:
        raise Conflict("family_full", "The family has all the members that it may have.")


def _find(program_id: int, key: Key) -> int | None:
    """The member behind an identifier, without anybody coming to see it."""
    value_hash = presented(program_id, 0, *key) if key[0] in INVITED_BY else None
    row = fetch_one(
        "SELECT m.id FROM identifier i JOIN member m ON m.id = i.member_id AND m.state = 'active'"
        " WHERE i.value_hash = :hash AND i.state = 'active'",
        {"hash": value_hash},
    )
    return row.id if row else None
