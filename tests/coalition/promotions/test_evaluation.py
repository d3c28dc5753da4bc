"""The base rule, by the worked examples and by its laws."""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalition.promotions import Award, Rule, evaluate, evaluate_event
from coalition.promotions.evaluation import Earner, Reason, earning_bases

NOON = dt.datetime(2026, 11, 18, 9, tzinfo=dt.UTC)
BASE = Rule(
    id=1,
    partner_id=1,
    code="base",
    version=1,
    currency_id=1,
    points=1,
    each_minor=2000,
    funder_id=None,
    name_en="Base",
    name_ru="База",
    valid_from=NOON - dt.timedelta(days=1),
    valid_to=None,
)


@dataclass(frozen=True)
class _Line:
    no: int
    amount: int
    qty_m: int | None = 1000


@dataclass(frozen=True)
class _Receipt:
    lines: tuple[_Line, ...]
    occurred_at: dt.datetime = NOON
    mcc: str | None = None


def _receipt(*amounts: int) -> _Receipt:
    return _Receipt(tuple(_Line(no, amount) for no, amount in enumerate(amounts, start=1)))


def _only(awards: list[Award]) -> tuple[int, dict[int, int]]:
    (award,) = awards
    return award.units, dict(award.lines)


def test_one_point_for_every_full_twenty_goes_back_to_the_lines_by_largest_remainder() -> None:
    # V01 of the vectors without its excluded line: 59440 // 2000 = 29; shares 4.386, 2.220, 22.394
    assert _only(evaluate(_receipt(8990, 4550, 45900), [BASE])) == (29, {1: 4, 2: 2, 3: 23})


def test_what_points_paid_earns_nothing_and_is_spread_first() -> None:
    # V09 after its discount: bases 8999, 6301, 3000 less 50.00 paid by points (2459, 1721, 820) = 13300
    lines = _receipt(8999, 6301, 3000)

    assert earning_bases(lines.lines, 5000) == [6540, 4580, 2180]
    assert _only(evaluate(lines, [replace(BASE, each_minor=100)], points_paid=5000))[0] == 133


def test_points_cannot_pay_more_than_the_total() -> None:
    with pytest.raises(ValueError, match="total"):
        evaluate(_receipt(100), [BASE], points_paid=101)


def test_lines_without_quantity_zero_lines_and_small_change_earn_nothing() -> None:
    lines = (_Line(1, 5000, None), _Line(2, 5000, 0), _Line(3, 0), _Line(4, 1999))

    assert evaluate(_Receipt(lines), [BASE]) == []


@pytest.mark.parametrize(
    ("moved", "earns"),
    [
        (dt.timedelta(0), True),
        (-dt.timedelta(days=1), True),
        (-dt.timedelta(days=1, microseconds=1), False),
        (dt.timedelta(days=1), False),
        (dt.timedelta(days=1, microseconds=-1), True),
    ],
)
def test_a_version_counts_from_its_beginning_up_to_its_end(moved: dt.timedelta, earns: bool) -> None:
    rule = replace(BASE, valid_to=NOON + dt.timedelta(days=1))

    awards = evaluate(replace(_receipt(2000), occurred_at=NOON + moved), [rule])

    assert bool(awards) is earns


_AMOUNTS = st.lists(st.integers(0, 10**9), min_size=1, max_size=30)


@given(_AMOUNTS, st.integers(1, 1000), st.integers(1, 10**6), st.data())
def test_lines_sum_to_the_units_and_no_line_earns_without_a_base(
    amounts: list[int], points: int, each: int, data: st.DataObject
) -> None:
    paid = data.draw(st.integers(0, sum(amounts)))
    receipt = _receipt(*amounts)

    awards = evaluate(receipt, [replace(BASE, points=points, each_minor=each)], points_paid=paid)

    bases = earning_bases(receipt.lines, paid)
    assert sum(bases) == sum(amounts) - paid
    assert min(bases) >= 0
    units = points * (sum(bases) // each)
    assert [award.units for award in awards] == ([units] if units else [])
    for award in awards:
        assert sum(award.lines.values()) == award.units
        assert all(share > 0 and bases[no - 1] > 0 for no, share in award.lines.items())


@given(_AMOUNTS, st.randoms())
def test_the_order_of_lines_and_rules_changes_nothing(amounts: list[int], chance: random.Random) -> None:
    receipt, rules = _receipt(*amounts), [BASE, replace(BASE, id=2, code="plus", each_minor=700)]
    lines = list(receipt.lines)
    chance.shuffle(lines)

    assert evaluate(_Receipt(tuple(lines)), rules[::-1], points_paid=0) == evaluate(receipt, rules)


def test_a_rule_may_be_for_some_merchants_alone_and_never_for_others() -> None:
    groceries = replace(BASE, mccs=frozenset({"5411"}))
    no_cash = replace(BASE, mccs_excluded=frozenset({"6011"}))
    at = {mcc: replace(_receipt(4000), mcc=mcc) for mcc in ("5411", "6011", None)}

    assert [bool(evaluate(receipt, [groceries])) for receipt in at.values()] == [True, False, False]
    assert [bool(evaluate(receipt, [no_cash])) for receipt in at.values()] == [True, False, True]


def test_a_rule_for_an_event_gives_its_points_for_that_event_and_nothing_for_purchases() -> None:
    rule = replace(BASE, points=50, event_type="review", code="review")

    (award,) = evaluate_event("review", NOON, [rule, BASE])

    assert (award.units, award.lines, award.reason.key) == (50, {}, "event.fixed")
    assert evaluate_event("visit", NOON, [rule]) == evaluate(_receipt(4000), [rule]) == []
    assert evaluate_event("review", NOON - dt.timedelta(days=9), [rule]) == []


THREE = _receipt(8990, 4550, 45900)  # 59440 // 2000 = 29


def test_an_award_tells_exactly_from_what_it_came() -> None:
    rule = replace(BASE, points=3)
    params = {"units": 87, "base_minor": 59440, "points": 3, "each_minor": 2000}

    # 87 over 59440: 13.158, 6.660, 67.182
    expected = Award(rule, 87, {1: 13, 2: 7, 3: 67}, Reason("base.per_amount", params))
    assert evaluate(THREE, [rule]) == [expected]


def test_a_tiers_factor_rounds_down_once_more_and_is_told() -> None:
    params = {"units": 36, "base_minor": 59440, "points": 1, "each_minor": 2000, "factor_bp": 12_500}

    # 29 * 1.25 = 36.25; 36 over 59440: 5.445, 2.756, 27.799
    expected = Award(BASE, 36, {1: 5, 2: 3, 3: 28}, Reason("base.per_amount_tier", params))
    assert evaluate(THREE, [BASE], earner=Earner("gold", 12_500)) == [expected]


def test_a_tiers_factor_leaves_the_currencies_that_count_for_tiers_alone() -> None:
    plain, other = (Earner("gold", 20_000, frozenset({currency})) for currency in (BASE.currency_id, 2))

    assert evaluate(THREE, [BASE], earner=plain) == evaluate(THREE, [BASE])
    assert _only(evaluate(THREE, [BASE], earner=other))[0] == 58


@pytest.mark.parametrize(("factor_bp", "units"), [(9_999, []), (10_000, [1]), (19_999, [1]), (20_000, [2])])
def test_no_award_is_made_of_less_than_one_unit(factor_bp: int, units: list[int]) -> None:
    awards = evaluate(_receipt(2000), [BASE], earner=Earner("gold", factor_bp))

    assert [award.units for award in awards] == units


def test_a_line_that_brought_nothing_is_not_among_the_lines_of_an_award() -> None:
    assert _only(evaluate(_receipt(1, 1999), [BASE])) == (1, {2: 1})


def test_a_rule_may_be_for_the_members_of_some_tiers_alone() -> None:
    bought = replace(BASE, tiers=("gold", "black"))
    visited = replace(bought, event_type="visit")

    for tier, earns in (("gold", True), ("black", True), ("base", False)):
        earner = Earner(tier)
        assert bool(evaluate(THREE, [bought], earner=earner)) is earns
        assert bool(evaluate_event("visit", NOON, [visited], earner=earner)) is earns
    assert evaluate(THREE, [bought]) == evaluate_event("visit", NOON, [visited]) == []


def test_awards_come_in_the_order_of_the_rules_codes() -> None:
    rules = [replace(BASE, code=code, event_type=event) for code in "cab" for event in (None, "visit")]

    assert [award.rule.code for award in evaluate(THREE, rules)] == ["a", "b", "c"]
    assert [award.rule.code for award in evaluate_event("visit", NOON, rules)] == ["a", "b", "c"]


def test_an_event_is_told_with_its_fixed_points_whatever_the_tiers_factor() -> None:
    rule = replace(BASE, points=50, event_type="visit")

    awards = evaluate_event("visit", NOON, [rule], earner=Earner("gold", 20_000))

    assert awards == [Award(rule, 50, {}, Reason("event.fixed", {"units": 50}))]


@pytest.mark.parametrize(("mcc", "takes"), [("5411", True), ("5499", False), ("6011", False), (None, False)])
def test_a_merchant_must_be_among_those_named_and_not_among_those_excluded(mcc: str | None, takes: bool) -> None:
    rule = replace(BASE, mccs=frozenset({"5411", "6011"}), mccs_excluded=frozenset({"6011"}))

    assert bool(evaluate(replace(THREE, mcc=mcc), [rule])) is takes


def test_points_may_pay_all_but_never_less_than_nothing() -> None:
    assert earning_bases(THREE.lines, 59440) == [0, 0, 0]
    assert earning_bases(THREE.lines, 0) == [8990, 4550, 45900]
    for paid in (-1, 59441):
        with pytest.raises(ValueError, match=r"^points cannot pay more than the total$"):
            earning_bases(THREE.lines, paid)
