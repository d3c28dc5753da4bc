"""What marketers have made of the demo: an assortment, two groups, a campaign, ten promotions, a draft, one in review.

They are in force for a fortnight, so that the latest purchases, which come last of all, went by them; the past that is
settled stays what it was.
"""

from __future__ import annotations

import datetime as dt
from functools import partial
from typing import Any

from coalition import partners, promotions, purchases
from coalition.kernel import audit, clock
from coalition.kernel.db import transact
from coalition.partners import Item
from integrations.demo.seeding.partners_side import CURRENCY, MEMBER_CARD, Made

Document = dict[str, Any]
_AGO = dt.timedelta(days=14)
_LASTS = dt.timedelta(days=76)
_GROUPS = {"multipliers": {"mode": "best", "scope": "line"}, "ladder": {"mode": "first", "scope": "receipt"}}
_GOODS = (
    ("freshmart", Item("MILK", "food/dairy", "Alpina", "Milk 2.5 %, 1 l", "Молоко 2,5 %, 1 л")),
    ("freshmart", Item("CHEESE", "food/dairy", "Alpina", "Gouda, 400 g", "Гауда, 400 г")),
    ("freshmart", Item("BREAD", "food/bakery", "", "Rye bread", "Ржаной хлеб")),
    ("freshmart", Item("COFFEE", "food/hot drinks/coffee", "Kavo", "Coffee to go", "Кофе с собой")),
    ("petrogo", Item("E95", "fuel/petrol", "", "Petrol 95", "Бензин 95")),
    ("petrogo", Item("DIESEL", "fuel/diesel", "", "Diesel", "Дизель")),
    ("petrogo", Item("WASH", "services/car wash", "", "Car wash", "Мойка")),
    ("homeline", Item("LAMP", "home/lighting", "Lumo", "Desk lamp", "Настольная лампа")),
    ("homeline", Item("PAN", "home/kitchen", "Lumo", "Frying pan, 28 cm", "Сковорода, 28 см")),
    ("homeline", Item("TOWEL", "home/bathroom", "", "Bath towel", "Банное полотенце")),
)


def launch(made: Made) -> None:
    """The assortment and the promotions; then what Anna has bought since, and what marketers are busy with."""
    transact(lambda: _publish(made))
    transact(lambda: _shop(made))
    _leave_work(made)


def _publish(made: Made) -> None:
    program_id, now = made.program.id, clock.now().replace(microsecond=0)
    for code, item in _GOODS:
        partners.classify(made.shops[code].id, [item])
    partners.add_group(program_id, "dairy", name_en="Dairy", name_ru="Молочные продукты")
    partners.assign(made.shops["freshmart"].id, "dairy", ["MILK", "CHEESE"])
    home = promotions.Campaign(
        "home-season",
        "Home season",
        "Домашний сезон",
        starts_at=now - _AGO,
        ends_at=now + _LASTS,
        control_bp=1_000,
        budget={"metric": "money", "value": 500_000},
        sponsor=[{"partner": "homeline", "weight": 7}, {"partner": "operator", "weight": 3}],
    )
    promotions.save_campaign(program_id, home)
    dates = {"from": (now - _AGO).isoformat(), "to": (now + _LASTS).isoformat()}
    documents = [{"events": ["receipt.closed"], "priority": 100, **dates, **one} for one in _documents()]
    promotions.publish(
        program_id,
        documents,
        actor=f"user:{made.staff_ids['marketer2']}",
        groups=_GROUPS,
        note="The first promotions of the club",
        since=now - _AGO,
    )


def _documents() -> list[Document]:
    """Ten promotions: two multipliers, two bonuses, a ladder of two steps, a coupon, a card, a win, a co-funded one."""
    operator, freshmart = "operator", {"partner": "freshmart", "share_bp": 10_000}
    dairy, coffee = {"f": "groups", "op": "has", "v": "dairy"}, {"f": "category", "op": "eq", "v": "coffee"}
    return [
        _promotion(
            "weekend-double",
            ("Double bonuses at the weekend", "Двойные бонусы в выходные"),
            _credit("multiply", x_bp=20_000),
            group="multipliers",
            sponsor=operator,
            when={"f": "event.weekday", "op": "in", "v": [6, 7]},
            limits=[_limit("units", 2_000, "member", "month")],
            returns="reevaluate",
        ),
        _promotion(
            "dairy-triple",
            ("Dairy times three", "Тройные бонусы за молочное"),
            _credit("multiply", x_bp=30_000, where=dairy),
            group="multipliers",
            sponsor=[{"partner": "freshmart", "weight": 6}, {"partner": "operator", "weight": 4}],
            when=_at("freshmart"),
            limits=[_limit("units", 1_000, "member", "week")],
        ),
        _promotion(
            "welcome",
            ("Welcome to the club", "Добро пожаловать в клуб"),
            _credit("fixed", points=300, expire_days=60),
            sponsor=operator,
            when={"f": "member.enrolled_days", "op": "lte", "v": 30},
            limits=[_limit("uses", 1, "member", "life")],
        ),
        _promotion(
            "birthday",
            ("Your birthday week", "Неделя вашего дня рождения"),
            _credit("fixed", points=500, expire_days=30),
            sponsor=operator,
            when={"any": [_leaf(f"member.days_{side}_birthday", "lte", 3) for side in ("to", "since")]},
            limits=[_limit("uses", 1, "member", "year")],
        ),
        *(_step(minor, points, priority) for minor, points, priority in ((10_000, 600, 120), (5_000, 200, 110))),
        _promotion(
            "autumn-coupon",
            ("Ten percent by coupon", "Десять процентов по купону"),
            {"kind": "discount", "calc": {"type": "percent", "bp": 1_000}},
            coupon="AUTUMN",
            sponsor=freshmart,
            when=_at("freshmart"),
            limits=[_limit("money", 500, "receipt", "life"), _limit("money", 300_000, "promotion", "life")],
        ),
        _promotion(
            "coffee-card",
            ("Every tenth coffee is ours", "Каждый десятый кофе за наш счёт"),
            {
                "kind": "progress.add",
                "achievement": "coffee-card",
                "by": {"type": "qty"},
                "where": coffee,
                "target": 10,
                "repeat": True,
                "on_complete": [
                    {"kind": "coupon.issue", "template": "thanks", "qty": 1},
                    {
                        "kind": "badge.grant",
                        "badge": "coffee-lover",
                        "name": {"en": "Coffee lover", "ru": "Любитель кофе"},
                    },
                ],
            },
            sponsor=freshmart,
            when={"all": [_at("freshmart"), {"lines": {"where": coffee, "agg": "count", "op": "gte", "v": 1}}]},
        ),
        _promotion(
            "instant-win",
            ("Fill up and win", "Заправься и выиграй"),
            {"kind": "chance", "win_ppm": 50_000, "on_win": [{"kind": "coupon.issue", "template": "thanks", "qty": 1}]},
            sponsor={"partner": "petrogo", "share_bp": 10_000},
            when=_at("petrogo"),
            limits=[_limit("uses", 1, "member", "day")],
            returns="none",
        ),
        _promotion(
            "home-season",
            ("Five percent more at home", "Ещё пять процентов для дома"),
            _credit("percent", bp=500),
            campaign="home-season",
            when={"all": [_at("homeline"), _leaf("receipt.eligible_total", "gte", 2_500)]},
            limits=[_limit("units", 1_500, "receipt", "life")],
        ),
    ]


def _step(minor: int, points: int, priority: int) -> Document:
    """A step of the ladder, which only the highest one that was reached pays; it is tested where it is published."""
    told = minor // 100
    receipt = {"type": "receipt.closed", "occurred_at": "2030-01-01T12:00:00Z"}
    over, under = ({**receipt, "payload": {"lines": [{"no": 1, "amount": minor - less}]}} for less in (0, 1))
    return _promotion(
        f"basket-{told}",
        (f"A basket of {told} euros", f"Корзина от {told} евро"),
        _credit("fixed", points=points),
        group="ladder",
        priority=priority,
        sponsor="operator",
        when=_leaf("receipt.eligible_total", "gte", minor),
        limits=[_limit("uses", 4, "member", "month")],
        returns="reevaluate",
        **{"from": None, "to": None},
        tests=[
            {"name": "at the threshold", "event": over, "effects": [{"units": points}]},
            {"name": "a cent below it", "event": under, "effects": []},
        ],
    )


def _shop(made: Made) -> None:
    """Anna's latest purchases: enough of each promotion for its pages to have something to say."""
    milk, cheese, coffee = _line("MILK", 135, 4), _line("CHEESE", 549, 2), _line("COFFEE", 290, 6)
    bought = (
        ("freshmart", "M-1", 9, [milk, cheese, coffee]),
        ("petrogo", "M-2", 6, [_line("E95", 1_589, 4)]),
        ("homeline", "M-3", 4, [_line("LAMP", 3_490), _line("TOWEL", 1_290, 2)]),
        ("freshmart", "M-4", 2, [coffee, _line("BREAD", 189), cheese]),
        ("homeline", "M-5", 1, [_line("PAN", 2_790, 4)]),
    )
    for shop, external_id, days_ago, lines in bought:
        body = {
            "external_id": f"{shop.upper()}-{external_id}",
            "occurred_at": (clock.now() - dt.timedelta(days=days_ago)).isoformat(),
            "outlet": partners.list_outlets(made.shops[shop].id)[0].code,
            "member": {"kind": "card", "value": MEMBER_CARD},
            "currency": CURRENCY,
            "lines": [{**line, "no": no} for no, line in enumerate(lines, 1)],
        }
        [recorded] = purchases.record(made.shops[shop].id, [purchases.read(body)])
        if isinstance(recorded, purchases.Refused):
            raise recorded.refusal


def _leave_work(made: Made) -> None:
    """A draft that nobody has finished, and another that waits for a second marketer."""
    program_id, actor = made.program.id, f"user:{made.staff_ids['marketer']}"
    wash = _promotion(
        "wash-day",
        ("A clean car on Tuesdays", "Чистая машина по вторникам"),
        _credit("fixed", points=150),
        sponsor={"partner": "petrogo", "share_bp": 10_000},
        events=["receipt.closed"],
        when={
            "all": [
                _at("petrogo"),
                _leaf("event.weekday", "eq", 2),
                {"lines": {"where": _leaf("sku", "eq", "WASH"), "agg": "count", "op": "gte", "v": 1}},
            ]
        },
        limits=[_limit("uses", 1, "member", "week")],
        to=(clock.now().replace(microsecond=0) + _LASTS).isoformat(),
    )
    early = _promotion(
        "early-birds",
        ("Early birds", "Ранние пташки"),
        _credit("percent", bp=300),
        events=["receipt.closed"],
        when={"all": [_leaf("event.hour", "lt", 9), _leaf("event.hour", "gte", 21)]},
    )
    before = audit.origin()
    audit.set_origin(audit.Origin(actor))
    for one in (early, wash):
        transact(partial(promotions.save_draft, program_id, one["id"], one, actor=actor))
    transact(lambda: promotions.submit(program_id, "wash-day", "PetroGo's washes stand empty on Tuesdays."))
    audit.set_origin(before)


def _promotion(code: str, name: tuple[str, str], *effects: Document, **facts: Any) -> Document:
    return {"id": code, "name": {"en": name[0], "ru": name[1]}, "effects": list(effects), **facts}


def _credit(calc: str, **facts: Any) -> Document:
    own: Document = {name: facts.pop(name) for name in ("where", "expire_days") if name in facts}
    return {"kind": "points.credit", "currency": "BON", "calc": {"type": calc, **facts}, **own}


def _limit(metric: str, value: int, per: str, period: str) -> Document:
    return {"metric": metric, "value": value, "per": per, "period": period}


def _leaf(field: str, op: str, value: Any) -> Document:
    return {"f": field, "op": op, "v": value}


def _at(partner: str) -> Document:
    return _leaf("partner.id", "eq", partner)


def _line(sku: str, price: int, pieces: int = 1) -> Document:
    name = next(item.name_en for _, item in _GOODS if item.sku == sku)
    return {"sku": sku, "name": name, "qty_m": pieces * 1_000, "price": price, "amount": pieces * price}
