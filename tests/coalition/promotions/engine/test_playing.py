"""What follows from an achievement or a won roll: points like any credit, prizes and coupons within their limits."""

from __future__ import annotations

from typing import Any

from tests.coalition.promotions.engine.builders import a_credit, a_line, a_promotion, a_receipt, outcome


def cups(**facts: Any) -> dict[str, Any]:
    """Every second cup of coffee brings what `facts` say."""
    return {"kind": "progress.add", "achievement": "cups", "by": {"type": "qty"}, "target": 2, "repeat": True, **facts}


FOUR = a_receipt(a_line(1, 800, qty_m=2000), a_line(2, 400, qty_m=2000))


def test_points_for_an_achievement_are_granted_as_often_as_it_was_complete_within_limits() -> None:
    limits = [{"metric": "units", "per": "member", "period": "day", "value": 25}]
    reward = a_credit("fixed", points=10, expire_days=30)

    free = outcome(FOUR, a_promotion(cups(on_complete=[reward])))
    capped = outcome(
        FOUR, a_promotion(cups(on_complete=[reward]), limits=limits), counters={"p/units/member:m1/day:2026-11-18": 10}
    )

    credit = {"promotion": "p", "effect": 0, "kind": "points.credit", "currency": "BON", "expires": "2026-12-18"}
    assert free.effects[1:] == [credit | {"units": 20, "lines": {"1": 13, "2": 7}}]
    assert capped.effects[1:] == [credit | {"units": 15, "lines": {"1": 10, "2": 5}}]
    assert capped.counters_delta == {"p/units/member:m1/day:2026-11-18": 15}


def test_coupons_for_an_achievement_keep_to_their_limit() -> None:
    limits = [{"metric": "coupons", "per": "promotion", "period": "life", "value": 3}]
    issue = {"kind": "coupon.issue", "template": "T", "qty": 2}

    free = outcome(FOUR, a_promotion(cups(on_complete=[issue])))
    capped = outcome(FOUR, a_promotion(cups(on_complete=[issue]), limits=limits))

    assert [(one["times"], one["qty"]) for one in free.effects[1:]] == [(2, 2)]
    assert [(one["times"], one["qty"]) for one in capped.effects[1:]] == [(1, 3)]
    assert capped.counters_delta == {"p/coupons/promotion:*/life:*": 3}


def test_who_wins_gets_a_prize_while_the_pool_has_one() -> None:
    sure = {"kind": "chance", "win_ppm": 1_000_000, "on_win": [{"kind": "gift", "sku": "MUG"}]}
    limits = [{"metric": "prizes", "per": "promotion", "period": "day", "value": 1}]

    won = outcome(FOUR, a_promotion(sure, limits=limits))
    empty = outcome(FOUR, a_promotion(sure, limits=limits), counters={"p/prizes/promotion:*/day:2026-11-18": 1})

    assert [(one["kind"], one.get("win")) for one in won.effects] == [("chance", True), ("gift", None)]
    assert won.counters_delta == {"p/prizes/promotion:*/day:2026-11-18": 1}
    assert [(one["kind"], one["win"]) for one in empty.effects] == [("chance", False)]
    assert empty.explain[0]["limits"][0]["limit"] == "p/prizes/promotion:*/day:2026-11-18"


def test_a_late_event_passes_over_what_does_not_take_it() -> None:
    strict = a_promotion(a_credit("fixed", points=5), id="strict", late="skip")
    kind = a_promotion(a_credit("fixed", points=5), id="kind", late="accept")

    found = outcome(FOUR | {"late": True}, strict, kind)

    assert [one["promotion"] for one in found.effects] == ["kind"]
    assert found.explain == [{"promotion": "strict", "outcome": "rejected", "why": "late"}]
    assert len(outcome(FOUR, strict, kind).effects) == 2
