"""Reading members: who they are, what they consented to, and which partner may see how much of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from coalition.kernel.db import fetch_all, fetch_one
from coalition.kernel.errors import Conflict, NotFound

SHARING = "profile_sharing"  # consent to this purpose opens the profile to every partner that sees the member
_MEMBER = "m.id, m.program_id, m.external_id, m.enrolled_by, m.state, m.tier, m.locale, m.enrolled_at, m.merged_into"
_MOST = 200
# A partner `p` reads the profile of a member `m` that it sees: it enrolled the member, or has its consent.
_INTIMATE = """
    (m.enrolled_by = p.partner_id OR EXISTS (
     SELECT FROM consent c WHERE c.member_id = m.id AND c.purpose = :sharing))"""


@dataclass(frozen=True, slots=True)
class Member:
    """A member of one program. `external_id` is the number given by the partner `enrolled_by`.

    `state` is active, closed or merged; `merged_into` says who a merged member is today.
    """

    id: int
    program_id: int
    external_id: str
    enrolled_by: int
    state: str
    tier: str
    locale: str
    enrolled_at: dt.datetime
    merged_into: int | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """What a member told about themselves; empty texts for what is not known."""

    first_name: str = ""
    last_name: str = ""
    email: str = ""
    phone: str = ""
    birth_date: dt.date | None = None
    locale: str = "en"

    @property
    def name(self) -> str:
        """First and last name, as far as known."""
        return f"{self.first_name} {self.last_name}".strip()


@dataclass(frozen=True, slots=True)
class Consent:
    """What a member agreed to, when, and in which wording."""

    purpose: str
    granted_at: dt.datetime
    text_version: str


@dataclass(frozen=True, slots=True)
class Sight:
    """A member as one partner sees it; with `intimate` the partner may also read profile and movements."""

    member: Member
    intimate: bool


@dataclass(frozen=True, slots=True)
class Reader:
    """A partner that may read a member's profile; the `enroller` reads the identifiers and its own number, too."""

    member_id: int
    partner_id: int
    enroller: bool
    external_id: str


def get(program_id: int, member_id: int) -> Member:
    """The member of a program. Raises NotFound."""
    row = fetch_one(
        f"SELECT {_MEMBER} FROM member m WHERE m.id = :id AND m.program_id = :program",
        {"id": member_id, "program": program_id},
    )
    if row is None:
        raise NotFound()
    return Member(**row._mapping)


def enrollers(member_ids: Collection[int]) -> dict[int, int]:
    """The partner that enrolled each of these members, by member."""
    rows = fetch_all("SELECT id, enrolled_by FROM member WHERE id = ANY(:ids)", {"ids": list(member_ids)})
    return {row.id: row.enrolled_by for row in rows}


def demand_active(member_id: int) -> None:
    """Raise Conflict `member_merged` for a member merged or closed; nobody merges another one until we are done."""
    sql = "SELECT 1 FROM member WHERE id = :id AND state = 'active' FOR KEY SHARE"
    if fetch_one(sql, {"id": member_id}) is None:
        raise Conflict("member_merged", "This member was merged into another, or closed.")


def seen_by(program_id: int, partner_id: int, member_id: int) -> Sight:
    """The member as a partner sees it. NotFound for a member of whom the partner holds no identifier."""
    row = fetch_one(
        f"SELECT {_MEMBER}, {_INTIMATE} AS intimate"
        " FROM member m JOIN member_partner p ON p.member_id = m.id AND p.partner_id = :partner"
        " WHERE m.id = :id AND m.program_id = :program",
        {"id": member_id, "program": program_id, "partner": partner_id, "sharing": SHARING},
    )
    if row is None:
        raise NotFound()
    fields = dict(row._mapping)
    intimate = fields.pop("intimate")
    return Sight(Member(**fields), intimate)


def readers(member_ids: Collection[int]) -> list[Reader]:
    """The partners that may read the profiles of these members."""
    rows = fetch_all(
        "SELECT m.id AS member_id, p.partner_id, m.enrolled_by = p.partner_id AS enroller, m.external_id"
        f" FROM member m JOIN member_partner p ON p.member_id = m.id WHERE m.id = ANY(:ids) AND {_INTIMATE}"
        " ORDER BY m.id, p.partner_id",
        {"ids": list(member_ids), "sharing": SHARING},
    )
    return [Reader(**row._mapping) for row in rows]


def visible_to(partner_id: int, member_id: int) -> bool:
    """Whether a partner holds an identifier of the member."""
    params = {"member": member_id, "partner": partner_id}
    return (
        fetch_one("SELECT 1 FROM member_partner WHERE member_id = :member AND partner_id = :partner", params)
        is not None
    )


def profile(member_id: int) -> Profile:
    """The member's profile. Raises NotFound."""
    row = fetch_one(
        "SELECT first_name, last_name, email, phone, birth_date, m.locale"
        " FROM profile p JOIN member m ON m.id = p.member_id WHERE p.member_id = :member",
        {"member": member_id},
    )
    if row is None:
        raise NotFound()
    return Profile(**row._mapping)


def consents(member_id: int) -> list[Consent]:
    """What the member agreed to, oldest first; at most 200."""
    rows = fetch_all(
        "SELECT purpose, granted_at, text_version FROM consent WHERE member_id = :member"
        " ORDER BY granted_at, id LIMIT :most",
        {"member": member_id, "most": _MOST},
    )
    return [Consent(**row._mapping) for row in rows]
