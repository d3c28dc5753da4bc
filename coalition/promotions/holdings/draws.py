"""The draws of a program as its marketers see them: tickets, state, winners, and the proof.

One person asks for it with a number of prizes; another one approves, which holds it at once, among those who have
tickets then. Nobody can choose the moment for somebody to win: the scores are those of the seed, whoever looks.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from coalition import access
from coalition.kernel import approvals
from coalition.kernel.approvals import Approval
from coalition.kernel.db import fetch_all, load_sql
from coalition.kernel.errors import Conflict, FieldError, Forbidden, Invalid, NotFound
from coalition.promotions.holdings.drawing import PRIZES_MOST, drawing, hold_draw

KIND = "draw.hold"
ROLE = "marketer"
_NOTE_MAX = 500


@dataclass(frozen=True, slots=True)
class Draw:
    """A draw: how many members have how many tickets today, and when it was held, if it was, with how many winners."""

    name: str
    members: int
    tickets: int
    drawn_at: dt.datetime | None
    winners: int | None


def draws(program_id: int, *, after: str = "", limit: int = 50) -> list[Draw]:
    """The draws of a program by name, those after one."""
    return _read(program_id, after=after, limit=limit)


def one_draw(program_id: int, name: str) -> Draw:
    """The draw of this name. Raises NotFound."""
    found = _read(program_id, name=name, limit=1)
    if not found:
        raise NotFound()
    return found[0]


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
    if found.drawn_at:
        raise Conflict("drawn", "This draw was held before.")
    if not found.tickets:
        raise Conflict("no_tickets", "Nobody has a ticket of this draw.")
    payload = {"program_id": program_id, "name": name, "prizes": prizes}
    return approvals.request(KIND, payload, note.strip(), key=f"{program_id}:{name}", subject=f"program:{program_id}")


def asked_draw(program_id: int, name: str) -> Approval | None:
    """The request that a draw be held which waits for a second person."""
    return approvals.waiting_for(KIND, f"{program_id}:{name}")


@approvals.executes(KIND)
def _hold(approval: Approval) -> dict[str, Any]:
    if not access.may_approve(str(approval.approver), ROLE):
        raise Forbidden("approver_refused", "Only a marketer can hold a draw.")
    asked = approval.payload
    if drawing(asked["program_id"], asked["name"]) is not None:
        raise Conflict("drawn", "This draw was held before.")
    held = hold_draw(asked["program_id"], asked["name"], prizes=asked["prizes"])
    return {"draw": held.name, "winners": len(held.winners)}


def _read(program_id: int, *, after: str = "", name: str | None = None, limit: int) -> list[Draw]:
    params = {"program": program_id, "after": after, "name": name, "most": limit}
    return [Draw(**row._mapping) for row in fetch_all(load_sql(__file__, "draws.sql"), params)]
