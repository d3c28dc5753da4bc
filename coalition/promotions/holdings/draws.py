"""The draws of a program as its marketers see them: tickets, state, winners, and the proof.

One person asks for it with a number of prizes; another one approves, which holds it at once, among those who have
tickets then. Nobody can choose the moment for somebody to win: the scores are those of the seed, whoever looks.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coalition import access
from coalition.kernel import approvals
from coalition.kernel.approvals import Approval
from coalition.kernel.db import AnyRow, fetch_all
from coalition.kernel.errors import Conflict, FieldError, Forbidden, Invalid, NotFound
from coalition.promotions.holdings.drawing import PRIZES_MOST, Winner, drawing, hold_draw

KIND = "draw.hold"
ROLE = "marketer"
_NOTE_MAX = 500
_SQL = (Path(__file__).parent / "sql" / "draws.sql").read_text(encoding="utf-8")
_ENTRIES = """
    SELECT (e ->> 0)::bigint AS member_id, (e ->> 1)::bigint AS tickets
      FROM prize_draw d CROSS JOIN LATERAL jsonb_array_elements(d.entries) WITH ORDINALITY x (e, no)
     WHERE d.program_id = :program AND d.name = :name AND no > :after ORDER BY no LIMIT :most"""
_BATCH = 5_000


@dataclass(frozen=True, slots=True)
class Held:
    """How a draw went: `seed` in hex and its SHA-256, how many took part, who won, best first."""

    drawn_at: dt.datetime
    actor: str
    prizes: int
    seed: str
    commitment: str
    entrants: int
    winners: tuple[Winner, ...]


@dataclass(frozen=True, slots=True)
class Draw:
    """A draw: how many members have how many tickets today, and how it went once it was `held`."""

    name: str
    members: int
    tickets: int
    held: Held | None


def draws(program_id: int, *, after: str = "", limit: int = 50) -> list[Draw]:
    """The draws of a program by name, those after one."""
    rows = fetch_all(_SQL, {"program": program_id, "after": after, "name": None, "most": limit})
    return [_draw(row) for row in rows]


def one_draw(program_id: int, name: str) -> Draw:
    """The draw of this name. Raises NotFound."""
    rows = fetch_all(_SQL, {"program": program_id, "after": "", "name": name, "most": 1})
    if not rows:
        raise NotFound()
    return _draw(rows[0])


def entries_of(program_id: int, name: str) -> Iterator[tuple[int, int]]:
    """Who took part in a draw that was held, with how many tickets, in order; a batch at a time."""
    after = 0
    while rows := fetch_all(_ENTRIES, {"program": program_id, "name": name, "after": after, "most": _BATCH}):
        yield from ((row.member_id, row.tickets) for row in rows)
        after += len(rows)


def ask_draw(program_id: int, name: str, *, prizes: int, note: str) -> Approval:
    """Ask, as the running origin, that a second person hold a draw. `note` says why, to who has to approve.

    NotFound; Invalid for a number of prizes that cannot be or no note; Conflict `drawn`, `no_tickets`, or
    `external_id_conflict` where it was asked for with another number of prizes.
    """
    wrong = [] if 1 <= prizes <= PRIZES_MOST else [FieldError("/prizes", "invalid", f"From 1 to {PRIZES_MOST}.")]
    if not 1 <= len(note.strip()) <= _NOTE_MAX:
        wrong.append(FieldError("/note", "required", f"Say why, in 1 to {_NOTE_MAX} characters."))
    if wrong:
        raise Invalid("invalid", "This draw cannot be asked for.", wrong)
    found = one_draw(program_id, name)
    if found.held:
        raise Conflict("drawn", "This draw was held before.")
    if not found.tickets:
        raise Conflict("no_tickets", "Nobody has a ticket of this draw.")
    payload = {"program_id": program_id, "name": name, "prizes": prizes}
    return approvals.request(KIND, payload, note.strip(), key=f"{program_id}:{name}", subject=f"program:{program_id}")


def asked_draw(program_id: int, name: str) -> Approval | None:
    """The request that a draw be held which waits for a second person."""
    wanted = (program_id, name)
    waiting = approvals.waiting(kind=KIND)
    return next((one for one in waiting if (one.payload["program_id"], one.payload["name"]) == wanted), None)


@approvals.executes(KIND)
def _hold(approval: Approval) -> dict[str, Any]:
    if not access.may_approve(str(approval.approver), ROLE):
        raise Forbidden("approver_refused", "Only a marketer can hold a draw.")
    asked = approval.payload
    if drawing(asked["program_id"], asked["name"]) is not None:
        raise Conflict("drawn", "This draw was held before.")
    held = hold_draw(asked["program_id"], asked["name"], prizes=asked["prizes"])
    return {"draw": held.name, "winners": len(held.winners)}


def _draw(row: AnyRow) -> Draw:
    held = None
    if row.seed is not None:
        seed = bytes(row.seed)
        held = Held(
            row.drawn_at,
            row.actor,
            row.prizes,
            seed.hex(),
            hashlib.sha256(seed).hexdigest(),
            row.entrants,
            tuple(Winner(*one) for one in row.winners),
        )
    return Draw(row.name, row.members, row.tickets, held)
