"""What a rate lets through when processes take shares of it."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st
from limits import RateLimitItemPerHour, RateLimitItemPerSecond
from limits.storage import MemoryStorage

from coalition.api.sharing import SharedOut


class Counted(MemoryStorage):
    """The common count, and how often it was asked."""

    asked = 0

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        self.asked += 1
        return super().incr(key, expiry, amount)


def let_through(processes: Sequence[SharedOut], amount: int, turns: Sequence[int], cost: int = 1) -> int:
    rate = RateLimitItemPerHour(amount)
    return sum(cost for turn in turns if processes[turn % len(processes)].hit(rate, "client", cost=cost))


@given(st.integers(1, 1_999), st.lists(st.integers(0, 3), min_size=1, max_size=60))
def test_a_low_rate_is_kept_to_the_request(amount: int, turns: list[int]) -> None:
    store = Counted()
    processes = [SharedOut(store) for _ in range(4)]

    assert let_through(processes, min(amount, 40), turns) == min(amount, 40, len(turns))
    assert store.asked == len(turns)


@given(st.integers(2_000, 9_999), st.randoms(use_true_random=False))
def test_a_high_rate_is_never_exceeded_and_falls_short_by_a_share_a_process(amount: int, dice: object) -> None:
    store = Counted()
    processes = [SharedOut(store) for _ in range(3)]
    turns = [dice.randrange(3) for _ in range(amount + 200)]  # type: ignore[attr-defined]

    through = let_through(processes, amount, turns)

    assert amount - 3 * (amount // 1_000) <= through <= amount


@pytest.mark.parametrize("cost", [1, 2, 7, 500])
def test_what_a_request_costs_is_counted(cost: int) -> None:
    through = let_through([SharedOut(Counted())], 18_000, [0] * 18_001, cost)

    assert 18_000 - 18 - cost < through <= 18_000


def test_the_common_count_is_asked_once_a_share() -> None:
    store = Counted()

    assert let_through([SharedOut(store)], 18_000, [0] * 1_800) == 1_800
    assert store.asked == 100


def test_a_client_has_shares_of_its_own() -> None:
    sharing = SharedOut(Counted())
    rate = RateLimitItemPerHour(2_000)

    assert [sharing.hit(rate, "a", cost=2_000), sharing.hit(rate, "b"), sharing.hit(rate, "a")] == [True, True, False]


def test_a_share_ends_with_the_window(monkeypatch: pytest.MonkeyPatch) -> None:
    store = Counted()
    sharing, rate, at = SharedOut(store), RateLimitItemPerSecond(50_000), [0.0]
    monkeypatch.setattr("coalition.api.sharing.time.monotonic", lambda: at[0])

    assert sharing.hit(rate, "a") and sharing.hit(rate, "a")
    assert store.asked == 1
    at[0] = 1.5
    assert sharing.hit(rate, "a")
    assert store.asked == 2


def test_threads_give_out_no_more_than_was_taken() -> None:
    sharing, rate, through = SharedOut(MemoryStorage()), RateLimitItemPerHour(20_000), list[bool]()
    threads = [Thread(target=lambda: through.extend(sharing.hit(rate, "a") for _ in range(3_000))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(through) == 20_000
