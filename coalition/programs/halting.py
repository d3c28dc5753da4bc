"""The safe halt: while the books of a program are in doubt nobody redeems there; earning goes on.

Whoever halts says why, and whoever resumes says why again; both leave an audit row and an event.
"""

from __future__ import annotations

from coalition import ledger
from coalition.kernel import audit, outbox
from coalition.kernel.db import execute, fetch_all
from coalition.kernel.errors import Conflict, FieldError, Invalid
from coalition.kernel.laws import Finding
from coalition.programs.caching import touch
from coalition.programs.registry import get, list_programs
from coalition.programs.types import Program

_REASON_MAX = 500


def halt(program_id: int, reason: str) -> bool:
    """Refuse every redemption of a program from now on (at most a second later); False if it was halted already.

    Audited, and told as `program.halted`. The first reason stands. NotFound.
    """
    reason = _sound(reason)
    stopped = execute(
        "UPDATE program SET halted_at = now(), halt_reason = :reason WHERE id = :id AND halted_at IS NULL",
        {"id": program_id, "reason": reason},
    )
    if not stopped:
        get(program_id)
        return False
    touch(program_id)
    _tell("program.halted", program_id, reason)
    return True


def answer_for(finding: Finding) -> list[int]:
    """Halt the programs in which a law is offended, if it is one that halts; those that were not halted before.

    The rows name programs or accounts; where one of them names neither, every program is concerned.
    """
    if not finding.rows or not finding.law.halts:
        return []
    concerned = set(finding.program_ids) | ledger.programs_of(finding.account_ids)
    everyone = {program.id for program in list_programs(test=True)}
    if finding.everywhere or not concerned & everyone:
        concerned = everyone
    reason = f"law {finding.law.code} is offended by {finding.rows} rows: {finding.law.title}"
    return [program_id for program_id in sorted(concerned & everyone) if halt(program_id, reason)]


def resume(program_id: int, reason: str) -> Program:
    """Let members redeem again. Conflict `not_halted`; NotFound."""
    reason = _sound(reason)
    lifted = execute(
        "UPDATE program SET halted_at = NULL, halt_reason = NULL WHERE id = :id AND halted_at IS NOT NULL",
        {"id": program_id},
    )
    if not lifted:
        raise Conflict("not_halted", f"Redemptions of {get(program_id).code} are not halted.")
    touch(program_id)
    _tell("program.resumed", program_id, reason)
    return get(program_id)


def halted_reasons() -> list[str]:
    """A sentence for every halted program, as `/readyz` tells them."""
    rows = fetch_all("SELECT code, halt_reason FROM program WHERE halted_at IS NOT NULL ORDER BY code LIMIT 1000")
    return [f"redemptions of program {row.code} are halted: {row.halt_reason}" for row in rows]


def _tell(kind: str, program_id: int, reason: str) -> None:
    audit.record(kind, f"program:{program_id}", reason=reason)
    outbox.publish(kind, {"program_id": program_id, "reason": reason}, key=f"program:{program_id}")


def _sound(reason: str) -> str:
    if not reason.strip():
        raise Invalid("policy_unsound", "Say why.", [FieldError("/reason", "required", "Say why.")])
    return reason.strip()[:_REASON_MAX]
