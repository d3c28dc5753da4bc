"""Carriers' tariffs: the zone of the longest prefix, the weight that counts, and never a delivery that has no price."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from flask import Flask
from sqlalchemy.exc import IntegrityError

from catalog import pricing
from catalog.ports import Address
from catalog.pricing import PickupPoint, Service, Size, Tariff, Zone
from coalition.kernel.db import execute, fetch_all, transact
from coalition.kernel.errors import Conflict, Invalid, NotFound
from tests.catalog.orders.builders import HOME
from tests.catalog.pricing.worlds import PriceWorld, a_price_world

FIRST = dt.date(2026, 1, 1)
ROW = Tariff("dpd", "classic", "riga", 0, 5000, FIRST, None, 300, per_kg_minor=101, days_min=1, days_max=2)


@pytest.fixture
def world(app: Flask) -> PriceWorld:
    """Rewards of half a kilogram, whose first supplier sends by dpd: in Riga, elsewhere in Latvia, not abroad."""
    world = transact(a_price_world)
    transact(lambda: _send_by(world, "courier", None))
    zones = [Zone("dpd", "LV", "postal", "", "latvia"), Zone("dpd", "LV", "postal", "LV-10", "riga")]
    transact(lambda: pricing.set_zones(world.program.id, [*zones, Zone("dpd", "LV", "region", "Jūrmala", "riga")]))
    transact(lambda: pricing.add_tariff(world.program.id, ROW))
    transact(lambda: pricing.add_tariff(world.program.id, replace(ROW, zone="latvia", base_minor=500)))
    return world


def _send_by(world: PriceWorld, kind: str, divisor: int | None) -> None:
    service = Service("dpd", "dpd", "classic", kind, divisor)
    pricing.set_service(world.program.id, world.shelves[0].supplier_id, service)


def _quote(world: PriceWorld, address: Address | None = HOME, qty: int = 1, **how: Any) -> pricing.Quote:
    line = (world.shelves[0].reward_id, qty)
    return transact(
        lambda: pricing.quote(
            world.program.id, world.member_id, [line], None, address, partner_id=world.partner.id, **how
        )
    )


def _at(postal_code: str, city: str = "Riga", country: str = "LV") -> Address:
    return replace(HOME, postal_code=postal_code, city=city, country=country)


@pytest.mark.parametrize(
    ("address", "points", "zone"),
    [
        (_at("LV-1010"), 351, "riga"),
        (_at("lv1099"), 351, "riga"),
        (_at("LV-3001", "Jelgava"), 551, "latvia"),
        (_at("", "jūrmala"), 351, "riga"),
        (_at("", ""), 551, "latvia"),
        (None, 551, "latvia"),
    ],
)
def test_the_longest_prefix_of_postal_code_or_city_is_the_zone(
    world: PriceWorld, address: Address | None, points: int, zone: str
) -> None:
    (option,) = _quote(world, address).deliveries

    assert (option.points, option.cost_minor, option.zone, option.chargeable_g) == (points, points, zone, 500)


def test_where_no_row_fits_nothing_is_sent_and_never_for_free(world: PriceWorld) -> None:
    for address, qty in ((_at("101000", "Moscow", "RU"), 1), (HOME, 11)):
        with pytest.raises(Invalid, match="undeliverable"):
            _quote(world, address, qty)
    transact(lambda: execute("UPDATE carrier_tariff SET valid = daterange('2026-01-01', '2026-01-02')"))
    with pytest.raises(Invalid, match="undeliverable"):
        _quote(world)


def test_what_has_no_weight_cannot_be_sent_nor_what_has_no_size_where_sizes_count(world: PriceWorld) -> None:
    transact(lambda: _send_by(world, "courier", 5000))
    with pytest.raises(Invalid, match="undeliverable"):
        _quote(world)

    (offer_id,) = fetch_all(
        "SELECT offer_id FROM reward_prices WHERE reward_id = :id", {"id": world.shelves[0].reward_id}
    )[0]
    transact(lambda: pricing.set_sizes({offer_id: Size(300, 200, 100)}))
    assert _quote(world).deliveries[0].chargeable_g == 1200  # 6,000 cm3 / 5,000, more than its 500 g
    assert _quote(world, qty=2).deliveries[0].chargeable_g == 2400
    transact(lambda: pricing.set_sizes({offer_id: Size(100, 100, 100)}))
    assert _quote(world).deliveries[0].chargeable_g == 500
    transact(lambda: execute("UPDATE offer SET weight_g = NULL WHERE id = :id", {"id": offer_id}))
    with pytest.raises(Invalid):
        _quote(world)


def test_goods_from_a_price_on_are_sent_free_but_the_carrier_is_paid(world: PriceWorld) -> None:
    transact(lambda: execute("UPDATE carrier_tariff SET free_from_points = 3000"))

    assert [_quote(world, qty=qty).delivery_points for qty in (2, 3)] == [401, 0]
    assert _quote(world, qty=3).deliveries[0].cost_minor == 452


def test_a_personal_offer_lowers_what_the_member_pays_for_delivery(world: PriceWorld) -> None:
    transact(lambda: world.rule("parcel", scope="delivery", effect="fixed", value=99, floor_points=0))

    (option,) = _quote(world).deliveries

    assert (option.points, option.base_points, option.cost_minor) == (99, 351, 351)


def test_a_suppliers_flat_options_count_while_it_has_no_service(world: PriceWorld) -> None:
    supplier_id = world.shelves[0].supplier_id
    transact(
        lambda: pricing.offer_delivery(
            supplier_id, "courier", kind="courier", points=77, cost_minor=70, days_min=1, days_max=1
        )
    )

    assert _quote(world).deliveries[0].code == "dpd"
    transact(lambda: pricing.remove_service(supplier_id, "dpd"))
    assert _quote(world).delivery_points == 77


def test_an_address_prices_delivery_anew_and_the_order_takes_it_so(world: PriceWorld) -> None:
    quoted = _quote(world, None)

    addressed = transact(lambda: pricing.deliver_to(quoted, None, HOME))

    assert (quoted.delivery_points, addressed.delivery_points) == (551, 351)
    assert transact(lambda: pricing.confirm(world.program.id, world.member_id, quoted.id)).points == 1351


def test_a_parcel_that_is_fetched_needs_a_point_which_has_its_own_zone(world: PriceWorld) -> None:
    transact(lambda: _send_by(world, "pickup", None))
    points = [
        PickupPoint("dpd", "RIX1", "Pickup Riga", "LV", "Riga", "LV-1010", "Brivibas 1", "8-22"),
        PickupPoint("dpd", "JEL1", "Pickup Jelgava", "LV", "Jelgava", "LV-3001", "Liela 1", "9-18"),
    ]
    transact(lambda: pricing.set_points(world.program.id, "dpd", points))

    fetched = _quote(world, HOME, pickup_code="dpd:JEL1")

    assert (fetched.delivery_points, fetched.pickup_code) == (551, "dpd:JEL1")
    homeless = _quote(world)
    with pytest.raises(Invalid, match="pickup_point_missing"):
        transact(lambda: pricing.confirm(world.program.id, world.member_id, homeless.id))
    with pytest.raises(Invalid, match="unknown_pickup_point"):
        _quote(world, HOME, pickup_code="dpd:NOWHERE")
    assert transact(lambda: pricing.deliver_to(fetched, None, HOME, "dpd:RIX1")).delivery_points == 351
    assert [one.code for one in pricing.pickup_points(world.program.id, city="jel")] == ["JEL1"]
    transact(lambda: pricing.set_points(world.program.id, "dpd", points[:1], replace=True))
    assert [one.code for one in pricing.pickup_points(world.program.id)] == ["RIX1"]


def test_rows_that_overlap_cannot_be_entered_by_anybody(world: PriceWorld) -> None:
    with pytest.raises(Conflict, match="tariff_overlaps"):
        transact(lambda: pricing.add_tariff(world.program.id, replace(ROW, from_g=5000, to_g=9000)))
    with pytest.raises(IntegrityError) as refused:
        transact(lambda: execute("UPDATE carrier_tariff SET zone = 'riga'"))

    assert isinstance(refused.value.orig, psycopg.errors.ExclusionViolation)


def test_another_price_follows_from_the_day_after_the_last_one(world: PriceWorld) -> None:
    riga = pricing.tariffs_of(world.program.id)[0]
    yesterday, today = dt.date(2026, 11, 1), dt.date(2026, 11, 2)

    transact(lambda: pricing.end_tariff(world.program.id, riga.id, yesterday))
    transact(lambda: pricing.add_tariff(world.program.id, replace(ROW, valid_from=today, base_minor=1000)))

    assert _quote(world).delivery_points == 1051
    with pytest.raises(Invalid):
        transact(lambda: pricing.end_tariff(world.program.id, riga.id, today))
    with pytest.raises(NotFound):
        transact(lambda: pricing.end_tariff(world.program.id + 1, riga.id, yesterday))


@pytest.mark.parametrize(
    "change",
    [{"to_g": -1}, {"from_g": 6000}, {"base_minor": -1}, {"days_max": 0}, {"free_from_points": 0}, {"carrier": ""}],
)
def test_a_row_that_makes_no_sense_is_refused(world: PriceWorld, change: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        transact(lambda: pricing.add_tariff(world.program.id, replace(ROW, zone="x", **change)))


def test_whoever_only_looks_around_sees_the_lowest_price_of_a_service(world: PriceWorld) -> None:
    supplier_id = world.shelves[0].supplier_id

    (option,) = pricing.delivery_options([supplier_id])[supplier_id]

    assert (option.code, option.kind, option.points, option.days_min) == ("dpd", "courier", 300, 1)
