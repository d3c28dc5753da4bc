"""Personal prices and free deliveries that promotions give: from the purchase to the price, and back with the goods."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from catalog import pricing
from catalog.jobs import prices
from coalition import promotions
from coalition.kernel import clock, ids, jobs, outbox
from coalition.kernel.db import execute, fetch_all, fetch_one
from coalition.kernel.laws import offending
from tests.catalog.pricing.worlds import PriceWorld, a_price_world
from tests.coalition.promotions.publishing.builders import ACTOR, a_document
from tests.coalition.purchases.builders import Shop, a_body, a_shop, a_void, bought, give_back

pytestmark = pytest.mark.usefixtures("session")
DAY = dt.timedelta(days=1)
CHEAP = {"kind": "price.override", "sku": "A1", "price": 700, "days": 3_000}


def test_a_purchase_brings_its_member_a_personal_price_that_the_promotion_explains() -> None:
    world, shop = _world(CHEAP)

    bought(shop, a_body(1000))
    _tell()

    reward = _reward("A1")
    assert _points(shop, world) == [700, 1000]
    why = pricing.why(world.program.id, shop.member.id, reward)
    assert (why.points, why.considered[0].state, why.considered[0].name_en) == (700, "applied", "Five percent")
    assert pricing.personal(world.program.id, world.member_id, [reward])[reward].points == 1000
    assert _offences() == []


def test_the_price_book_of_the_member_knows_it() -> None:
    world, shop = _world(CHEAP)
    bought(shop, a_body(1000))
    _tell()

    ranking = pricing.ranking(world.program.id, shop.member.id)

    assert (int(ranking.reward_ids[0]), int(ranking.points[0])) == (_reward("A1"), 700)


def test_a_reward_may_be_named_by_its_id_and_one_that_is_not_sold_is_nobodys() -> None:
    world, shop = _world()
    public = ids.public("rew", _reward("A2"))

    assert pricing.give_perk(_perk(shop, cause="a", sku=public, price=900)) == 1
    assert pricing.give_perk(_perk(shop, cause="b", sku="Z9", price=900)) == 0
    assert _points(shop, world) == [1000, 900]


def test_delivery_is_free_for_as_many_orders_as_the_promotion_says() -> None:
    world, shop = _world({"kind": "delivery.free", "qty": 1, "days": 3_000})

    for supplier_id in {one.supplier_id for one in world.shelves}:
        pricing.offer_delivery(supplier_id, "courier", kind="courier", points=90, cost_minor=90, days_min=1, days_max=2)
    bought(shop, a_body(1000))
    _tell()

    lines = [(world.shelves[0].reward_id, 1), (world.shelves[3].reward_id, 1)]
    quote = pricing.quote(world.program.id, shop.member.id, lines, None, None, partner_id=world.partner.id)
    assert [(one.points, one.base_points) for one in quote.deliveries] == [(0, 90), (90, None)]


def test_a_whole_return_ends_it_and_one_more_purchase_keeps_it() -> None:
    world, shop = _world(CHEAP)
    first, _ = bought(shop, a_body(1000)), bought(shop, a_body(1000))
    _tell()

    give_back(shop, a_void(first))
    _tell()
    kept = _points(shop, world)
    give_back(shop, a_void(first + 1))
    _tell()

    assert (kept, _points(shop, world)) == ([700, 1000], [1000, 1000])
    assert _offences() == []


def test_what_was_taken_back_stays_so_whatever_job_is_late() -> None:
    world, shop = _world(CHEAP)
    give_back(shop, a_void(bought(shop, a_body(1000))))
    outbox.relay()

    late = "SELECT min(id) FROM job WHERE args::text LIKE '%perk%'"
    execute(f"UPDATE job SET due_at = now() + interval '1 hour' WHERE id = ({late})")
    jobs.run_due()
    execute("UPDATE job SET due_at = now() WHERE state = 'due'")
    jobs.run_due()

    assert _points(shop, world) == [1000, 1000]
    assert fetch_all("SELECT FROM price_perk WHERE withdrawn_at IS NULL") == []


def test_pieces_add_up_and_the_later_end_counts() -> None:
    world, shop = _world()

    for cause, uses, days in (("a", 1, 5), ("b", 2, 9), ("b", 2, 9)):
        pricing.give_perk(_perk(shop, cause=cause, uses=uses, until=clock.now() + days * DAY))

    row = fetch_one("SELECT uses, valid_to > now() + interval '8 days' AS late FROM price_grant")
    assert row is not None and tuple(row) == (3, True)
    assert world.program.id == shop.program.id


def test_what_is_over_is_not_given() -> None:
    _, shop = _world()

    assert pricing.give_perk(_perk(shop, until=clock.now() - DAY)) == 0


def _world(effect: dict[str, Any] | None = None) -> tuple[PriceWorld, Shop]:
    world = a_price_world()
    shop = a_shop(world.program, code="till")
    if effect:
        promotions.publish(shop.program.id, [a_document("perk", effect)], actor=ACTOR)
    return world, shop


def _perk(shop: Shop, **more: Any) -> pricing.Perk:
    names = {"promotion": "perk", "name_en": "Perk", "name_ru": "Подарок"}
    facts = {"cause": "a", "kind": "price.override", "sku": "A1", "price": 700, **names, **more}
    return pricing.Perk(program_id=shop.program.id, member_id=shop.member.id, **facts)


def _points(shop: Shop, world: PriceWorld) -> list[int]:
    wanted = [_reward("A1"), _reward("A2")]
    found = pricing.personal(world.program.id, shop.member.id, wanted)
    return [found[one].points for one in wanted]


def _reward(sku: str) -> int:
    row = fetch_one(
        "SELECT r.id FROM reward r JOIN supplier_offers o ON o.offer_id = r.offer_id WHERE o.supplier_sku = :sku",
        {"sku": sku},
    )
    assert row is not None
    return int(row.id)


def _tell() -> None:
    """Hand what promotions have told to the catalog, as the outbox does."""
    rows = fetch_all(
        "UPDATE outbox SET delivered_at = now() WHERE delivered_at IS NULL AND kind LIKE 'promotions.perk%'"
        " RETURNING id, kind, key, payload"
    )
    for row in sorted(rows, key=lambda row: row.id):
        event = outbox.Event(row.id, row.kind, row.key, row.payload)
        (prices.give if row.kind == "promotions.perk" else prices.end)(event)


def _offences() -> list[str]:
    return [law.code for law in pricing.laws() if offending(law)]
