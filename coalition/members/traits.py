"""What promotions may ask of members beside their tier: of many at once, in one statement. No name, no address."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from coalition.kernel.db import raw

_HOLD = "SELECT FROM member WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE"
_TRAITS = """
    SELECT m.id, to_char(p.birth_date, 'MM-DD'), s.family_id, m.enrolled_at, m.locale
      FROM member m
      LEFT JOIN profile p ON p.member_id = m.id
      LEFT JOIN family_seat s ON s.member_id = m.id AND s.state = 'active'
     WHERE m.id = ANY(%s)"""


@dataclass(frozen=True, slots=True)
class Traits:
    """A member's birthday (MM-DD), family, first day and language."""

    member_id: int
    birth_md: str | None
    family_id: int | None
    enrolled_at: dt.datetime
    locale: str


def take_turns(member_ids: Iterable[int]) -> None:
    """Hold members until the caller's transaction ends, in the order of their ids: what is read of them next stands."""
    raw().execute(_HOLD, (list(member_ids),))


def traits(member_ids: Iterable[int]) -> dict[int, Traits]:
    """The traits of members, by member."""
    rows = raw().execute(_TRAITS, (list(member_ids),)).fetchall()
    return {row[0]: Traits(*row) for row in rows}
