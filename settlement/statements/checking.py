"""What has to be so before a period closes. What is not can be done, or accepted by a person with a reason.

A close refuses while a check is neither ok nor accepted. An acceptance covers exactly what offended then, one by one:
it stands while some of that is settled, and if anything else turns up, that has to be accepted anew. A missing rate of
exchange cannot be accepted: a statement could not be written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from coalition import partners, programs
from coalition.kernel import audit, clock
from coalition.kernel.db import execute, fetch_all
from coalition.kernel.errors import Conflict, FieldError, Invalid
from settlement import accruals
from settlement.accruals import Period
from settlement.statements import fx, offending
from settlement.statements.arithmetic import Drawn
from settlement.statements.drawing import draw_up

_NAMED = 5
_UNACCEPTABLE = ("fx_rates",)


@dataclass(frozen=True, slots=True)
class Check:
    """One point of the checklist: whether it is ok, how many things are not, and some of them by name.

    `reason`: a person has accepted them, by these words. `binding` False: it is worth knowing, and stops nobody.
    `keys` name everything that is not (see `offending`).
    """

    code: str
    ok: bool
    count: int | None = None
    names: tuple[str, ...] = ()
    binding: bool = True
    reason: str | None = None
    keys: tuple[str, ...] = ()

    @property
    def acceptable(self) -> bool:
        """Whether a person can accept it."""
        return self.binding and not self.ok and self.code not in _UNACCEPTABLE

    @property
    def passed(self) -> bool:
        """Whether the period may be closed as far as this goes."""
        return self.ok or self.reason is not None or not self.binding


def checklist(program_id: int, code: str) -> list[Check]:
    """The checklist of a period that is open. Raises NotFound."""
    period = accruals.find_period(program_id, code)
    return checks(period, draw_up(period))


def checks(period: Period, drawn: Sequence[Drawn]) -> list[Check]:
    """The checklist of a period whose statements would be these."""
    program = programs.get(period.program_id)
    missing = accruals.suspended(program.id, period.ends_on)
    names = tuple(partners.entity(entity_id).name for entity_id, _ in missing[:_NAMED])
    over = period.ends_on < clock.local_date(clock.now(), program.zone)
    end = clock.end_of_last_day(period.ends_on, program.zone)
    _, rateless = fx.settle(period, drawn)
    found = [
        Check("month_over", over, binding=False),
        _checked("registries_in", offending.unread_files(program.id)),
        _checked("feeds_decided", offending.undecided_feeds(program.id, end)),
        _checked("suspense_empty", offending.receipts_in_suspense(program.id, end)),
        _checked(
            "agreements_cover", offending.without_agreement(period), names, sum(movements for _, movements in missing)
        ),
        _checked("cases_decided", offending.open_cases(program.id)),
        _checked("adjustments_decided", [] if over else offending.proposed_adjustments(program.id)),
        _checked("laws_hold", *offending.offended_laws(end)),
        _checked("fx_rates", list(rateless), tuple(rateless)),
    ]
    return _with_reasons(period, found)


def accept(program_id: int, code: str, check: str, reason: str) -> Check:
    """Accept, as the running origin, what a check counts now. Invalid without a reason; Conflict if it cannot be."""
    if not 1 <= len(reason.strip()) <= 500 or "\0" in reason:
        problem = FieldError("/reason", "required", "Say why, in 1 to 500 characters.")
        raise Invalid("invalid", "This cannot be accepted.", [problem])
    period = accruals.open_period(program_id, code)
    if period.state == "closed":
        raise Conflict("period_closed", f"{code} is closed already.")
    found = {one.code: one for one in checks(period, draw_up(period))}
    if check not in found or check in _UNACCEPTABLE or not found[check].binding:
        raise Conflict("check_unacceptable", "This is not something that can be accepted.")
    count = found[check].count or 0
    execute(
        "INSERT INTO close_acceptance (period_id, version, code, count, keys, reason, accepted_by)"
        " VALUES (:period, :version, :code, :count, :keys, :reason, :actor)",
        {
            "period": period.id,
            "version": period.version,
            "code": check,
            "count": count,
            "keys": offending.covered(found[check].keys, count),
            "reason": reason.strip(),
            "actor": audit.origin().actor,
        },
    )
    audit.record("settlement.accept", f"period:{period.id}", check=check, count=count, reason=reason.strip())
    return next(one for one in checks(period, draw_up(period)) if one.code == check)


def demand(found: Sequence[Check]) -> None:
    """Refuse to close unless every check is passed. Raises Conflict, whose extra `checks` are the codes of the others.

    The code is `agreements_missing` or `fx_rate_missing` where that alone is in the way, else `checklist_open`.
    """
    left = [one for one in found if not one.passed]
    if not left:
        return
    codes, [first, *others] = [one.code for one in left], left
    detail = "; ".join(f"{one.code}: {one.count}" + (f" ({', '.join(one.names)})" if one.names else "") for one in left)
    alone = {"agreements_cover": "agreements_missing", "fx_rates": "fx_rate_missing"}
    code = "checklist_open" if others else alone.get(first.code, "checklist_open")
    raise Conflict(code, f"Not ready to be closed: {detail}.", checks=codes)


def _checked(code: str, keys: Sequence[str], names: Sequence[str] = (), count: int | None = None) -> Check:
    """A check that is ok if nothing offends; of what does, a few are named. `count`, if that is more than the keys."""
    many = max(len(keys), count or 0)
    return Check(code, not keys, many or None, tuple(names[:_NAMED]), keys=tuple(keys))


def _with_reasons(period: Period, found: Sequence[Check]) -> list[Check]:
    rows = fetch_all(
        "SELECT DISTINCT ON (code) code, keys, reason FROM close_acceptance"
        " WHERE period_id = :period AND version = :version ORDER BY code, id DESC",
        {"period": period.id, "version": period.version},
    )
    accepted = {row.code: (set(row.keys), row.reason) for row in rows}
    return [
        replace(one, reason=accepted[one.code][1])
        if not one.ok and one.code in accepted and set(_covered(one)) <= accepted[one.code][0]
        else one
        for one in found
    ]


def _covered(one: Check) -> list[str]:
    return offending.covered(one.keys, one.count or 0)
