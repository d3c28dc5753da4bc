"""Followers: every event once, in order, many at a time; what cannot be taken stands aside; nobody reads too far."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence

import pytest
from flask import Flask

from coalition.kernel import following, jobs, outbox
from coalition.kernel.db import execute, fetch_all, transact

seen: list[list[int]] = []


def _take(events: Sequence[outbox.Event]) -> None:
    if any(event.payload.get("poison") for event in events):
        raise KeyError("no such thing")
    seen.append([event.payload["n"] for event in events])


@pytest.fixture
def follower(app: Flask) -> Iterator[None]:
    following.follow("test", lambda: {"test.followed"}, _take)
    seen.clear()
    yield
    del following._followers["test"]


def _publish(*numbers: int, poison: int = 0) -> None:
    def work() -> None:
        for n in numbers:
            outbox.publish("test.followed", {"n": n, "poison": n == poison}, key="a")

    transact(work)


def test_events_are_taken_in_order_and_together(follower: None) -> None:
    _publish(1, 2, 3)
    _publish(4)

    jobs.run_due()
    jobs.run_due()

    assert seen == [[1, 2, 3, 4]]
    assert fetch_all("SELECT FROM outbox_line") == []


def test_one_that_cannot_be_taken_stands_aside_and_holds_nobody_up(follower: None) -> None:
    _publish(1, 2, 3, poison=2)

    jobs.run_due()
    _publish(4)
    jobs.run_due()

    assert [one for chunk in seen for one in chunk] == [1, 3, 4]
    ((error,),) = fetch_all("SELECT error FROM outbox_line")
    assert "KeyError" in error


def test_nothing_behind_an_event_that_is_not_handed_over_yet_is_taken(follower: None) -> None:
    _publish(1, 2)
    first = fetch_all("SELECT id FROM outbox WHERE delivered_at IS NULL ORDER BY id")[0].id
    outbox.relay()
    transact(lambda: execute("UPDATE outbox SET delivered_at = NULL WHERE id = :id", {"id": first}))
    transact(lambda: execute("DELETE FROM outbox_line WHERE event_id = :id", {"id": first}))

    task = transact(jobs.queue.claim)
    assert task is not None
    with pytest.raises(jobs.Retry):
        following.serve(task)
    assert seen == []

    jobs.run_due()
    assert [one for chunk in seen for one in chunk] == [1, 2]


def test_what_waits_behind_an_event_that_nobody_follows_is_taken_when_that_one_is_handed_over(follower: None) -> None:
    transact(lambda: outbox.publish("test.other", {}, key="a"))
    _publish(1)
    outbox.relay()
    transact(lambda: execute("UPDATE outbox SET delivered_at = NULL WHERE kind = 'test.other'"))
    task = transact(jobs.queue.claim)
    assert task is not None

    with pytest.raises(jobs.Retry):
        following.serve(task)
    transact(lambda: jobs.queue.put_back(task, 0, "", failed=False))
    jobs.run_due()

    assert seen == [[1]]


def test_heavy_events_are_taken_a_few_at_a_time(follower: None) -> None:
    def work() -> None:
        for n in range(1, 6):
            outbox.publish("test.followed", {"n": n, "numbers": secrets.token_urlsafe(75_000)}, key="a")

    transact(work)
    jobs.run_due()

    assert seen == [[1, 2], [3, 4], [5]]
