"""Tables of tariffs, zones, points and grants: all of a table counts, or nothing of it and every wrong row is named."""

from __future__ import annotations

import pytest
from flask import Flask

from catalog import pricing
from catalog.pricing import RowProblem
from coalition.kernel import ids
from coalition.kernel.db import fetch_all, transact
from coalition.kernel.errors import Invalid
from tests.catalog.pricing.worlds import PriceWorld, a_price_world

TARIFFS = (
    "carrier;service;zone;from_g;to_g;valid_from;valid_to;base_minor;per_kg_minor;free_from_points;days_min;days_max\n"
)


@pytest.fixture
def world(app: Flask) -> PriceWorld:
    return transact(a_price_world)


def _tariffs(world: PriceWorld, *rows: str, dry_run: bool = False) -> pricing.Imported:
    content = b"\xef\xbb\xbf" + (TARIFFS + "\n".join(rows)).encode()
    return transact(lambda: pricing.import_tariffs(world.program.id, content, dry_run=dry_run))


def test_a_good_table_counts_in_whole(world: PriceWorld) -> None:
    rows = [
        "dpd;classic;riga;0;1000;2026-01-01;;300;0;;1;2",
        "",
        "dpd;classic;riga;1001;5000;2026-01-01;;400;50;9000;1;2",
    ]

    assert _tariffs(world, *rows, dry_run=True) == pricing.Imported(2, [])
    assert pricing.tariffs_of(world.program.id) == []
    assert _tariffs(world, *rows) == pricing.Imported(2, [])
    assert [(one.from_g, one.to_g, one.base_minor) for one in pricing.tariffs_of(world.program.id)] == [
        (0, 1000, 300),
        (1001, 5000, 400),
    ]


def test_of_a_table_with_wrong_rows_nothing_counts_and_each_is_named(world: PriceWorld) -> None:
    told = _tariffs(
        world,
        "dpd;classic;riga;0;1000;2026-01-01;;300;0;;1;2",
        "dpd;classic;riga;500;900;2026-01-01;;300;0;;1;2",
        "dpd;classic;riga;x;900;2026-01-01;;300;0;;1;2",
        "dpd;classic;x;0;900;01.01.2026;;300;0;;1;2",
        "dpd;classic;x;0;900;2026-01-01;;300;0;;3;2",
        "dpd",
    )

    assert told.rows == 6
    assert told.problems == [
        RowProblem(3, "", "tariff_overlaps", ""),
        RowProblem(4, "from_g", "not_an_integer", "x"),
        RowProblem(5, "valid_from", "not_a_date", "01.01.2026"),
        RowProblem(6, "days_max", "invalid", "2"),
        RowProblem(7, "from_g", "not_an_integer", ""),
    ]
    assert pricing.tariffs_of(world.program.id) == []


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"a,b\n1,2\n", TARIFFS.replace("zone;", "").encode()])
def test_what_is_no_such_table_is_refused(world: PriceWorld, content: bytes) -> None:
    with pytest.raises(Invalid):
        transact(lambda: pricing.import_tariffs(world.program.id, content))


def test_zones_and_points_come_by_tables_too(world: PriceWorld) -> None:
    zones = b"carrier,country,kind,prefix,zone\ndpd,lv,postal,LV-10,riga\ndpd,LV,region,Riga,riga\n"
    wrong = b"carrier,country,kind,prefix,zone\ndpd,LV,planet,,x\n"
    points = "carrier,code,name,country,city,postal_code,address,hours\ndpd,R1,Rīga,LV,Rīga,LV-1010,Brīvības 1,8-22\n"

    assert transact(lambda: pricing.import_zones(world.program.id, zones)).problems == []
    assert transact(lambda: pricing.import_zones(world.program.id, wrong)).problems == [
        RowProblem(2, "kind", "invalid", "planet")
    ]
    assert transact(lambda: pricing.import_points(world.program.id, points.encode())).rows == 1
    assert [one.prefix for one in pricing.zones_of(world.program.id, "dpd")] == ["LV10", "riga"]
    assert [one.city for one in pricing.pickup_points(world.program.id)] == ["Rīga"]


def test_grants_come_by_a_table_that_names_members(world: PriceWorld) -> None:
    transact(lambda: world.rule("gift", segment=None))
    member = ids.public("mbr", world.member_id)
    head = "rule,member,value,valid_to,uses\n"

    wrong = f"{head}gift,card:nobody,,2030-01-01,\nnone,{member},,2030-01-01,\ngift,{member},20000,2030-01-01,\n"
    told = transact(lambda: pricing.import_grants(world.program.id, wrong.encode()))
    good = transact(
        lambda: pricing.import_grants(world.program.id, f"{head}gift,{member},2500,2030-01-01,3\n".encode())
    )

    assert [(one.line, one.column, one.code) for one in told.problems] == [
        (2, "member", "unknown_member"),
        (3, "", "not_found"),
        (4, "value", "invalid"),
    ]
    assert (good.rows, good.problems) == (1, [])
    assert [tuple(row) for row in fetch_all("SELECT value, uses FROM price_grant")] == [(2500, 3)]
    assert world.points()[0] == 750
