"""Drafts may be anything: whatever JSON an expert has saved, the builder shows it and the sentence says something."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from coalition.promotions.wording import Money, document_of, sentence_text, sheet_of
from tests.coalition.promotions.wording.names import NAMES

MONEY = Money(2, {"BON": 0})
COFFEE = {"f": "category", "op": "in", "v": ["coffee"]}
DOCUMENT: dict[str, Any] = {
    "name": {"en": "A", "ru": "Б"},
    "events": ["receipt.closed"],
    "from": "2026-01-01T00:00:00Z",
    "to": "2026-02-01T00:00:00Z",
    "when": {
        "all": [
            {"f": "event.date", "op": "between", "v": [20260101, 20260201]},
            {"lines": {"agg": "sum", "of": "amount", "op": "gte", "v": 5, "where": COFFEE}},
            {"any": [{"stat": "spend", "window": "P30D", "where": {"a": "b"}, "op": "in", "v": [1, 2]}]},
        ]
    },
    "effects": [
        {"kind": "discount", "calc": {"type": "cheapest_free", "every": 3, "bp": 5_000, "cap": 5}, "where": COFFEE},
        {"kind": "points.credit", "currency": "BON", "calc": {"type": "table", "rows": [{"from": 1, "points": 5}]}},
        {"kind": "points.credit", "currency": "BON", "calc": {"type": "multiply", "x_bp": 20_000}, "expire_days": 9},
        {"kind": "chance", "win_ppm": 5, "on_win": [{"kind": "gift", "sku": "MUG"}]},
    ],
    "rules": [{"when": {"exists": "a"}, "effects": []}],
    "limits": [{"metric": "units", "per": "member", "period": "day", "value": 5}],
    "sponsor": [{"partner": "freshmart", "share_bp": 5_000}, {"partner": "homeline", "weight": 2}],
    "audience": {"segments_any": ["vip"], "control_bp": 5, "communication": {}},
    "priority": 5,
    "coupon": "SALE",
}
RUBBISH: list[Any] = [None, True, -1, 10**25, "", "x", "9999-12-31", [], [1], ["a"], {}, {"all": []}, {"f": "a"}, 1.5]


def places(of: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every part of a document."""
    parts = of.items() if isinstance(of, dict) else enumerate(of) if isinstance(of, list) else ()
    for name, part in parts:
        yield (*at, name)
        yield from places(part, (*at, name))


@pytest.mark.parametrize("part", DOCUMENT)
def test_a_draft_with_rubbish_in_any_place_is_shown_and_told(part: str) -> None:
    for place in places(DOCUMENT):
        for rubbish in RUBBISH if place[0] == part else []:
            document = copy.deepcopy(DOCUMENT)
            holder: Any = document
            for name in place[:-1]:
                holder = holder[name]
            holder[place[-1]] = rubbish

            document_of(sheet_of(document, "Europe/Riga", MONEY), document, "Europe/Riga", MONEY)

            assert sentence_text(document, NAMES, "en")
            assert sentence_text(document, NAMES, "ru")
