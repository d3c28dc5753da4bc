"""A year of shopping before the demo opens, so that balances, expiries and statements have something to say.

The receipts are small, generated and the same every time; real ones come with `make demo-real`.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from itertools import groupby

from catalog import suppliers
from catalog.jobs.feeds import carry_out
from coalition import ledger, members, purchases
from coalition.kernel import clock
from coalition.kernel.db import transact
from coalition.kernel.idempotency import request_hash
from coalition.purchases import Line, Receipt
from integrations.demo.seeding.partners_side import CURRENCY, MEMBER_CARD, SHOPS, ZONE, Made, Shop
from settlement import statements

_MONTHS = 11
_OTHERS = 24
_GOODS = {
    "freshmart": (("MILK", "Milk 2.5 %, 1 l", 135), ("BREAD", "Rye bread", 189), ("CHEESE", "Gouda, 400 g", 549)),
    "petrogo": (("E95", "Petrol 95", 1589), ("DIESEL", "Diesel", 1549), ("WASH", "Car wash", 1200)),
    "homeline": (("LAMP", "Desk lamp", 3490), ("PAN", "Frying pan, 28 cm", 2790), ("TOWEL", "Bath towel", 1290)),
}
_ANNAS = {"freshmart": 10, "petrogo": 5, "homeline": 3}  # purchases a month


def import_feeds(feed_ids: list[int]) -> None:
    """Fetch and import every supplier's feed once."""
    for feed_id in feed_ids:
        carry_out(transact(partial(suppliers.request_run, feed_id)).id)


def replay(made: Made) -> None:
    """Record the receipts of the past year, a week and partner at a time; some other members shop, too."""
    cards = transact(lambda: _enrol_others(made))
    past = [(receipt, shop) for shop in SHOPS for receipt in _receipts(shop, cards)]
    past.sort(key=lambda pair: (pair[0].occurred_at.isocalendar()[:2], pair[1].code))
    for (_, code), batch in groupby(past, key=lambda pair: (pair[0].occurred_at.isocalendar()[:2], pair[1].code)):
        transact(partial(purchases.record, made.shops[code].id, [receipt for receipt, _ in batch]))
    for number, card in enumerate(cards):
        for months_ago in range(1, 5):
            transact(partial(_pay_with_points, made, SHOPS[(number + months_ago) % len(SHOPS)], card, months_ago))


def close_old_periods(made: Made) -> None:
    """Close every month but the last one that has ended, and the running one."""
    last = clock.add_months(clock.local_date(clock.now(), ZONE).replace(day=1), -1)
    for months in range(_MONTHS, 0, -1):
        month = clock.month_code(clock.add_months(last, -months))
        transact(partial(statements.close, made.program.id, month))


def _receipts(shop: Shop, others: list[str]) -> Iterator[Receipt]:
    dice = random.Random(shop.code)  # noqa: S311 - the same history every time, not a secret
    today = clock.local_date(clock.now(), ZONE)
    first = clock.add_months(today.replace(day=1), -_MONTHS - 1)
    number = 0
    for day in (first + dt.timedelta(days=at) for at in range((today - first).days)):
        buyers = [MEMBER_CARD] * (dice.random() < _ANNAS[shop.code] / 30)
        buyers += [card for card in others if dice.random() < 0.06]
        for card in buyers:
            number += 1
            yield _receipt(shop, f"{shop.code.upper()}-{number:06}", day, card, dice)


def _pay_with_points(made: Made, shop: Shop, card: str, months_ago: int) -> None:
    """A member pays a part of a purchase at a till with points: held, then captured by the receipt."""
    program, partner = made.program, made.shops[shop.code]
    member_id = members.identify(program.id, partner.id, [("card", card)])[("card", card)]
    [wallet] = ledger.balances(program.id, member_id)
    dice = random.Random(f"{card}{months_ago}")  # noqa: S311 - the same history every time, not a secret
    month = clock.add_months(clock.local_date(clock.now(), ZONE).replace(day=1), -months_ago)
    receipt = _receipt(shop, f"{shop.code.upper()}-P{card[-3:]}-{months_ago}", month, card, dice)
    receipt = replace(receipt, occurred_at=receipt.occurred_at + dt.timedelta(days=dice.randrange(27)))
    points = min(wallet.available // 4, receipt.total)
    if points <= 0:
        return
    held = ledger.hold(
        wallet.account_id,
        points,
        600,
        program_id=program.id,
        partner_id=partner.id,
        currency_id=wallet.currency_id,
        external_id=receipt.external_id,
        request_hash=receipt.request_hash,
        purpose="till",
    )
    purchases.record(partner.id, [replace(receipt, hold=(held.account_id, held.id))])


def _receipt(shop: Shop, external_id: str, day: dt.date, card: str, dice: random.Random) -> Receipt:
    at = clock.start_of_day(day, ZONE) + dt.timedelta(hours=9, minutes=dice.randrange(720))
    goods = dice.sample(_GOODS[shop.code], k=dice.randint(1, 3))
    lines = []
    for no, (sku, name, price) in enumerate(goods, 1):
        pieces = dice.randint(1, 4 if price < 1000 else 2)
        lines.append(Line(no, price * pieces, pieces * 1000, price, sku, name))
    return Receipt(
        external_id=external_id,
        occurred_at=at,
        outlet=dice.choice(shop.outlets)[0],
        currency=CURRENCY,
        lines=tuple(lines),
        total=sum(line.amount for line in lines),
        member=("card", card),
        channel="pos",
        hold=None,
        points_paid=0,
        payments=(),
        request_hash=request_hash(external_id),
    )


def _enrol_others(made: Made) -> list[str]:
    cards = [f"98430000000{number:05}" for number in range(1, _OTHERS + 1)]
    for card in cards:
        enrolment = members.Enrolment(card, request_hash(card), members.Profile(), (("card", card),))
        members.enrol(made.program.id, made.shops["freshmart"].id, enrolment)
    return cards
