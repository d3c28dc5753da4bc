"""A table of dates, case by case: what policies, zones and the calendar make of the moment at which points are earned.

Instants are UTC; what they are in the zone stands beside them. An end is the local midnight after the last usable day.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from coalition import programs
from coalition.programs.calendars import last_day

RIGA = "Europe/Riga"
SYDNEY = "Australia/Sydney"
SAO_PAULO = "America/Sao_Paulo"
BEIRUT = "Asia/Beirut"
HAVANA = "America/Havana"
LORD_HOWE = "Australia/Lord_Howe"
KIRITIMATI = "Pacific/Kiritimati"


def _at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text + "Z")


def _currency(**policies: Any) -> programs.Currency:
    values = {
        "id": 1,
        "program_id": 1,
        "code": "BON",
        "name_en": "bonuses",
        "name_ru": "бонусы",
        "decimals": 0,
        "face_minor": Decimal(1),
        "attribution": "fefo",
        "kind": "bonus",
        "spendable": True,
        "transferable": True,
        "expiry": "never",
        "expiry_n": None,
        "activation_days": 0,
        "activation_event": None,
        "debt_floor": 0,
        "spend_min": 0,
        "spend_step": 1,
        "spend_share_bp": 10_000,
        "spend_day_max": None,
        "spend_group_bp": {},
    }
    return programs.Currency(**{**values, **policies})


ENDS = [
    # policy, term, zone, earned at, ends at
    # -- never, and N days
    ("never", None, RIGA, "2026-11-21T10:00", None),
    ("days", 1, RIGA, "2026-11-21T10:00", "2026-11-22T22:00"),  # through the 22nd
    ("days", 30, RIGA, "2026-01-31T21:59", "2026-03-02T22:00"),  # 23:59 of 31 Jan: through 2 March
    ("days", 30, RIGA, "2026-01-31T22:00", "2026-03-03T22:00"),  # a minute later it is 1 Feb
    ("days", 365, RIGA, "2027-03-01T12:00", "2028-02-29T22:00"),  # a leap year's day more: through 29 Feb
    ("days", 365, RIGA, "2028-02-29T12:00", "2029-02-28T22:00"),
    # -- across both clock changes of Riga (29 Mar and 25 Oct 2026): the end is a local midnight all the same
    ("days", 1, RIGA, "2026-03-28T12:00", "2026-03-29T21:00"),  # the day of 23 hours
    ("days", 7, RIGA, "2026-03-25T12:00", "2026-04-01T21:00"),
    ("days", 1, RIGA, "2026-10-24T12:00", "2026-10-25T22:00"),  # the day of 25 hours
    ("days", 7, RIGA, "2026-10-20T12:00", "2026-10-27T22:00"),
    ("days", 1, RIGA, "2026-10-25T00:30", "2026-10-26T22:00"),  # 03:30, the first of two
    ("days", 1, RIGA, "2026-10-25T01:30", "2026-10-26T22:00"),  # 03:30, the second
    # -- a southern zone changes the other way round (Sydney, 5 Apr and 4 Oct 2026)
    ("days", 1, SYDNEY, "2026-04-04T03:00", "2026-04-05T14:00"),  # back to standard time
    ("days", 1, SYDNEY, "2026-10-03T03:00", "2026-10-04T13:00"),  # into summer time
    ("month_end", 6, SYDNEY, "2026-03-31T12:59", "2026-09-30T14:00"),  # 23:59 of 31 March
    ("month_end", 6, SYDNEY, "2026-03-31T13:00", "2026-10-31T13:00"),  # 1 April: October, in summer time
    ("days", 1, LORD_HOWE, "2026-04-04T03:00", "2026-04-05T13:30"),  # half an hour back
    # -- no midnight: clocks jump from 00:00 to 01:00, and the day begins at the jump
    ("days", 1, SAO_PAULO, "2018-11-02T12:00", "2018-11-04T03:00"),  # 4 Nov 2018 began at 01:00
    ("days", 2, SAO_PAULO, "2018-11-02T12:00", "2018-11-05T02:00"),
    ("days", 1, BEIRUT, "2022-03-25T12:00", "2022-03-26T22:00"),  # 27 March 2022 began at 01:00
    ("month_end", 1, BEIRUT, "2022-02-15T12:00", "2022-03-31T21:00"),
    # -- midnight twice: the day begins with the first
    ("days", 1, SAO_PAULO, "2018-02-16T12:00", "2018-02-18T03:00"),  # 17 Feb 2018 had 25 hours, its last one twice
    ("days", 1, HAVANA, "2025-10-31T12:00", "2025-11-02T04:00"),  # 2 Nov 2025 had 00:00 to 01:00 twice
    # -- a day that the calendar begins before anybody else
    ("month_end", 1, KIRITIMATI, "2026-12-31T09:59", "2027-01-31T10:00"),
    ("month_end", 1, KIRITIMATI, "2026-12-31T10:00", "2027-02-28T10:00"),  # already 2027 there
    # -- N months, to the end of the month
    ("month_end", 1, RIGA, "2026-01-31T10:00", "2026-02-28T22:00"),
    ("month_end", 1, RIGA, "2028-01-31T10:00", "2028-02-29T22:00"),  # leap
    ("month_end", 1, RIGA, "2026-02-28T10:00", "2026-03-31T21:00"),  # in summer time
    ("month_end", 12, RIGA, "2026-11-21T10:00", "2027-11-30T22:00"),
    ("month_end", 12, RIGA, "2028-02-29T10:00", "2029-02-28T22:00"),
    ("month_end", 12, RIGA, "2027-02-28T10:00", "2028-02-29T22:00"),
    ("month_end", 2, RIGA, "2026-12-31T21:59", "2027-02-28T22:00"),  # 23:59 of the year's last day
    ("month_end", 2, RIGA, "2026-12-31T22:00", "2027-03-31T21:00"),  # midnight: the next year's first month
    ("month_end", 120, RIGA, "2026-11-21T10:00", "2036-11-30T22:00"),
    # -- N months, to the end of the year
    ("year_end", 1, RIGA, "2026-11-30T10:00", "2026-12-31T22:00"),
    ("year_end", 1, RIGA, "2026-12-01T10:00", "2027-12-31T22:00"),
    ("year_end", 12, RIGA, "2026-12-31T21:59", "2027-12-31T22:00"),
    ("year_end", 12, RIGA, "2026-12-31T22:00", "2028-12-31T22:00"),
    ("year_end", 1, SYDNEY, "2026-11-15T10:00", "2026-12-31T13:00"),
]


@pytest.mark.parametrize(("expiry", "term", "zone", "earned", "ends"), ENDS)
def test_points_end_at_the_midnight_after_their_last_day(
    expiry: str, term: int | None, zone: str, earned: str, ends: str | None
) -> None:
    born = programs.birth(_currency(expiry=expiry, expiry_n=term), _at(earned), zone)

    assert born == programs.Birth(None, _at(ends) if ends else None, None)


@pytest.mark.parametrize(
    ("term", "zone", "moved", "ends"),
    [
        (1, RIGA, "2026-01-31T10:00", "2026-02-28T22:00"),  # 31 Jan and a month: the last of February
        (1, RIGA, "2028-01-31T10:00", "2028-02-29T22:00"),
        (1, RIGA, "2026-01-28T10:00", "2026-02-28T22:00"),
        (6, RIGA, "2026-01-15T10:00", "2026-07-15T21:00"),  # into summer time
        (12, RIGA, "2028-02-29T10:00", "2029-02-28T22:00"),
        (3, SAO_PAULO, "2018-08-03T12:00", "2018-11-04T03:00"),  # the day without a midnight
    ],
)
def test_idle_points_end_so_many_months_after_the_last_movement(term: int, zone: str, moved: str, ends: str) -> None:
    born = programs.birth(_currency(expiry="inactivity", expiry_n=term), _at(moved), zone)

    assert born == programs.Birth(None, None, _at(ends))


@pytest.mark.parametrize(
    ("days", "zone", "earned", "active"),
    [
        (0, RIGA, "2026-11-21T10:00", None),
        (1, RIGA, "2026-11-21T21:59", "2026-11-21T22:00"),  # a minute before midnight
        (1, RIGA, "2026-11-21T22:00", "2026-11-22T22:00"),
        (14, RIGA, "2028-02-15T10:00", "2028-02-28T22:00"),  # the 29th
        (14, RIGA, "2027-02-15T10:00", "2027-02-28T22:00"),  # the 1st of March
        (1, RIGA, "2026-03-28T10:00", "2026-03-28T22:00"),
        (2, RIGA, "2026-03-28T10:00", "2026-03-29T21:00"),  # after the day of 23 hours
        (1, RIGA, "2026-10-25T10:00", "2026-10-25T22:00"),  # after the day of 25
        (2, SAO_PAULO, "2018-11-02T12:00", "2018-11-04T03:00"),  # active at the jump
    ],
)
def test_points_become_usable_at_the_beginning_of_a_day(days: int, zone: str, earned: str, active: str | None) -> None:
    born = programs.birth(_currency(activation_days=days), _at(earned), zone)

    assert born.active_at == (_at(active) if active else None)


@pytest.mark.parametrize(
    ("event", "happened", "active", "ends"),
    [
        ("order.delivered", "2026-12-05T10:00", "2026-12-18T22:00", "2027-12-31T22:00"),  # both count from delivery
        ("order.delivered", "2026-12-31T22:30", "2027-01-14T22:00", "2028-01-31T22:00"),  # delivered on New Year's Day
        ("order.delivered", None, "2026-12-03T22:00", "2027-11-30T22:00"),  # not told: from the purchase
        (None, "2026-12-05T10:00", "2026-12-03T22:00", "2027-11-30T22:00"),  # this currency waits for nothing
    ],
)
def test_an_event_such_as_a_delivery_begins_the_terms_of_a_currency_that_names_one(
    event: str | None, happened: str | None, active: str, ends: str
) -> None:
    currency = _currency(expiry="month_end", expiry_n=12, activation_days=14, activation_event=event)

    born = programs.birth(currency, _at("2026-11-20T09:30"), RIGA, event_at=_at(happened) if happened else None)

    assert born == programs.Birth(_at(active), _at(ends), None)


def test_a_promo_account_has_an_end_of_its_own_and_the_currencys_activation() -> None:
    account = programs.PromoAccount(1, 1, 1, "wine", "wine", "вино", (), (), (), 10_000, None, "days", 30, 0)
    plain = programs.PromoAccount(1, 1, 1, "wine", "wine", "вино", (), (), (), 10_000, None, None, None, 0)
    currency = _currency(expiry="month_end", expiry_n=12, activation_days=1)

    ends = [programs.birth(currency, _at("2026-11-21T10:00"), RIGA, promo=one) for one in (account, plain, None)]

    assert [one.expires_at for one in ends] == [
        _at("2026-12-21T22:00"),
        _at("2027-11-30T22:00"),
        _at("2027-11-30T22:00"),
    ]
    assert {one.active_at for one in ends} == {_at("2026-11-21T22:00")}


@pytest.mark.parametrize(
    ("months", "zone", "at", "since", "until"),
    [
        # -- the calendar year
        (None, RIGA, "2026-06-15T10:00", "2025-12-31T22:00", "2026-12-31T22:00"),
        (None, RIGA, "2026-12-31T21:59", "2025-12-31T22:00", "2026-12-31T22:00"),
        (None, RIGA, "2026-12-31T22:00", "2026-12-31T22:00", "2027-12-31T22:00"),
        (None, SYDNEY, "2026-12-31T13:00", "2026-12-31T13:00", "2027-12-31T13:00"),
        (None, KIRITIMATI, "2026-12-31T10:00", "2026-12-31T10:00", "2027-12-31T10:00"),
        # -- the last N months, the day of `at` in full
        (12, RIGA, "2026-11-25T10:00", "2025-11-25T22:00", "2026-11-25T22:00"),
        (12, RIGA, "2028-02-29T10:00", "2027-02-28T22:00", "2028-02-29T22:00"),  # 28 Feb 2027 is over
        (12, RIGA, "2029-02-28T10:00", "2028-02-28T22:00", "2029-02-28T22:00"),  # 29 Feb 2028 still counts
        (1, RIGA, "2026-03-31T10:00", "2026-02-28T22:00", "2026-03-31T21:00"),  # the whole of March
        (3, RIGA, "2026-05-31T10:00", "2026-02-28T22:00", "2026-05-31T21:00"),
        (6, RIGA, "2026-10-25T10:00", "2026-04-25T21:00", "2026-10-25T22:00"),  # ends with the day of 25 hours
        (1, SAO_PAULO, "2018-12-03T12:00", "2018-11-04T03:00", "2018-12-04T02:00"),  # begins with the jump
    ],
)
def test_a_tier_is_earned_in_a_period_of_whole_days(
    months: int | None, zone: str, at: str, since: str, until: str
) -> None:
    assert programs.tier_period(months, _at(at), zone) == (_at(since), _at(until))


@pytest.mark.parametrize("zone", [RIGA, SYDNEY, SAO_PAULO, BEIRUT, HAVANA, LORD_HOWE, KIRITIMATI])
@pytest.mark.parametrize("expiry", ["days", "month_end", "year_end"])
def test_every_day_of_four_years_ends_at_the_first_instant_of_the_day_after_its_last(zone: str, expiry: str) -> None:
    currency, tick = _currency(expiry=expiry, expiry_n=1), dt.timedelta(microseconds=1)

    for number in range(4 * 366):
        noon = dt.datetime(2017, 1, 1, 12, tzinfo=ZoneInfo(zone)) + dt.timedelta(days=number)
        last = last_day(expiry, 1, noon.date())

        ends_at = programs.birth(currency, noon.astimezone(dt.UTC), zone).expires_at

        assert ends_at is not None
        assert (ends_at - tick).astimezone(ZoneInfo(zone)).date() == last
        assert ends_at.astimezone(ZoneInfo(zone)).date() > last


@pytest.mark.parametrize(("expiry", "term"), [("never", 5), ("never", None), ("days", None), ("year_end", None)])
def test_without_a_term_there_is_no_last_day(expiry: str, term: int | None) -> None:
    assert last_day(expiry, term, dt.date(2026, 11, 21)) is None
