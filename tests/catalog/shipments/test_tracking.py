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
    TERMINAL,
    Logged,
    Scan,
    canonical,
    fingerprint,
    standing,
)
from catalog.shipments.vocabularies import STAGES

START = dt.datetime(2026, 11, 20, 9, tzinfo=dt.UTC)


def at(hours: int) -> dt.datetime:
    return START + dt.timedelta(hours=hours)


def log(*events: tuple[str, dt.datetime]) -> list[Logged]:
    return [Logged(*event) for event in events]


events = st.lists(
    st.builds(
        Logged, st.sampled_from(STAGES), st.integers(0, 30).map(at), st.booleans(), st.sampled_from(["", "a", "b"])
    ),
    max_size=12,
)


@given(events, st.randoms())
def test_shuffled_and_repeated_events_give_the_same_standing(log: list[Logged], chance: Random) -> None:
    shuffled = log + log[: len(log) // 2]
    chance.shuffle(shuffled)

    assert standing(shuffled) == standing(log)


@given(events)
def test_a_terminal_status_is_left_only_for_the_return_leg_or_by_a_delivery(log: list[Logged]) -> None:
    ordered = sorted((event._replace(first_scan=False) for event in log), key=lambda event: event[1])
    for length in range(len(ordered)):
        before, after = standing(ordered[:length]), standing(ordered[: length + 1])
        if before.status in TERMINAL and ordered[length][1] > (before.since or START):
            delivered = before.leg == OUTBOUND and after.status == "delivered"
            assert after == before or delivered or (before.leg, after.leg) == (OUTBOUND, RETURN)


def test_a_late_scan_does_not_undo_a_delivery() -> None:
    now = standing(log(("picked_up", at(0)), ("delivered", at(5)), ("in_transit", at(3)), ("in_transit", at(6))))

    assert (now.status, now.since, now.delivered_at) == ("delivered", at(5), at(5))


def test_a_parcel_that_comes_back_opens_the_return_leg_and_was_delivered_all_the_same() -> None:
    now = standing(log(("delivered", at(5)), ("returning", at(8)), ("delivered", at(20))))

    assert (now.leg, now.status, now.delivered_at) == (RETURN, "returned", at(5))


def test_the_first_scan_is_the_pick_up_where_the_carrier_has_no_word_for_it() -> None:
    first, second = Logged("in_transit", at(1), first_scan=True), Logged("in_transit", at(2), first_scan=True)

    assert standing([Logged("pre_transit", at(0)), first]).status == "picked_up"
    assert standing([second, first]).status == "in_transit"
    assert standing([first, Logged("picked_up", at(0)), second._replace(status="on_hold")]).status == "on_hold"
    assert standing([Logged("in_transit", at(1))]).status == "in_transit"


def test_silence_after_the_last_news_is_ended_by_what_happened_later() -> None:
    quiet = log(("in_transit", at(1)), ("expired", at(1)))

    assert standing(quiet).status == "expired"
    assert standing([*quiet, *log(("picked_up", at(0)))]).status == "expired"
    assert standing([*quiet, *log(("out_for_delivery", at(2)))]).status == "out_for_delivery"
    assert standing(log(("delivered", at(1)), ("expired", at(1)))).status == "delivered"


def test_the_reason_is_that_of_the_event_that_counts() -> None:
    held = Logged("on_hold", at(2), substatus="held", incident="customs_delay", action_required=True)

    now = standing([held, *log(("in_transit", at(1)))])
    freed = standing([held, *log(("in_transit", at(3)))])

    assert (now.substatus, now.incident, now.action_required) == ("held", "customs_delay", True)
    assert (freed.status, freed.incident, freed.action_required) == ("in_transit", "", False)


def test_a_parcel_that_is_sent_back_has_arrived_when_it_is_back() -> None:
    now = standing(log(("in_transit", at(1)), ("delivered", at(9))), RETURN)

    assert (now.leg, now.status, now.delivered_at) == (RETURN, "returned", None)


def test_an_unknown_word_never_hides_a_known_one() -> None:
    assert standing(log(("in_transit", at(1)), ("unknown", at(9)))).status == "in_transit"
    assert standing(log(("unknown", at(9)))).status == "unknown"
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
