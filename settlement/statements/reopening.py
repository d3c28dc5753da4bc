"""Another version of a period's statements: it is opened again by two people, before anything of it was sent.

The old statements stay as they were, and are told to have been replaced. What was booked in a later period in between
stays there; what is posted from then on, on days of the period, falls into it again.
"""

from __future__ import annotations

from typing import Any

from coalition.kernel import approvals, audit, outbox
from coalition.kernel.approvals import Approval
from coalition.kernel.errors import Conflict
from settlement import accruals
from settlement.statements import reading, states
from settlement.statements.adjusting import demand_finance

KIND = "settlement.reopen"


def reopen(program_id: int, code: str, reason: str) -> Approval:
    """Ask, as the running origin, for a closed period to be opened again; a second person's approval does it.

    NotFound; Conflict `period_not_closed`, or `period_sent` if one of its statements was sent.
    """
    period = accruals.find_period(program_id, code)
    _demand_unsent(period)
    payload = {"period_id": period.id, "version": period.version}
    key = f"{period.id}:{period.version}"
    return approvals.request(KIND, payload, reason.strip(), key=key, subject=f"period:{period.id}")


@approvals.executes(KIND)
def _approved(approval: Approval) -> dict[str, Any]:
    demand_finance(approval)
    period = accruals.get_period(approval.payload["period_id"])
    accrued = accruals.accrue(period.program_id)
    assert accrued is not None
    period = accruals.get_period(period.id)
    if period.version != approval.payload["version"]:
        raise Conflict("period_not_closed", f"{period.code} was opened again already.")
    states.hold(period.id)
    _demand_unsent(period)
    opened = accruals.reopen(period, accrued.upto, approval.id, approval.reason)
    audit.record("settlement.reopen", f"period:{period.id}", version=opened.version, reason=approval.reason)
    outbox.publish(
        "period.reopened",
        {"program_id": period.program_id, "period_id": period.id, "version": opened.version},
        key=str(period.id),
    )
    return {"period": period.code, "version": opened.version}


def _demand_unsent(period: accruals.Period) -> None:
    if period.state != "closed":
        raise Conflict("period_not_closed", f"{period.code} is open.")
    if any(statement.state != "draft" for statement in reading.of_period(period)):
        raise Conflict("period_sent", f"A statement of {period.code} was sent; it stays as it is.")
