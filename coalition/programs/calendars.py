"""The one place that turns policies into dates. Pure: business days are days of the zone that the caller names.

A term counts from the business day on which points were earned or, for a currency with an activation event, on which
that event happened (a delivery, say). The last usable day counts in full: an end is the local midnight after it.
Months keep the day, or take the last one of a shorter month. No clock is read here.
"""

from __future__ import annotations

import datetime as dt
from functools import lru_cache

from coalition.kernel import clock
from coalition.programs.types import Birth, Currency, PromoAccount


def birth(
    of: Currency,
    earned_at: dt.datetime,
    zone: str,
    *,
    event_at: dt.datetime | None = None,
    promo: PromoAccount | None = None,
) -> Birth:
    """When points earned at `earned_at` can be spent and when they end. Cached by policy and business day.

    `event_at` counts only for a currency that names an activation event. `promo`: the account whose own expiry, if it
    has one, goes before the currency's.
    """
    begins = event_at if of.activation_event and event_at else earned_at
    expiry, term = (promo.expiry, promo.expiry_n) if promo and promo.expiry else (of.expiry, of.expiry_n)
    return _birth(expiry, term, of.activation_days, clock.local_date(begins, zone), zone)


def last_day(expiry: str, term: int | None, begins_on: dt.date) -> dt.date | None:
    """The last usable day under an expiry policy whose term begins on a day; None: there is none."""
    if expiry == "never" or term is None:
        return None
    if expiry == "days":
        return begins_on + dt.timedelta(days=term)
    on = clock.add_months(begins_on, term)
    if expiry == "month_end":
        return clock.end_of_month(on)
    return on.replace(month=12, day=31) if expiry == "year_end" else on


def tier_period(months: int | None, at: dt.datetime, zone: str) -> tuple[dt.datetime, dt.datetime]:
    """The qualifying period in which `at` falls, as [since, until): the calendar year, or the last N months.

    `months` None is the calendar year of the zone. A rolling period of N months ends with the business day of `at`
    and begins with the day after the same day N months before.
    """
    day = clock.local_date(at, zone)
    if months is None:
        first, after = day.replace(month=1, day=1), dt.date(day.year + 1, 1, 1)
    else:
        first, after = clock.add_months(day, -months) + dt.timedelta(days=1), day + dt.timedelta(days=1)
    return clock.start_of_day(first, zone), clock.start_of_day(after, zone)


@lru_cache(maxsize=4096)
def _birth(expiry: str, term: int | None, activation_days: int, day: dt.date, zone: str) -> Birth:
    active_at = clock.start_of_day(day + dt.timedelta(days=activation_days), zone) if activation_days else None
    last = last_day(expiry, term, day)
    ends_at = clock.end_of_last_day(last, zone) if last else None
    return Birth(active_at, None, ends_at) if expiry == "inactivity" else Birth(active_at, ends_at, None)
