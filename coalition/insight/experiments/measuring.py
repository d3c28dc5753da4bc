"""What a promotion changed: its members against its control group, who would have been in it and got nothing.

Who is in the control group follows from the member's number and the campaign alone (`engine.gating.stable_bucket`), so
that the groups are known whether or not anybody bought, and nobody can choose. All members count who were enrolled
before the first day and are of the audience, those without a receipt as nothing: else the groups would differ by who
came. Money is what was paid, before returns. Three figures are compared, so that one in seven of experiments without
any effect shows something in at least one of them: the first is the one to decide by.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from coalition import members, programs, promotions, purchases
from coalition.insight.experiments.welch import Sample, Uplift, uplift
from coalition.kernel import clock
from coalition.kernel.errors import NotFound
from coalition.programs import Program
from coalition.promotions.engine.gating import stable_bucket
from coalition.promotions.holdings.telling import segments

FIGURES = ("spent", "receipts", "bought")
_PAGE = 20_000
_DAYS = 30


@dataclass(frozen=True, slots=True)
class Measured:
    """One figure of each member: `spent` (minor money), `receipts`, or `bought` (1 or 0)."""

    figure: str
    treated: Sample
    control: Sample
    uplift: Uplift | None


@dataclass(frozen=True, slots=True)
class Experiment:
    """A promotion with a control group. `cost` is the worth of what it gave in those days, in minor money."""

    promotion: str
    document: Mapping[str, Any]
    control_bp: int
    since: dt.date
    until: dt.date
    measured: Sequence[Measured]
    cost: Decimal

    @property
    def gained(self) -> Decimal | None:
        """What all treated members together paid more than they would have, in minor money; None if nobody knows."""
        spent = self.measured[0]
        return spent.uplift.difference * spent.treated.count if spent.uplift else None


def experiments(program_id: int) -> list[Mapping[str, Any]]:
    """The documents of promotions in force that keep a control group, by id."""
    now = promotions.ruleset(program_id)
    documents = now.documents if now else {}
    return [one for _, one in sorted(documents.items()) if _control(one)]


def measure(program_id: int, code: str, since: dt.date | None = None, until: dt.date | None = None) -> Experiment:
    """The effect of a promotion in force, from one day to another (its own days, or the last thirty).

    Raises NotFound for one that is not in force or keeps no control group.
    """
    document = next((one for one in experiments(program_id) if one["id"] == code), None)
    if document is None:
        raise NotFound()
    program = programs.get(program_id)
    first, last = _days(program, document, since, until)
    begins, ends = clock.start_of_day(first, program.zone), clock.end_of_last_day(last, program.zone)
    groups = _samples(program_id, document, begins, ends)
    measured = [
        Measured(figure, treated, control, uplift(treated, control))
        for figure, (treated, control) in zip(FIGURES, groups, strict=True)
    ]
    faces = {one.id: one.face_minor for one in programs.currencies(program_id) if one.spendable}
    given = purchases.given(program_id, code, begins, ends)
    cost = sum((units * faces.get(currency, Decimal(0)) for currency, units in given.items()), Decimal(0))
    return Experiment(code, document, _control(document), first, last, measured, cost)


def _samples(
    program_id: int, document: Mapping[str, Any], begins: dt.datetime, ends: dt.datetime
) -> list[tuple[Sample, Sample]]:
    """For each figure the treated and the control group."""
    values: dict[str, tuple[list[int], list[int]]] = {figure: ([], []) for figure in FIGURES}
    whose, after = str(document.get("campaign") or document["id"]), 0
    while page := members.roll(program_id, begins, after, _PAGE):
        after = page[-1]
        bought = purchases.spent(program_id, page, begins, ends)
        for member_id in _meant(program_id, document, page):
            receipts, minor = bought.get(member_id, (0, 0))
            held_back = stable_bucket(str(member_id), whose) < _control(document)
            for figure, value in zip(FIGURES, (minor, receipts, int(receipts > 0)), strict=True):
                values[figure][held_back].append(value)
    return [(_sample(treated), _sample(control)) for treated, control in values.values()]


def _sample(values: Sequence[int]) -> Sample:
    return Sample(len(values), sum(values), sum(value * value for value in values))


def _meant(program_id: int, document: Mapping[str, Any], page: Sequence[int]) -> Iterable[int]:
    """Those of the audience; the segments are today's."""
    audience = document.get("audience") or {}
    wanted, unwanted = set(audience.get("segments_any") or ()), set(audience.get("segments_none") or ())
    if not wanted and not unwanted:
        return page
    known = segments(program_id, page)
    of = {member_id: set(known.get(member_id, ())) for member_id in page}
    return [one for one in page if (not wanted or of[one] & wanted) and not of[one] & unwanted]


def _control(document: Mapping[str, Any]) -> int:
    return int((document.get("audience") or {}).get("control_bp") or 0)


def _days(
    program: Program, document: Mapping[str, Any], since: dt.date | None, until: dt.date | None
) -> tuple[dt.date, dt.date]:
    today = clock.local_date(clock.now(), program.zone)
    own = [
        clock.local_date(dt.datetime.fromisoformat(document[name]), program.zone) if document.get(name) else None
        for name in ("from", "to")
    ]
    last = until or min(own[1] or today, today)
    return since or own[0] or last - dt.timedelta(days=_DAYS), last
