"""A promotion read back: the very words, and words for everything that the engine accepts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coalition.kernel.errors import Invalid
from coalition.promotions import engine
from coalition.promotions.engine.reading import CALCS, KINDS, METRICS, PERIODS, PERS
from coalition.promotions.wording import sentence, sentence_text
from tests.coalition.promotions.engine.builders import a_credit, a_discount, a_promotion
from tests.coalition.promotions.engine.test_conditions import LINE_NODES, NODES
from tests.coalition.promotions.wording.names import NAMES

VECTORS = json.loads((Path(__file__).parents[4] / "tests/vectors/promotions.json").read_text())
WEEKEND = a_promotion(
    a_credit("multiply", x_bp=20_000, where={"f": "category", "op": "in", "v": ["coffee", "tea"]}, expire_days=90),
    when={
        "all": [
            {"f": "event.weekday", "op": "in", "v": [6, 7]},
            {"f": "partner.id", "op": "in", "v": ["freshmart", "homeline"]},
            {"f": "member.tier", "op": "eq", "v": "gold"},
        ]
    },
    limits=[{"metric": "units", "per": "member", "period": "month", "value": 1_000}],
)


def test_double_points_at_weekends_on_coffee_for_gold_reads_as_it_was_meant() -> None:
    assert sentence_text(WEEKEND, NAMES) == (
        "On a purchase on Saturdays and Sundays at FreshMart or HomeLine, if the member’s tier is Gold, give double"
        " bonuses on coffee or tea, expiring after 90 days, at most 1,000 bonuses a month per member."
    )
    assert sentence_text(WEEKEND, NAMES, "ru") == (
        "При покупке по субботам и воскресеньям, у партнёра FreshMart или HomeLine, если уровень участника — Золотой:"
        " начислить бонусы вдвое за товары: кофе или чай, сгорают через 90 дней, не больше 1\u00a0000 (бонусы)"
        " в месяц на участника."
    )


def test_what_a_marketer_has_chosen_is_strong() -> None:
    chosen = [piece.text for piece in sentence(WEEKEND, NAMES) if piece.strong]

    assert chosen == [
        *("purchase", "Saturdays and Sundays", "FreshMart or HomeLine", "Gold"),
        *("double bonuses", "coffee or tea", "90 days", "1,000 bonuses"),
    ]


def test_dates_audience_company_and_payers_follow() -> None:
    document = a_promotion(
        a_discount("percent", bp=1_250),
        **{"from": "2026-11-30T21:00:00Z", "to": "2026-12-31T21:00:00Z", "coupon": "SALE", "exclusive": True},
        audience={"segments_any": ["lapsing"], "control_bp": 1_000},
        sponsor=[{"partner": "freshmart", "share_bp": 6_000}, {"partner": "operator", "share_bp": 4_000}],
    )

    assert sentence_text(document, NAMES) == (
        "On a purchase with the coupon SALE, take 12.5% off. From 1 December 2026 to 31 December 2026."
        " For members in Lapsing, 60–90 days. A control group of 10% gets nothing."
        " No other promotion applies beside it. Paid by FreshMart 60% and the operator 40%."
    )


def test_lines_weights_and_limits_of_a_receipt_read_well() -> None:
    coffee = {"f": "category", "op": "eq", "v": "coffee"}
    document = a_promotion(
        a_credit("fixed", points=5),
        when={
            "all": [
                {"lines": {"agg": "count", "op": "gte", "v": 1, "where": coffee}},
                {"lines": {"agg": "sum", "of": "amount", "op": "gte", "v": 500, "where": coffee}},
            ]
        },
        limits=[{"metric": "units", "per": "receipt", "period": "receipt", "value": 5}],
        sponsor=[{"partner": "freshmart", "weight": 2}, {"partner": "homeline", "weight": 1}],
    )

    assert sentence_text(document, NAMES) == (
        "On a purchase, if the receipt has coffee and the total of coffee is at least 5.00\u00a0EUR, give 5 bonuses,"
        " at most 5 bonuses per receipt. Paid by FreshMart 66.67% and HomeLine 33.33%."
    )


def test_several_levels_are_told_one_after_another() -> None:
    document = {
        **a_promotion(),
        "effects": [],
        "rules_mode": "first",
        "rules": [
            {"when": {"f": "receipt.total", "op": "gte", "v": 10_000}, "effects": [a_credit("fixed", points=10)]},
            {"effects": [a_credit("fixed", points=5)]},
        ],
    }

    assert sentence_text(document, NAMES) == (
        "On a purchase: if the receipt total is at least 100.00\u00a0EUR, give 10 bonuses; otherwise give 5 bonuses."
    )


@pytest.mark.parametrize("language", ["en", "ru"])
def test_every_promotion_of_the_vectors_has_its_sentence(language: str) -> None:
    for vector in VECTORS["vectors"]:
        for document in vector["promotions"]:
            assert sentence_text(document, NAMES, language).endswith(".")


def test_a_draft_that_is_not_understood_yet_says_so() -> None:
    draft = a_promotion(when={"f": "member.tier", "op": "gte", "v": "gold"})

    assert sentence_text(draft, NAMES) == "On a purchase, if (not understood yet), nothing is given yet."


RUBBISH = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 10**9) | st.sampled_from(["gold", "", "P30D"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["a", "from", "bp", "where"]), inner),
    max_leaves=4,
)
CALC = st.fixed_dictionaries(
    {"type": st.sampled_from(sorted(CALCS)), "rows": st.lists(RUBBISH, max_size=2), "items": st.just([])}
    | {name: st.integers(1, 50_000) for name in ("bp", "points", "each", "each_m", "x_bp", "price", "every")},
    optional={"cap": st.integers(0, 9), "max_times": RUBBISH, "on": st.just("qty_m")},
)
_THINGS = (
    "achievement",
    "badge",
    "template",
    "tier",
    "draw",
    "target",
    "qty",
    "each",
    "win_ppm",
    "on_win",
    "on_complete",
)
EFFECT = st.fixed_dictionaries(
    {"kind": st.sampled_from(sorted(KINDS)), "currency": st.sampled_from(["BON", "NONE"]), "calc": CALC},
    optional={"where": LINE_NODES, "expire_days": RUBBISH, "account": RUBBISH, "activate_at": RUBBISH}
    | dict.fromkeys(_THINGS, RUBBISH),
)
LIMIT = st.fixed_dictionaries(
    {"metric": st.sampled_from(METRICS), "per": st.sampled_from(PERS), "value": st.integers(0, 10**6)},
    optional={"period": st.sampled_from([*PERIODS, "rolling:P7D"])},
)
DOCUMENT = st.fixed_dictionaries(
    {"id": st.just("p"), "events": st.lists(st.sampled_from(["receipt.closed", "site.action", "x"]), max_size=3)},
    optional={
        "when": NODES,
        "effects": st.lists(EFFECT, max_size=2),
        "rules": st.lists(st.fixed_dictionaries({}, optional={"when": NODES, "effects": st.lists(EFFECT)}), max_size=2),
        "limits": st.lists(LIMIT, max_size=2),
        "from": st.sampled_from(["2026-01-01T00:00:00Z", "0001-01-01", "9999-12-31T23:59:59-12:00"]),
        "to": st.sampled_from(["2026-01-01T00:00:00+03:00", "0001-01-01T00:00:00+14:00"]),
        "sponsor": RUBBISH | st.just({"partner": "freshmart", "share_bp": 10_000}),
        "audience": st.fixed_dictionaries({"control_bp": st.integers(0, 10), "communication": RUBBISH}),
        "coupon": RUBBISH,
        "group": RUBBISH,
    },
)


@settings(max_examples=80)
@given(DOCUMENT, st.sampled_from(["en", "ru"]))
def test_whatever_the_engine_accepts_has_words(document: dict[str, Any], language: str) -> None:
    try:
        engine.promotion(document)
    except Invalid:
        return

    assert sentence_text(document, NAMES, language).endswith(".")


@pytest.mark.parametrize(
    ("effect", "en", "ru"),
    [
        (
            {"kind": "message.send", "template": "thanks", "channels": ["push", "email"],
             "quiet_hours": {"from": "22:00", "to": "08:00"}},
            "send the message thanks by push or e-mail, but not at 22:00–08:00",
            "отправить сообщение thanks через push или почту, но не в 22:00–08:00",
        ),
        (
            {"kind": "progress.add", "achievement": "coffee", "by": {"type": "qty"}, "target": 10, "period": "month"},
            "count pieces towards coffee of 10 within a calendar month",
            "засчитать штуки в достижение coffee до 10 за календарный месяц",
        ),
    ],
)  # fmt: skip
def test_an_effect_says_by_what_and_within_which_time(effect: dict[str, Any], en: str, ru: str) -> None:
    assert en in sentence_text(a_promotion(effect), NAMES)
    assert ru in sentence_text(a_promotion(effect), NAMES, "ru")
