"""Coupons of the demo: flyers that a worker prints, one word for everybody, and two codes that the member was given."""

from __future__ import annotations

from coalition import members
from coalition.kernel import clock
from coalition.kernel.db import transact
from coalition.promotions import coupons
from coalition.promotions.coupons import Gift, Order
from integrations.demo.seeding.partners_side import MEMBER_CARD, Made

_BATCHES = (
    Order("flyers", "Autumn flyers", "Осенние листовки", opens="AUTUMN", wanted=5_000, member_uses_max=2),
    Order("sale10", "Sale of the year", "Большая распродажа", kind="shared", word="SALE10", member_uses_max=1),
    Order("thanks", "Thank you", "Спасибо", kind="issued", valid_days=60),
)


def leave(made: Made) -> None:
    """Order the batches; the printed one is made by the demo's worker once it runs."""
    transact(lambda: _order(made))


def _order(made: Made) -> None:
    program_id = made.program.id
    for order in _BATCHES:
        coupons.order(program_id, order)
    shop = made.shops["freshmart"]
    found = members.recognise(program_id, shop.id, [("card", MEMBER_CARD)])[("card", MEMBER_CARD)]
    coupons.issue(program_id, [Gift("thanks", found.member_id, 2, "demo", clock.now())])
