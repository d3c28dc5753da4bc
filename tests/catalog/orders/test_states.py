"""The state machines: what is allowed, what follows from what, and that the database knows the same."""

from __future__ import annotations

import pytest
from flask import Flask

from catalog.orders.states import (
    CONSIGNMENT,
    FAILED,
    ORDER,
    UNDECIDED,
    order_state,
    partly,
    path,
    transitions,
)
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
        (["released", "rejected"], "cancelled"),
        (["issued"], "in_progress"),
        (["closed", "rejected"], "completed"),
    ],
)
def test_an_orders_state_follows_from_its_consignments(consignments: list[str], expected: str) -> None:
    assert order_state(consignments) == expected


def test_whatever_the_consignments_do_their_order_can_follow() -> None:
    """Every story of two consignments, each of them anywhere, from the order's birth on."""
    waiting = [("new", "new", "placing")]
    seen = set(waiting)
    while waiting:
        *before, order = waiting.pop()
        for which in (0, 1):
            for following in CONSIGNMENT[before[which]]:
                after = [*before]
                after[which] = following
                goal = order_state(after, order)
                assert path("order", order, goal) is not None, (before, after, order, goal)
                story = (after[0], after[1], goal)
                if story not in seen:
                    seen.add(story)
                    waiting.append(story)
    assert len(seen) > len(CONSIGNMENT) ** 2 / 2


def test_an_order_never_goes_back() -> None:
    assert order_state(["confirmed", "cancelled"], "in_progress") == "in_progress"
    assert order_state(["cancel_requested"], "in_progress") == "in_progress"


def test_every_consignment_ends_with_all_points_captured_or_given_back() -> None:
    ends = {state for state, targets in CONSIGNMENT.items() if not targets}

    assert ends == {"closed", *FAILED}
    assert not UNDECIDED & FAILED
    assert {state for state, targets in ORDER.items() if not targets} == {"completed", "rejected", "cancelled"}


@pytest.mark.parametrize(
    ("consignments", "expected"),
    [
        (["confirmed"], None),
        (["confirmed", "new"], "partially_confirmed"),
        (["shipped", "confirmed"], "partially_shipped"),
        (["partially_shipped"], "partially_shipped"),
        (["delivered", "shipped"], "partially_delivered"),
        (["delivered", "closed"], None),
        (["confirmed", "rejected"], "partially_cancelled"),
    ],
)
def test_what_is_true_of_a_part_only_is_computed_too(consignments: list[str], expected: str | None) -> None:
    assert partly(consignments) == expected


def test_news_that_skips_a_stage_passes_it_on_the_way() -> None:
    assert path("consignment", "confirmed", "delivered") == ("preparing", "shipped", "delivered")
    assert path("consignment", "partially_shipped", "shipped") == ("shipped",)


def test_late_and_repeated_news_lead_nowhere() -> None:
    assert path("consignment", "delivered", "shipped") is None
    assert path("consignment", "rejected", "delivered") is None
    assert path("consignment", "shipped", "shipped") == ()
