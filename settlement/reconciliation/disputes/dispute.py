"""What a dispute is, and reading disputes: one, a statement's, a partner's, a program's, with its comments."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from typing import Any

from coalition.kernel import clock
from coalition.kernel.db import fetch_all, fetch_one
from coalition.kernel.errors import NotFound
from coalition.kernel.web.paging import Page, decode_cursor, encode_cursor

STATES = ("open", "accepted", "partly", "refused", "withdrawn")
_MOST = 500


@dataclass(frozen=True, slots=True)
class Dispute:
    """A dispute on a statement, on one of its documents, or on one movement in a document.

    `sign` + says that the entity shall receive `amount_minor` (or pay that much less), - that it shall pay it; VAT is
    included. `side` opened it: partner or operator. `state`: open, accepted, partly, refused or withdrawn. An answer
    is due by `due_at`; `overdue_at` is when somebody was alarmed because there was none.
    """

    id: int
    program_id: int
    partner_id: int
    legal_entity_id: int
    statement_id: int
    document_id: int | None
    movement_id: str | None
    external_id: str
    side: str
    sign: int
    amount_minor: int
    currency: str
    reason: str
    evidence: str
    reconciliation_id: int | None
    difference_id: int | None
    opened_by: str
    opened_at: dt.datetime
    due_at: dt.datetime
    overdue_at: dt.datetime | None
    state: str
    granted_minor: int
    decision: str | None
    decided_by: str | None
    decided_at: dt.datetime | None
    approval_id: int | None

    @property
    def overdue(self) -> bool:
        """Whether the answer is late."""
        return self.state == "open" and self.due_at < clock.now()


@dataclass(frozen=True, slots=True)
class Comment:
    """What one side said about a dispute."""

    id: int
    side: str
    text: str
    actor: str
    at: dt.datetime


COLUMNS = ", ".join(field.name for field in fields(Dispute))


def get(dispute_id: int, *, partner_id: int | None = None) -> Dispute:
    """A dispute, of this partner if one is named. Raises NotFound."""
    row = fetch_one(
        f"SELECT {COLUMNS} FROM dispute WHERE id = :id AND partner_id = coalesce(:partner, partner_id)",
        {"id": dispute_id, "partner": partner_id},
    )
    if row is None:
        raise NotFound()
    return Dispute(**row._mapping)


def of_statement(statement_id: int) -> list[Dispute]:
    """The disputes on a statement, oldest first; at most 500."""
    rows = fetch_all(
        f"SELECT {COLUMNS} FROM dispute WHERE statement_id = :id ORDER BY id LIMIT {_MOST}", {"id": statement_id}
    )
    return [Dispute(**row._mapping) for row in rows]


def list_disputes(
    program_id: int,
    cursor: str | None,
    limit: int,
    *,
    partner_id: int | None = None,
    statement_id: int | None = None,
    state: str = "",
    overdue: bool = False,
) -> Page[Dispute]:
    """A program's disputes, the latest first; of one partner, one statement, one state, or only those overdue."""
    (before,) = decode_cursor(cursor, int) or (None,)
    rows = fetch_all(
        f"""SELECT {COLUMNS} FROM dispute WHERE program_id = :program
               AND (CAST(:before AS bigint) IS NULL OR id < :before)
               AND (CAST(:partner AS int) IS NULL OR partner_id = :partner)
               AND (CAST(:statement AS bigint) IS NULL OR statement_id = :statement)
               AND (:state = '' OR state = :state) AND (NOT :overdue OR (state = 'open' AND due_at < now()))
             ORDER BY id DESC LIMIT :limit""",
        {
            "program": program_id,
            "before": before,
            "partner": partner_id,
            "statement": statement_id,
            "state": state,
            "overdue": overdue,
            "limit": limit + 1,
        },
    )
    found = [Dispute(**row._mapping) for row in rows]
    return Page(found[:limit], encode_cursor(found[limit - 1].id) if len(found) > limit else None)


def comments(dispute_id: int) -> Sequence[Comment]:
    """What was said about a dispute, oldest first; at most 500 comments."""
    rows = fetch_all(
        f"SELECT id, side, text, actor, at FROM dispute_comment WHERE dispute_id = :id ORDER BY id LIMIT {_MOST}",
        {"id": dispute_id},
    )
    return [Comment(**row._mapping) for row in rows]


def disputed(statement_ids: Collection[int]) -> set[int]:
    """Which of these statements have an open dispute: they stay out of payment until it is decided."""
    rows = fetch_all(
        "SELECT DISTINCT statement_id FROM dispute WHERE state = 'open' AND statement_id = ANY(:ids)",
        {"ids": list(statement_ids)},
    )
    return {int(row.statement_id) for row in rows}


def standing(program_id: int) -> dict[str, int]:
    """How many disputes of a program are open, and how many of them overdue."""
    row: Any = fetch_one(
        "SELECT count(*) AS open, count(*) FILTER (WHERE due_at < now()) AS overdue FROM dispute"
        " WHERE program_id = :program AND state = 'open'",
        {"program": program_id},
    )
    return {"open": int(row.open), "overdue": int(row.overdue)}
