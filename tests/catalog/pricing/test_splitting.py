"""Points and money: every split sums exactly, keeps its limits, and comes back whole in whatever parts."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from catalog.pricing import CashTerms, DeliveryOption, Quote, QuotedLine, refund_share, split
from catalog.pricing.splitting import cash_for, limits
from coalition.kernel.errors import Invalid

FACES = st.sampled_from([Decimal(1), Decimal("0.5"), Decimal("0.333333"), Decimal("0.01"), Decimal("1.25"), Decimal(3)])
TERMS = st.builds(
    CashTerms,
    st.just("EUR"),
    st.sampled_from([1, 10, 100]),
    st.sampled_from([0, 1, 100]),
    st.sampled_from(["any", "points", "cash"]),
)


def a_quote(
    goods: list[int],
    delivery: list[int],
    *,
    terms: CashTerms | None,
    shares: tuple[int, int] = (0, 10_000),
    face: Decimal = Decimal(1),
) -> Quote:
    """A quote of lines and deliveries at these points."""
    whole = sum(goods) + sum(delivery)
    lines = [
        QuotedLine(no, 1, False, no, no, "S", "T", "T", "box", 1, points, 1, "EUR") for no, points in enumerate(goods)
    ]
    options = [DeliveryOption(no, "courier", "courier", points, 1, 1, 2) for no, points in enumerate(delivery)]
    between = limits(terms, shares, sum(goods), sum(delivery), face) if terms else (whole, whole)
    now = dt.datetime(2026, 11, 25, tzinfo=dt.UTC)
    held = (1, 1, 1, 1, 1, "active", "courier", None, now, sum(goods), sum(delivery), face, terms, between)
    return Quote(*held, None, 0, None, None, None, tuple(lines), tuple(options), ())


@given(
    goods=st.lists(st.integers(1, 50_000), min_size=1, max_size=6),
    delivery=st.lists(st.integers(0, 2000), max_size=3),
    terms=TERMS,
    face=FACES,
    shares=st.tuples(st.integers(0, 10_000), st.integers(0, 10_000)).map(lambda two: (min(two), max(two))),
    at=st.floats(0, 1),
)
def test_a_split_sums_exactly_in_points_and_in_money(
    goods: list[int], delivery: list[int], terms: CashTerms, face: Decimal, shares: tuple[int, int], at: float
) -> None:
    quote = a_quote(goods, delivery, terms=terms, shares=shares, face=face)
    least, most = quote.cash_limits
    points = least + int(at * (most - least))
    if points != quote.points:
        points = max(least, points // terms.points_step * terms.points_step)
        assume(cash_for(quote.points, points, face) >= max(terms.cash_min_minor, 1))

    found = split(quote, points)

    every = [*found.lines, *found.deliveries]
    prices = [*goods, *delivery]
    assert sum(share.points for share in every) == points
    assert sum(share.cash_minor for share in every) == found.cash_minor
    assert found.cash_minor == (0 if points == quote.points else cash_for(quote.points, points, face))
    assert all(0 <= share.points <= price for share, price in zip(every, prices, strict=True))
    assert all(share.cash_minor == 0 for share, price in zip(every, prices, strict=True) if share.points == price)
    if points != quote.points and terms.delivery_tender == "points":
        assert [share.points for share in found.deliveries] == delivery
    if points != quote.points and terms.delivery_tender == "cash":
        assert not any(share.points for share in found.deliveries)


@given(goods=st.integers(1, 50_000), delivery=st.integers(0, 2000), terms=TERMS, face=FACES, low=st.integers(0, 10_000))
def test_the_limits_are_themselves_allowed(
    goods: int, delivery: int, terms: CashTerms, face: Decimal, low: int
) -> None:
    quote = a_quote([goods], [delivery], terms=terms, shares=(low, 10_000), face=face)

    least, most = quote.cash_limits

    for points in {least, most}:
        found = split(quote, points)
        assert found.cash_minor == 0 or found.cash_minor >= max(terms.cash_min_minor, 1)
    assert least <= most <= quote.points
    for beyond in (least - 1, most + 1):
        with pytest.raises(Invalid, match="points_out_of_limits"):
            split(quote, beyond)


def test_points_alone_pay_where_no_money_may() -> None:
    quote = a_quote([1000], [390], terms=None)

    assert split(quote, 1390).cash_minor == 0
    with pytest.raises(Invalid, match="points_out_of_limits"):
        split(quote, 1389)


@pytest.mark.parametrize(("points", "right"), [(1300, True), (1299, False), (1291, False), (1290, True), (1390, True)])
def test_money_is_never_less_than_its_least_and_points_go_in_steps(points: int, right: bool) -> None:
    quote = a_quote([1000], [390], terms=CashTerms("EUR", 10, 90, "any"))

    if right:
        assert split(quote, points).cash_minor in (0, 1390 - points)
    else:
        with pytest.raises(Invalid):
            split(quote, points)


@given(paid=st.integers(0, 10**12), parts=st.lists(st.integers(0, 5), min_size=1, max_size=9))
def test_refunds_of_any_sequence_of_parts_sum_to_what_was_paid(paid: int, parts: list[int]) -> None:
    assume(sum(parts) > 0)
    back, before = [], 0
    for part in parts:
        back.append(refund_share(paid, sum(parts), before, part))
        before += part

    assert sum(back) == paid
    assert min(back) >= 0


def test_no_more_parts_come_back_than_there_were() -> None:
    with pytest.raises(ValueError, match="no more parts"):
        refund_share(100, 3, 2, 2)
