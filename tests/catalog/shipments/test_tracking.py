"""Where a parcel is follows from the set of its events, never from the order in which they came."""

from __future__ import annotations

import datetime as dt
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.shipments.tracking import (
    OUTBOUND,
    RETURN,
    STAGES,
    TERMINAL,
    Scan,
    canonical,
    fingerprint,
    standing,
)

START = dt.datetime(2026, 11, 20, 9, tzinfo=dt.UTC)


def at(hours: int) -> dt.datetime:
    return START + dt.timedelta(hours=hours)


events = st.lists(st.tuples(st.sampled_from(STAGES), st.integers(0, 30).map(at)), max_size=12)


@given(events, st.randoms())
def test_shuffled_and_repeated_events_give_the_same_standing(
    log: list[tuple[str, dt.datetime]], chance: Random
) -> None:
    shuffled = log + log[: len(log) // 2]
    chance.shuffle(shuffled)

    assert standing(shuffled) == standing(log)


@given(events)
def test_a_terminal_status_is_left_only_for_the_return_leg_or_by_a_delivery(log: list[tuple[str, dt.datetime]]) -> None:
    ordered = sorted(log, key=lambda event: event[1])
    for length in range(len(ordered)):
        before, after = standing(ordered[:length]), standing(ordered[: length + 1])
        if before.status in TERMINAL and ordered[length][1] > (before.since or START):
            delivered = before.leg == OUTBOUND and after.status == "delivered"
            assert after == before or delivered or (before.leg, after.leg) == (OUTBOUND, RETURN)


def test_a_late_scan_does_not_undo_a_delivery() -> None:
    log = [("picked_up", at(0)), ("delivered", at(5)), ("in_transit", at(3)), ("in_transit", at(6))]

    now = standing(log)

    assert (now.status, now.since, now.delivered_at) == ("delivered", at(5), at(5))


def test_a_parcel_that_comes_back_opens_the_return_leg_and_was_delivered_all_the_same() -> None:
    now = standing([("delivered", at(5)), ("returning", at(8)), ("delivered", at(20))])

    assert (now.leg, now.status, now.delivered_at) == (RETURN, "returned", at(5))


def test_an_unknown_word_never_hides_a_known_one() -> None:
    assert standing([("in_transit", at(1)), ("unknown", at(9))]).status == "in_transit"
    assert standing([("unknown", at(9))]).status == "unknown"
    assert standing([]).since is None


@pytest.mark.parametrize(
    ("raw", "ours"),
    [
        ("picked_up", "picked_up"),
        ("in_transit", "in_transit"),
        ("InTransit", "in_transit"),
        ("TRANSIT", "in_transit"),
        ("OutForDelivery", "out_for_delivery"),
        ("out_for_delivery", "out_for_delivery"),
        ("AvailableForPickup", "available_for_pickup"),
        ("AttemptFail", "attempt_failed"),
        ("Delivered", "delivered"),
        ("return_to_sender", "returning"),
        ("failure", "failed"),
        ("OrderDelivered", "delivered"),
        ("InfoReceived", "pre_transit"),
        ("on its way somehow", "unknown"),
    ],
)
def test_carriers_words_become_ours(raw: str, ours: str) -> None:
    assert canonical(raw) == ours


def test_the_same_event_told_twice_has_one_fingerprint() -> None:
    riga = dt.timezone(dt.timedelta(hours=2))

    once = fingerprint(Scan("delivered", at(5), "Delivered", "Riga"))
    twice = fingerprint(Scan("delivered", at(5).astimezone(riga), "Handed over", "Riga"))

    assert once == twice
    assert once != fingerprint(Scan("delivered", at(6), "Delivered", "Riga"))
