"""When a delivery is tried again: growing pauses, three days, and nobody is hammered."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from coalition.partners.webhooks.schedule import PATIENCE, next_attempt, probing, rest_until

NOW = dt.datetime(2026, 11, 20, 9, 30, tzinfo=dt.UTC)


@given(st.integers(0, 2**31))
def test_an_endpoint_that_never_answers_is_tried_for_three_days_to_the_end(seed: int) -> None:
    at, attempts, times = NOW, 0, [NOW]

    while (following := next_attempt(attempts + 1, at, NOW + PATIENCE, seed)) is not None:
        at, attempts = following, attempts + 1
        times.append(at)

    pauses = [(after - before).total_seconds() for before, after in pairwise(times)]
    assert times[-1] == NOW + PATIENCE
    assert 12 <= len(times) <= 20
    assert pauses[0] >= 5
    assert all(later >= earlier for earlier, later in pairwise(pauses[:9]))


def test_a_retry_after_is_followed_up_to_an_hour() -> None:
    end = NOW + PATIENCE

    assert next_attempt(1, NOW, end, 0, asked_s=300) == NOW + dt.timedelta(seconds=300)
    assert next_attempt(1, NOW, end, 0, asked_s=86_400) == NOW + dt.timedelta(hours=1)
    assert next_attempt(1, NOW, end, 0, asked_s=0) == NOW + dt.timedelta(seconds=5)


def test_an_endpoint_rests_longer_the_longer_it_fails_and_never_more_than_ten_minutes() -> None:
    rests = [rest_until(failures, NOW) for failures in range(1, 40)]

    assert rests[:4] == [None] * 4
    assert rests[4] == NOW + dt.timedelta(seconds=10)
    assert max(rest for rest in rests if rest) == NOW + dt.timedelta(minutes=10)
    assert [probing(failures) for failures in (0, 4, 5)] == [False, False, True]
