"""What becomes of an identifier: blocked for good, replaced by another value, moved to another member.

A row is never given another value or another owner: the old one is blocked and a new one names it as what it
replaces, so that the history can be read. No balance is touched. Every change is audited.
"""

from __future__ import annotations

from coalition import partners
from coalition.kernel import audit
from coalition.kernel.db import AnyRow, execute, fetch_one
from coalition.kernel.errors import Conflict, FieldError, Forbidden, Invalid, NotFound
from coalition.members.hashing import hashed, region
from coalition.members.identifiers import Identifier, announce, find, keep
from coalition.members.normalising import check, hint, refuse_bank_cards
from coalition.members.telling import changed

_LOCKED = """
    SELECT i.id, i.member_id, i.kind, i.value_hash, i.hint, i.state, i.added_by, m.enrolled_by, m.program_id
      FROM identifier i JOIN member m ON m.id = i.member_id
     WHERE i.id = :id AND {scope} FOR UPDATE OF i"""
_OF_MEMBER = _LOCKED.format(scope="i.member_id = :scope")
_OF_PROGRAM = _LOCKED.format(scope="m.program_id = :scope")


def block(partner_id: int, member_id: int, identifier_id: int, *, reason: str = "") -> None:
    """Block an identifier for good; again changes nothing. The balance stays with the member.

    Only the partner that added it, the one that enrolled the member, or the operator may. Raises NotFound, Forbidden.
    """
    row = _own(partner_id, member_id, identifier_id)
    if _block(row):
        audit.record("identifier.block", f"member:{member_id}", identifier=identifier_id, reason=reason)
        changed(member_id, "identifiers")


def replace(
    partner_id: int, member_id: int, identifier_id: int, value: str, *, reason: str = ""
) -> tuple[Identifier, bool]:
    """Put a new value in an identifier's place: the old one is blocked, the new one is of the same kind.

    The same replacement again returns the first (True: replayed). A blocked identifier may be replaced, too (the card
    was reported lost first). Raises Conflict `identifier_replaced` if it was replaced by another value,
    `identifier_in_use` for a value of another member or that this member already has; see `block`.
    """
    row = _own(partner_id, member_id, identifier_id)
    check(row.kind, value, "", region(row.program_id, row.kind))
    value_hash = hashed(row.program_id, partner_id, row.kind, value)
    shown = hint(row.kind, value, region(row.program_id, row.kind))
    if found := find(member_id, replaces=identifier_id):
        if not _is(found.id, value_hash):
            raise Conflict("identifier_replaced", "This identifier was replaced by another value already.")
        return found, True
    _block(row)
    return _put(row, member_id, partner_id, value_hash, shown, "identifier.replace", reason), False


def move(program_id: int, identifier_id: int, to_member_id: int, *, reason: str) -> Identifier:
    """Give an active identifier to another member of the program: for staff, with a reason. Balances stay.

    Moved to that member already: the first result again. Raises NotFound, Invalid without a reason, Conflict
    `identifier_blocked`.
    """
    demand_reason(reason)
    row = fetch_one(_OF_PROGRAM, {"id": identifier_id, "scope": program_id})
    target = fetch_one(
        "SELECT id FROM member WHERE id = :id AND program_id = :program AND state = 'active'",
        {"id": to_member_id, "program": program_id},
    )
    if row is None or target is None:
        raise NotFound()
    if found := find(to_member_id, replaces=identifier_id):
        return found
    if row.state != "active":
        raise Conflict("identifier_blocked", "A blocked identifier stays where it is.")
    if row.member_id == to_member_id:
        raise Invalid("invalid", "The identifier is this member's already.")
    _block(row)
    return _put(row, to_member_id, row.added_by, row.value_hash, row.hint, "identifier.move", reason)


def demand_reason(reason: str) -> None:
    """Raise Invalid where somebody gives no reason for what needs one, or the number of a bank card in it."""
    refuse_bank_cards(reason=reason)
    if not reason.strip():
        raise Invalid("invalid", "Say why.", [FieldError("/reason", "required", "A reason is needed.")])


def _own(partner_id: int, member_id: int, identifier_id: int) -> AnyRow:
    row = fetch_one(_OF_MEMBER, {"id": identifier_id, "scope": member_id})
    if row is None:
        raise NotFound()
    if partner_id not in (row.added_by, row.enrolled_by) and partners.get(partner_id).kind != "operator":
        raise Forbidden("not_your_identifier", "Only who added an identifier or enrolled the member may change it.")
    return row


def _block(row: AnyRow) -> bool:
    blocked = "UPDATE identifier SET state = 'blocked', blocked_at = now() WHERE id = :id AND state = 'active'"
    return execute(blocked, {"id": row.id}) == 1


def _put(
    row: AnyRow, member_id: int, partner_id: int, value_hash: bytes, shown: str, action: str, reason: str
) -> Identifier:
    fresh = keep(
        {
            "member": member_id,
            "program": row.program_id,
            "partner": partner_id,
            "kind": row.kind,
            "hash": value_hash,
            "hint": shown,
            "replaces": row.id,
        },
        "/value",
    )
    found = find(member_id, replaces=row.id)
    if not fresh or found is None:
        raise Conflict("identifier_in_use", "The member has this identifier already.")
    facts = {"identifier": found.id, "replaces": row.id, "from_member": row.member_id, "reason": reason}
    audit.record(action, f"member:{member_id}", **facts)
    announce(member_id)
    if member_id != row.member_id:
        changed(row.member_id, "identifiers")
    return found


def _is(identifier_id: int, value_hash: bytes) -> bool:
    row = fetch_one("SELECT value_hash FROM identifier WHERE id = :id", {"id": identifier_id})
    return row is not None and bytes(row.value_hash) == value_hash
