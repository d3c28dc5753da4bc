"""The member's proof to spend: a one-time code shown in the cabinet, good for a minute or so and for one use.

Earning needs none. A code is used by writing its step into an append-only table whose primary key lets exactly one
user in; guessing is braked per member. The QR code beside it names the member and carries the same proof, so that a
till scans once: its payload is an identifier of the kind `qr`, and may be sent as the proof.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from coalition import access
from coalition.kernel import clock
from coalition.kernel.db import execute, fetch_all, fetch_one
from coalition.kernel.errors import Conflict, FieldError, Invalid
from coalition.members import codes
from coalition.members.hashing import QR_ROTATING, hashed
from coalition.members.people import Member, get

_BRAKE = "proof"


@dataclass(frozen=True, slots=True)
class Proof:
    """A one-time code, the payload of the QR code that stands for it, and when both end."""

    code: str
    payload: str
    expires_at: dt.datetime


def prove(program_id: int, member_id: int) -> Proof:
    """The member's code of this moment; when that was used already, the next one, which is good early.

    The first one ever gives the member a rotating identifier. Raises NotFound.
    """
    member = get(program_id, member_id)
    step = codes.step_of(clock.now())
    used = {
        row.step
        for row in fetch_all(
            "SELECT step FROM proof_use WHERE member_id = :member AND step >= :step",
            {"member": member_id, "step": step},
        )
    }
    step = next((near for near in (step, step + codes.DRIFT) if near not in used), step + codes.DRIFT)
    return _proof(member, step)


def proof_until(program_id: int, member_id: int, expires_at: dt.datetime) -> Proof:
    """The member's code that ends at an instant, again, used or not: for who was given it and lost the answer.

    Raises NotFound.
    """
    return _proof(get(program_id, member_id), codes.step_until(expires_at))


def use_proof(program_id: int, member_id: int, code: str) -> None:
    """Use up a member's proof, given as its eight digits or as the QR payload; rolled back, it is good again.

    Raises Invalid `unknown_proof` (a wrong guess, counted after the rollback), Conflict `proof_used`, TooMany while the
    member has to wait after too many wrong ones. Of many that use one code at once exactly one goes on.
    """
    subject = f"{program_id}|{member_id}"
    access.guard(_BRAKE, subject)
    now = clock.now()
    step = _step(program_id, member_id, code.strip(), codes.step_of(now))
    if step is None:
        raise _unknown(subject)
    fresh = execute(
        "INSERT INTO proof_use (member_id, step, used_at) SELECT id, :step, :now FROM member"
        " WHERE id = :member AND program_id = :program AND state = 'active' ON CONFLICT DO NOTHING",
        {"member": member_id, "program": program_id, "step": step, "now": now},
    )
    if not fresh:
        problem = FieldError("/proof", "proof_used", "This code was used before.")
        raise Conflict("proof_used", "A one-time code is good for one use.", [problem])
    access.pardon(_BRAKE, subject)


def _step(program_id: int, member_id: int, code: str, now: int) -> int | None:
    found = codes.read_rotating(code, now)
    if found is None:
        return codes.proof_step(member_id, code, now) if code.isascii() else None
    token, step = found
    params = {"hash": hashed(program_id, 0, QR_ROTATING, token), "member": member_id}
    own = "SELECT 1 FROM identifier WHERE value_hash = :hash AND member_id = :member AND state = 'active'"
    return step if fetch_one(own, params) else None


def _proof(member: Member, step: int) -> Proof:
    token = _token(member.program_id, member.enrolled_by, member.id)
    return Proof(codes.proof(member.id, step), codes.rotating(token, step), codes.last_instant(step))


def _token(program_id: int, partner_id: int, member_id: int) -> str:
    """The member's public token; it is kept (as a hash) when it is first asked for. A blocked one has a successor."""
    rows = fetch_all(
        "SELECT value_hash, state FROM identifier WHERE member_id = :member AND kind = :kind ORDER BY id",
        {"member": member_id, "kind": QR_ROTATING},
    )
    generation = sum(row.state == "blocked" for row in rows)
    token = codes.token(member_id, generation)
    value_hash = hashed(program_id, partner_id, QR_ROTATING, token)
    if value_hash not in {bytes(row.value_hash) for row in rows}:
        execute(
            "INSERT INTO identifier (member_id, program_id, added_by, kind, value_hash, hint)"
            " VALUES (:member, :program, :partner, :kind, :hash, '') ON CONFLICT DO NOTHING",
            {
                "member": member_id,
                "program": program_id,
                "partner": partner_id,
                "kind": QR_ROTATING,
                "hash": value_hash,
            },
        )
    return token


def _unknown(subject: str) -> Invalid:
    problem = FieldError("/proof", "unknown_proof", "This is not the member's code of now.")
    refusal = Invalid("unknown_proof", "There is no such one-time code.", [problem])
    refusal.aftermath = lambda: access.blame(_BRAKE, subject)
    return refusal
