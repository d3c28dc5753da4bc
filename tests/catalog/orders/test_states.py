"""The state machines: what is allowed, what follows from what, and that the database knows the same."""

from __future__ import annotations

import itertools

import pytest
from flask import Flask

from catalog.orders.states import CONSIGNMENT, FAILED, MACHINES, ORDER, UNDECIDED, order_state, path, transitions
from coalition.kernel.db import fetch_all


def test_the_database_allows_exactly_the_listed_changes(app: Flask) -> None:
    rows = fetch_all("SELECT machine, from_state, to_state FROM order_transition")

    assert {tuple(row) for row in rows} == set(transitions())


@pytest.mark.parametrize(
    ("consignments", "expected"),
    [
        (["new"], "placing"),
        (["confirming", "in_doubt"], "placing"),
        (["confirmed", "in_doubt"], "placed"),
        (["confirmed", "rejected"], "placed"),
        (["preparing", "confirming"], "in_progress"),
        (["delivered", "confirmed"], "in_progress"),
        (["delivered", "rejected"], "completed"),
        (["delivered", "delivered"], "completed"),
        (["rejected", "rejected"], "rejected"),
        (["cancelled", "rejected"], "cancelled"),
        (["cancelled"], "cancelled"),
    ],
)
def test_an_orders_state_follows_from_its_consignments(consignments: list[str], expected: str) -> None:
    assert order_state(consignments) == expected


def test_whatever_a_consignment_does_next_its_order_can_follow() -> None:
    states = list(CONSIGNMENT)
    for before in itertools.product(states, repeat=2):
        if not _reachable(before):
            continue
        for which in (0, 1):
            for following in CONSIGNMENT[before[which]]:
                after = [*before]
                after[which] = following
                assert path("order", order_state(before), order_state(after)) is not None, (before, after)


def test_every_order_ends_with_all_points_captured_or_released() -> None:
    for machine in MACHINES.values():
        for ends in (state for state, targets in machine.items() if not targets):
            assert ends in {"delivered", "completed", *FAILED}
    assert not UNDECIDED & FAILED
    assert set(ORDER) - {""} == {"placing", "placed", "in_progress", "completed", "rejected", "cancelled"}


def test_news_that_skips_a_stage_passes_it_on_the_way() -> None:
    assert path("consignment", "confirmed", "delivered") == ("preparing", "shipped", "delivered")
    assert path("consignment", "partially_shipped", "shipped") == ("shipped",)


def test_late_and_repeated_news_lead_nowhere() -> None:
    assert path("consignment", "delivered", "shipped") is None
    assert path("consignment", "rejected", "delivered") is None
    assert path("consignment", "shipped", "shipped") == ()


def _reachable(pair: tuple[str, ...]) -> bool:
    """Cancelling takes all consignments at once, before any supplier was asked."""
    return "cancelled" not in pair or set(pair) <= {"cancelled", "new"}
