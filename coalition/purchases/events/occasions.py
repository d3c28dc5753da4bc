"""Occasions: events that nobody sends us. A member joins, has a birthday, has been with the program for so many years.

They are the operator's, whoever enrolled the member (joining is of who enrolled it), and are recorded only where a
promotion or a base rule listens. A member has each of the calendar's once a year, whatever becomes of its date of
birth meanwhile.
"""

from __future__ import annotations

import datetime as dt

from coalition import members, partners, programs
from coalition.kernel import clock
from coalition.kernel.db import raw
from coalition.purchases.counter import counter
from coalition.purchases.events.event import ANNIVERSARY, BIRTHDAY, ENROLLED
from coalition.purchases.events.following import Following, listened

_TOLD = "SELECT root FROM event_chain WHERE root = ANY(%s)"


def celebrations(program_id: int, day: dt.date, after: int, limit: int) -> tuple[list[Following], int | None]:
    """What members have to celebrate on a day of the program's zone and was not recorded yet.

    Of at most `limit` members above the id `after`; and the id from which to go on, None at the end. It happens as the
    day begins: what is published in its course is for tomorrow.
    """
    program, operator = programs.get(program_id), partners.operator(program_id)
    begins = clock.start_of_day(day, program.zone)
    heard = {sort for sort in (BIRTHDAY, ANNIVERSARY) if listened(program_id, operator.id, sort, begins)}
    if not heard:
        return [], None
    found = members.celebrants(program_id, program.zone, day, after, limit)
    wanted: dict[str, Following] = {}
    for one in found:
        days = {BIRTHDAY: one.birthday, ANNIVERSARY: one.years > 0}
        for sort in (sort for sort, due in days.items() if due and sort in heard):
            root = f"{sort}:{day.year}:{one.member_id}"
            years = {"years": one.years} if sort == ANNIVERSARY else {}
            of = ("calendar", one.member_id, 0)
            wanted[root] = Following(operator.id, one.member_id, sort, begins, root, 1, of, years)
    told = {root for (root,) in raw().execute(_TOLD, (list(wanted),))}
    left = [one for root, one in wanted.items() if root not in told]
    return left, found[-1].member_id if len(found) == limit else None


def joining(partner_id: int, member_id: int) -> Following:
    """That a member was enrolled by a partner."""
    at = members.get(counter(partner_id).program.id, member_id).enrolled_at
    return Following(partner_id, member_id, ENROLLED, at, f"{ENROLLED}:{member_id}", 1, ("member", member_id, 0))
