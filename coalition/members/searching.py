"""Finding members for staff: by anything that a member may present or tell, or by name.

A value is looked up by its keyed hash under every kind at once, so that nobody has to know which kind it is; blocked
identifiers are found, too, because that is what people call about. The value itself is kept nowhere.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from coalition.kernel.db import fetch_all, fetch_one
from coalition.kernel.errors import NotFound, Refusal
from coalition.kernel.web.paging import Page, decode_cursor, encode_cursor
from coalition.members.hashing import hashed
from coalition.members.normalising import KINDS
from coalition.members.people import Member, Profile

_OWN_NAMESPACE = ("external", "app")
_MOST = 100
FOUND = """
    SELECT m.id, m.program_id, m.external_id, m.enrolled_by, m.state, m.tier, m.locale, m.enrolled_at, m.merged_into,
           p.first_name, p.last_name, p.email, p.phone, p.birth_date
      FROM member m JOIN profile p ON p.member_id = m.id"""
_BY_VALUE = """
    SELECT member_id FROM identifier WHERE program_id = :program AND value_hash = ANY(:hashes)
    UNION
    SELECT p.member_id FROM profile p JOIN member m ON m.id = p.member_id AND m.program_id = :program
     WHERE :email <> '' AND p.email <> '' AND lower(p.email) = :email
    UNION
    SELECT p.member_id FROM profile p JOIN member m ON m.id = p.member_id AND m.program_id = :program
     WHERE :phone <> '' AND p.phone <> '' AND regexp_replace(p.phone, '[^0-9]', '', 'g') = :phone
     LIMIT :most"""
_LEAST_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Found:
    """A member with the profile, as staff see a line of a list."""

    member: Member
    profile: Profile


def whose(member_id: int) -> Member:
    """A member of any program: staff belong to the installation. Raises NotFound."""
    row = fetch_one(f"{FOUND} WHERE m.id = :id", {"id": member_id})
    if row is None:
        raise NotFound()
    return as_found(row).member


def search(program_id: int, partner_ids: Collection[int], value: str) -> list[int]:
    """The members behind a card, phone, e-mail address or any other identifier, active or blocked; at most 100.

    `partner_ids` are the partners in whose own numbering the value may stand.
    """
    digits = "".join(char for char in value if char.isascii() and char.isdecimal())
    rows = fetch_all(
        _BY_VALUE,
        {
            "program": program_id,
            "hashes": list(_hashes(program_id, partner_ids, value)),
            "email": value.strip().lower() if "@" in value else "",
            "phone": digits if len(digits) >= _LEAST_DIGITS and "@" not in value else "",
            "most": _MOST,
        },
    )
    return sorted(row.member_id for row in rows)


def by_name(program_id: int, name: str, cursor: str | None, limit: int) -> Page[Found]:
    """Members whose first and last name, in either order, begin with the words of `name`; by id."""
    (after,) = decode_cursor(cursor, int) or (0,)
    words = [_literal(word.lower()) for word in name.split()[:4]]
    conditions = [f"' ' || lower(p.first_name || ' ' || p.last_name) LIKE :word{at}" for at in range(len(words))]
    rows = fetch_all(
        f"{FOUND} WHERE m.program_id = :program AND m.id > :after AND {' AND '.join(conditions or ['false'])}"
        " ORDER BY m.id LIMIT :limit",
        {"program": program_id, "after": after, "limit": limit + 1}
        | {f"word{at}": f"% {word}%" for at, word in enumerate(words)},
    )
    items = [as_found(row) for row in rows]
    return Page(items[:limit], encode_cursor(items[limit - 1].member.id) if len(items) > limit else None)


def some(program_id: int, member_ids: Iterable[int]) -> list[Found]:
    """These members of a program, by id; unknown ones are left out. At most 100."""
    rows = fetch_all(
        f"{FOUND} WHERE m.program_id = :program AND m.id = ANY(:ids) ORDER BY m.id LIMIT :most",
        {"program": program_id, "ids": list(member_ids), "most": _MOST},
    )
    return [as_found(row) for row in rows]


def absorbed(member_id: int) -> list[int]:
    """The members that were merged into this one; what was bought under their names is its own. At most 100."""
    rows = fetch_all(
        "SELECT id FROM member WHERE merged_into = :id ORDER BY id LIMIT :most", {"id": member_id, "most": _MOST}
    )
    return [row.id for row in rows]


def _hashes(program_id: int, partner_ids: Collection[int], value: str) -> Iterable[bytes]:
    for kind in KINDS:
        for partner_id in partner_ids if kind in _OWN_NAMESPACE else (0,):
            try:
                yield hashed(program_id, partner_id, kind, value)
            except Refusal:
                continue


def _literal(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def as_found(row: object) -> Found:
    """A row of `FOUND`."""
    fields = dict(row._mapping)  # type: ignore[attr-defined]
    told = ("first_name", "last_name", "email", "phone", "birth_date")
    profile = Profile(**{name: fields.pop(name) for name in told}, locale=fields["locale"])
    return Found(Member(**fields), profile)
