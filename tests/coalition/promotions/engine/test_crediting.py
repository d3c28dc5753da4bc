"""On what is earned, and what counts towards a tier: prices without VAT, points beside points."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalition.kernel.errors import Invalid
from coalition.promotions import engine
from coalition.promotions.engine import settings
from tests.coalition.promotions.engine.builders import (
    PROGRAM,
    a_credit,
    a_discount,
    a_line,
    a_promotion,
    a_receipt,
    outcome,
    units,
)

TIER = {"currency": "STATUS"}
MILK, WINE, TEA = (a_line(1, 12_100, vat_bp=2_100), a_line(2, 11_000, vat_bp=1_000), a_line(3, 5_000))


def test_without_vat_each_line_earns_on_its_net_price_and_unknown_rates_are_the_programs() -> None:
    percent = a_promotion(a_credit("percent", bp=10_000))

    with_vat = outcome(a_receipt(MILK, WINE, TEA), percent)
    without = outcome(a_receipt(MILK, WINE, TEA), percent, earn_vat="without", vat_bp=2_500)

    assert with_vat.effects[0]["lines"] == {"1": 121, "2": 110, "3": 50}
    assert without.effects[0]["lines"] == {"1": 100, "2": 100, "3": 40}


def test_discounts_and_points_paid_come_off_before_vat_does() -> None:
    half, all_of_it = a_promotion(a_discount("percent", bp=5_000), id="a"), a_promotion(a_credit("percent", bp=10_000))
    event = a_receipt(a_line(1, 24_200, vat_bp=2_100), payload={"points_paid": 6_050})

    found = outcome(event, half, all_of_it, earn_vat="without")

    assert [one.get("minor", one.get("units")) for one in found.effects] == [12_100, 50]


@given(st.integers(0, 10**12), st.integers(0, 9_999))
def test_a_net_price_is_the_nearest_whole_one(minor: int, vat_bp: int) -> None:
    found = engine.net(minor, vat_bp)

    assert abs(2 * (found * (10_000 + vat_bp) - minor * 10_000)) <= 10_000 + vat_bp
    assert 0 <= found <= minor


def test_what_qualifies_counts_for_the_tier_as_much_as_was_granted_and_nothing_goes_by_it() -> None:
    limits = [{"metric": "units", "per": "member", "period": "day", "value": 15}]
    base = a_promotion(a_credit("percent", bp=1_000, qualifying=True, role="base"), limits=limits)
    twice = a_promotion(a_credit("multiply", x_bp=20_000), id="q")

    found = outcome(a_receipt(a_line(1, 10_000), a_line(2, 10_000)), base, twice, tier=TIER)

    own = {"promotion": "p", "effect": 0, "kind": "points.credit", "lines": {"1": 8, "2": 7}, "units": 15}
    assert found.effects[0] == {**own, "currency": "BON", "qualifying": True}
    assert found.effects[1] == {**own, "currency": "STATUS", "counts": "tier"}
    assert units(found)["q"] == 15
    assert found.counters_delta == {"p/units/member:m1/day:2026-11-18": 15}


def test_where_a_tier_counts_in_other_units_points_are_converted_and_rounded_down() -> None:
    tier = {"currency": "STATUS", "of": {"CASH": [1, 100]}}
    cents = a_promotion(a_credit("percent", bp=500, currency="CASH", qualifying=True))

    found = outcome(a_receipt(a_line(1, 5_000), a_line(2, 4_000)), cents, tier=tier)

    assert [(one["currency"], one["units"], one["lines"]) for one in found.effects] == [
        ("CASH", 450, {"1": 250, "2": 200}),
        ("STATUS", 4, {"1": 2, "2": 2}),
    ]


def test_points_of_the_tier_itself_and_programs_without_tiers_count_nothing_more() -> None:
    status = a_promotion(a_credit("fixed", points=5, currency="STATUS", qualifying=True))
    bonus = a_promotion(a_credit("fixed", points=5, qualifying=True))

    assert len(outcome(a_receipt(MILK), status, tier=TIER).effects) == 1
    assert len(outcome(a_receipt(MILK), bonus).effects) == 1


@pytest.mark.parametrize(
    "wrong", [{"earn_vat": "net"}, {"vat_bp": 10_000}, {"tier": {}}, {"tier": {**TIER, "of": {"CASH": [1, 0]}}}]
)
def test_a_program_that_cannot_be_understood_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(Invalid) as refused:
        settings.program({**PROGRAM, **wrong})

    assert refused.value.errors[0].pointer.startswith(f"/{next(iter(wrong))}")
