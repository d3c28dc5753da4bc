"""What a reconciliation came to: its totals, its differences one by one, and the lines that could not be read."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, fields
from decimal import Decimal

from coalition.kernel.db import fetch_all, fetch_one
from coalition.kernel.errors import NotFound
from coalition.kernel.web.paging import Page, decode_cursor, encode_cursor

CLASSES = ("missing_here", "missing_there", "duplicate", "amount", "points", "rate", "late")


@dataclass(frozen=True, slots=True)
class Total:
    """How many external ids are in a class (`matched` or one of CLASSES), and what both sides say of them together.

    Money and points are minor units; what a side does not say counts as nothing.
    """

    kind: str
    count: int
    their_amount_minor: int
    our_amount_minor: int
    their_points: int
    our_points: int
    their_redeemed: int
    our_redeemed: int


@dataclass(frozen=True, slots=True)
class Difference:
    """One external id in which the sides differ, in one way. None: this side says nothing of it.

    `line` is the first line of the file that names it, `lines` how many do; `movement_id` one of our movements.
    """

    id: int
    kind: str
    external_id: str
    line: int | None
    lines: int
    occurred_on: dt.date | None
    booked_on: dt.date | None
    their_amount_minor: int | None
    our_amount_minor: int | None
    their_points: int | None
    our_points: int | None
    their_redeemed: int | None
    our_redeemed: int | None
    their_rate: Decimal | None
    our_rate: Decimal | None
    movement_id: str | None


@dataclass(frozen=True, slots=True)
class Rejection:
    """A line of the file that could not be read: its number, a stable code, the field at fault and a sentence."""

    line: int
    code: str
    field: str
    detail: str


_COLUMNS = ", ".join("class AS kind" if field.name == "kind" else field.name for field in fields(Difference))


def totals(run_id: int) -> list[Total]:
    """The totals of a finished reconciliation: what agrees first, then each class that has differences."""
    rows = fetch_all(
        """SELECT class AS kind, count, their_amount_minor, our_amount_minor, their_points, our_points, their_redeemed,
                  our_redeemed FROM reconciliation_total WHERE reconciliation_id = :id""",
        {"id": run_id},
    )
    found = [Total(row.kind, *(int(value) for value in tuple(row)[1:])) for row in rows]
    return sorted(found, key=lambda one: ("matched", *CLASSES).index(one.kind))


def differences(run_id: int, cursor: str | None, limit: int, *, kind: str = "", find: str = "") -> Page[Difference]:
    """The differences of a reconciliation in the order in which they were found; of one class, of one external id."""
    (after,) = decode_cursor(cursor, int) or (0,)
    rows = fetch_all(
        f"""SELECT {_COLUMNS} FROM reconciliation_difference WHERE reconciliation_id = :id AND id > :after
               AND (:kind = '' OR class = :kind) AND (:find = '' OR external_id = :find) ORDER BY id LIMIT :limit""",
        {"id": run_id, "after": after, "kind": kind, "find": find, "limit": limit + 1},
    )
    found = [Difference(**row._mapping) for row in rows]
    return Page(found[:limit], encode_cursor(found[limit - 1].id) if len(found) > limit else None)


def difference(run_id: int, difference_id: int) -> Difference:
    """One difference. Raises NotFound."""
    row = fetch_one(
        f"SELECT {_COLUMNS} FROM reconciliation_difference WHERE reconciliation_id = :run AND id = :id",
        {"run": run_id, "id": difference_id},
    )
    if row is None:
        raise NotFound()
    return Difference(**row._mapping)


def rejections(run_id: int, cursor: str | None, limit: int) -> Page[Rejection]:
    """The lines of a file that could not be read, in the order of the file."""
    (after,) = decode_cursor(cursor, int) or (0,)
    rows = fetch_all(
        "SELECT line, code, field, detail FROM reconciliation_rejection WHERE reconciliation_id = :id AND line > :after"
        " ORDER BY line LIMIT :limit",
        {"id": run_id, "after": after, "limit": limit + 1},
    )
    found = [Rejection(**row._mapping) for row in rows]
    return Page(found[:limit], encode_cursor(found[limit - 1].line) if len(found) > limit else None)
