"""Occasions: promotions are told of birthdays, anniversaries, new members, and of friends who have bought."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from functools import partial

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
            _record(task, partial(purchases.celebrations, program.id, day))


@outbox.subscribe("member.enrolled", consumer="purchases.following")
def joined(event: outbox.Event) -> None:
    """Ask promotions about a new member."""
    told = event.payload
    purchases.record_following(purchases.joining(told["partner_id"], told["member_id"]))


@jobs.handles("purchases.referrals")
def complete_referrals(task: jobs.Task) -> None:
    """Record that friends who were brought have bought, a referral a transaction."""
    for program in transact(programs.list_programs):
        _record(task, partial(purchases.completed_referrals, program.id))


def _record(task: jobs.Task, found_after: Callable[[int, int], tuple[list[Following], int | None]]) -> None:
    after: int | None = 0
    while after is not None:
        found, after = task.step(lambda after=after: found_after(after, _CHUNK))  # type: ignore[misc]
        for one in found:
            task.step(lambda one=one: purchases.record_following(one))  # type: ignore[misc]


jobs.every("purchases.celebrate", 3600, "purchases.celebrate")
jobs.every("purchases.referrals", 60, "purchases.referrals")
