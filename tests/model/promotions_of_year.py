"""Twenty promotions for the real products: departments, categories, brands and the products of coupon campaigns.

Every kind of calculation, group, limit and funding is among them. The program excludes fuel, tobacco and what has no
shelf.
"""

from __future__ import annotations

from typing import Any

Document = dict[str, Any]
EXCLUDED = {
    "any": [
        {"f": "category_path", "op": "starts", "v": "fuel"},
        {"f": "category_path", "op": "starts", "v": "grocery/cigarettes"},
        {"f": "category_path", "op": "starts", "v": "miscellaneous"},
    ]
}
GROUPS = {
    "multipliers": {"mode": "best", "scope": "receipt"},
    "shelves": {"mode": "best", "scope": "line"},
    "baskets": {"mode": "first", "scope": "receipt"},
}


def promotions_of_year() -> list[Document]:
    """The twenty, in no order."""
    return [*_of_shelves(), *_of_baskets(), *_of_coupons(), *_limited(), *_multipliers()]


def _promotion(code: str, effect: Document, **facts: Any) -> Document:
    return {"id": code, "name": {"en": code, "ru": code}, "events": ["receipt.closed"], "effects": [effect], **facts}


def _credit(where: Document | None, calc: str, **facts: Any) -> Document:
    found = {"kind": "points.credit", "currency": "BON", "calc": {"type": calc, **facts}}
    return found | ({"where": where} if where else {})


def _in(path: str) -> Document:
    return {"f": "category_path", "op": "starts", "v": path}


def _some(where: Document) -> Document:
    return {"lines": {"agg": "count", "op": "gte", "v": 1, "where": where}}


def _limit(metric: str, per: str, period: str, value: int, **facts: str) -> Document:
    return {"metric": metric, "per": per, "period": period, "value": value, **facts}


def _of_shelves() -> list[Document]:
    private = {"f": "brand", "op": "eq", "v": "private"}
    bakery = {"any": [_in("pastry"), _in("grocery/baked bread")]}
    makers = {"f": "brand", "op": "in", "v": ["m2", "m764", "m103"]}
    return [
        _promotion("produce", _credit(_in("produce"), "percent", bp=300), group="shelves"),
        _promotion("own-brand", _credit(private, "percent", bp=400), group="shelves", priority=5),
        _promotion("makers", _credit(makers, "percent", bp=200), group="shelves",
                   sponsor={"partner": "shop0", "share_bp": 6_000}),
        _promotion("bakery", _credit(bakery, "per_amount", points=3, each=100), when=_some(bakery),
                   limits=[_limit("uses", "member", "day", 1)]),
        _promotion("deli", _credit(_in("deli"), "per_qty", points=25, each_m=2_000, max_times=5),
                   when=_some(_in("deli")),
                   sponsor=[{"partner": "shop0", "weight": 2}, {"partner": "shop1", "weight": 1}, "operator"]),
        _promotion("cosmetics", _credit(_in("cosmetics"), "table", on="amount", mode="slice",
                                        rows=[{"from": 0, "bp": 200}, {"from": 1_000, "bp": 600}])),
    ]  # fmt: skip


def _of_baskets() -> list[Document]:
    def over(total: int) -> Document:
        return {"f": "receipt.eligible_total", "op": "gte", "v": total}

    ladder = [
        {"when": over(total), "effects": [_credit(None, "fixed", points=points)]}
        for total, points in ((10_000, 200), (6_000, 80), (3_000, 20))
    ]
    evening = {"f": "event.hour", "op": "between", "v": [18, 20]}
    return [
        {**_promotion("ladder", {}), "effects": [], "rules": ladder, "rules_mode": "first", "group": "baskets"},
        _promotion("tuesday", _credit(None, "fixed", points=150), group="baskets", priority=5, sponsor="operator",
                   when={"all": [over(5_000), {"f": "event.weekday", "op": "eq", "v": 2}]}),
        _promotion("evening", _credit(None, "percent", bp=100), when=evening, sponsor="operator"),
        _promotion("weekend-meat", _credit(_in("meat"), "percent", bp=400),
                   when={"all": [{"f": "event.weekday", "op": "gte", "v": 6}, _some(_in("meat"))]}),
        _promotion("many-lines", _credit(None, "fixed", points=15), when={"f": "receipt.lines", "op": "gte", "v": 20},
                   exclusive=False, audience={"control_bp": 2_000}),
    ]  # fmt: skip


def _of_coupons() -> list[Document]:
    def of(campaign: int) -> Document:
        return {"f": "groups", "op": "has", "v": f"campaign-{campaign}"}

    return [
        _promotion("coupons-22", _credit(of(22), "percent", bp=1_000), when=_some(of(22))),
        _promotion("coupons-27", _credit(of(27), "fixed", points=50), sponsor={"partner": "shop1", "share_bp": 10_000},
                   when={"lines": {"agg": "sum", "of": "amount", "op": "gte", "v": 1_000, "where": of(27)}}),
    ]  # fmt: skip


def _limited() -> list[Document]:
    soft = _in("grocery/soft drinks")
    return [
        _promotion("nutrition", _credit(_in("nutrition"), "percent", bp=1_000), when=_some(_in("nutrition")),
                   limits=[_limit("units", "member", "month", 150)]),
        _promotion("floral", _credit(_in("floral"), "percent", bp=1_500), when=_some(_in("floral")),
                   limits=[_limit("units", "promotion", "life", 100_000)]),
        _promotion("soft-drinks", _credit(soft, "percent", bp=500), when=_some(soft),
                   limits=[_limit("units", "store", "day", 60), _limit("money", "partner", "month", 100_000)]),
        _promotion("seafood", _credit(_in("seafood"), "percent", bp=800), when=_some(_in("seafood")),
                   limits=[_limit("uses", "member", "month", 1), _limit("units", "receipt", "receipt", 200)]),
        _promotion("week", _credit(None, "percent", bp=100), limits=[_limit("units", "member", "rolling:P7D", 90)]),
    ]  # fmt: skip


def _multipliers() -> list[Document]:
    milk, early = _in("grocery/fluid milk products"), {"f": "event.hour", "op": "lt", "v": 10}
    return [
        _promotion("milk-x3", _credit(milk, "multiply", x_bp=30_000), when=_some(milk), group="multipliers"),
        _promotion("early-x2", _credit(None, "multiply", x_bp=20_000), when=early, group="multipliers"),
    ]
