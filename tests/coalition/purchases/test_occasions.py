"""Birthdays, anniversaries and joining: events that nobody sends, and that promotions are asked about all the same."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from flask import Flask

from coalition import ledger, members, programs, promotions, purchases
from coalition.kernel import clock, jobs
from coalition.kernel.db import execute, fetch_all, fetch_one
from coalition.kernel.errors import Invalid
from coalition.kernel.laws import offending
from tests.coalition.members.builders import an_enrolment
from tests.coalition.promotions.publishing.builders import ACTOR, a_credit, a_document
from tests.coalition.purchases.builders import Shop, a_shop

BIRTHDAY, ANNIVERSARY, ENROLLED = "calendar.birthday", "calendar.anniversary", "member.enrolled"


@pytest.fixture
def shop(app: Flask) -> Shop:
    return a_shop()


def _publish(shop: Shop, sort: str, **facts: Any) -> None:
    """A promotion of 50 points for such an event; a program's first one counts for its past, too."""
    document = a_document("gift", a_credit("fixed", points=50), events=[sort], **facts)
    promotions.publish(shop.program.id, [document], actor=ACTOR)


def _born(shop: Shop, day: dt.date | None, joined: dt.date | None = None) -> int:
    told = {"birth_date": day.replace(year=1988)} if day else {}
    member, _ = members.enrol(shop.program.id, shop.partner.id, an_enrolment(f"B-{day}-{joined}", **told))
    if joined:
        at = clock.start_of_day(joined, shop.program.zone) + dt.timedelta(hours=12)
        execute("UPDATE member SET enrolled_at = :at WHERE id = :id", {"at": at, "id": member.id})
    return member.id


def _points(shop: Shop, member_id: int) -> int:
    return sum(one.available for one in ledger.balances(shop.program.id, member_id))


def _celebrate(shop: Shop, day: dt.date) -> None:
    after: int | None = 0
    while after is not None:
        found, after = purchases.celebrations(shop.program.id, day, after, 1)
        for one in found:
            purchases.record_following(one)


def _today(shop: Shop) -> dt.date:
    return clock.local_date(clock.now(), shop.program.zone)


def test_a_birthday_is_an_event_of_the_operator_once_a_year(shop: Shop) -> None:
    _publish(shop, BIRTHDAY)
    today = _today(shop)
    born, another = _born(shop, today), _born(shop, today - dt.timedelta(days=5))

    for _ in range(2):
        jobs.enqueue("purchases.celebrate", {})
        jobs.run_due()

    assert (_points(shop, born), _points(shop, another)) == (50, 0)
    (event,) = fetch_all("SELECT e.type, e.member_id, p.kind FROM event e JOIN partner p ON p.id = e.partner_id")
    assert (event.type, event.member_id, event.kind) == (BIRTHDAY, born, "operator")
    assert [law.code for law in (*purchases.laws(), *ledger.laws()) if offending(law)] == []


def test_who_moves_the_birthday_has_no_second_one_in_the_year(shop: Shop) -> None:
    _publish(shop, BIRTHDAY)
    today = _today(shop)
    born = _born(shop, today - dt.timedelta(days=1))

    for day in (today - dt.timedelta(days=1), today):
        _celebrate(shop, day)
        members.amend(shop.program.id, shop.partner.id, born, {"birth_date": today.replace(year=1988)})

    years = {(today - dt.timedelta(days=ago)).year for ago in range(2)}
    assert _points(shop, born) == 50 * len(years)


@pytest.mark.parametrize(("day", "celebrates"), [("2027-02-28", True), ("2028-02-28", False), ("2028-02-29", True)])
def test_a_leap_day_is_celebrated_on_the_28th_of_other_years(shop: Shop, day: str, celebrates: bool) -> None:
    born = _born(shop, dt.date(1988, 2, 29), joined=dt.date(2026, 1, 1))

    found = members.celebrants(shop.program.id, shop.program.zone, dt.date.fromisoformat(day), 0, 10)

    assert [one.member_id for one in found] == ([born] if celebrates else [])


def test_an_anniversary_says_how_many_years_it_is(shop: Shop) -> None:
    _publish(shop, ANNIVERSARY, when={"f": "payload.years", "op": "gte", "v": 2})
    today = _today(shop)
    first, second = (_born(shop, None, joined=today.replace(year=today.year - years, day=28)) for years in (1, 2))
    new = _born(shop, None, joined=today.replace(day=28))

    _celebrate(shop, today.replace(day=28))

    assert [_points(shop, one) for one in (first, second, new)] == [0, 50, 0]


def test_joining_is_an_event_of_who_enrolled_the_member(shop: Shop) -> None:
    _publish(shop, ENROLLED)
    born = _born(shop, None)

    jobs.run_due()

    assert _points(shop, born) == 50
    (reason,) = fetch_all("SELECT e.partner_id, e.type FROM event e WHERE e.member_id = :id", {"id": born})
    assert (reason.partner_id, reason.type) == (shop.partner.id, ENROLLED)


def test_what_is_published_in_the_course_of_a_day_is_for_tomorrow(shop: Shop) -> None:
    promotions.publish(shop.program.id, [a_document()], actor=ACTOR)
    born = _born(shop, _today(shop))
    _publish(shop, BIRTHDAY)

    _celebrate(shop, _today(shop))

    assert _points(shop, born) == 0


def test_nobody_listens_and_nothing_is_recorded(shop: Shop) -> None:
    _born(shop, _today(shop))

    jobs.enqueue("purchases.celebrate", {})
    jobs.run_due()

    assert fetch_one("SELECT count(*) AS n FROM event").n == 0


@pytest.mark.parametrize("sort", [BIRTHDAY, ENROLLED, "tier.changed"])
def test_a_program_in_its_sunset_gives_nothing_for_what_happens_by_itself(shop: Shop, sort: str) -> None:
    _publish(shop, sort)
    born = _born(shop, _today(shop))
    programs.move(shop.program.id, "sunset", ends_on=_today(shop) + dt.timedelta(days=30))

    one = purchases.Following(shop.partner.id, born, sort, clock.now(), f"{sort}:{born}", 1, ("member", born, 0))

    assert purchases.record_following(one) is None
    assert _points(shop, born) == 0


@pytest.mark.parametrize("sort", [BIRTHDAY, ANNIVERSARY, ENROLLED])
def test_partners_do_not_tell_what_the_calendar_tells(sort: str) -> None:
    body = {"external_id": "E1", "type": sort, "occurred_at": "2026-11-20T09:30:00Z"}

    with pytest.raises(Invalid) as refused:
        purchases.read_event({**body, "member": {"kind": "card", "value": "1"}})

    assert [one.pointer for one in refused.value.errors] == ["/type"]
