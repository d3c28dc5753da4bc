"""Occasions: the calendar and the door tell promotions of birthdays, anniversaries and new members."""

from __future__ import annotations

import datetime as dt

from coalition import programs, purchases
from coalition.kernel import clock, jobs, outbox
from coalition.kernel.db import transact
from coalition.purchases import Following

_CHUNK = 500
_DAYS = 2  # today, and yesterday for who was down at its end


@jobs.handles("purchases.celebrate")
def celebrate(task: jobs.Task) -> None:
    """Record birthdays and anniversaries of today and yesterday, a member a transaction."""
    for program in transact(programs.list_programs):
        today = clock.local_date(clock.now(), program.zone)
        for day in (today - dt.timedelta(days=ago) for ago in reversed(range(_DAYS))):
            _celebrate(task, program.id, day)


@outbox.subscribe("member.enrolled", consumer="purchases.following")
def joined(event: outbox.Event) -> None:
    """Ask promotions about a new member."""
    told = event.payload
    purchases.record_following(purchases.joining(told["partner_id"], told["member_id"]))


def _celebrate(task: jobs.Task, program_id: int, day: dt.date) -> None:
    after: int | None = 0
    while after is not None:
        found, after = task.step(
            lambda after=after: purchases.celebrations(program_id, day, after, _CHUNK)  # type: ignore[misc]
        )
        for one in found:
            task.step(lambda one=one: _record(one))  # type: ignore[misc]


def _record(one: Following) -> None:
    purchases.record_following(one)


jobs.every("purchases.celebrate", 3600, "purchases.celebrate")
