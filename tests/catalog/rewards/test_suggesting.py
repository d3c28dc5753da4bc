"""A supplier's categories on our shelves: suggested by their names and neighbours, mapped by people."""

from __future__ import annotations

import io

import pytest
from flask import Flask

from catalog import rewards, suppliers
from catalog.jobs.feeds import carry_out, publish
from catalog.rewards import RewardQuery
from coalition.kernel import ports
from coalition.kernel.db import db, fetch_all, transact
from coalition.kernel.errors import Invalid
from coalition.ports import FileStore
from tests.builders import a_program
from tests.catalog.builders import a_file, a_supplier, an_offer

_PATHS = {"10": "Kitchen", "11": "Kettles", "12": "Бытовая техника", "13": "Qwerty"}


@pytest.fixture
def supplier(app: Flask) -> suppliers.Supplier:
    """A supplier with five unmapped categories, two of them under one parent."""

    def create() -> suppliers.Supplier:
        program = a_program()
        for code, name_en, name_ru in (
            ("home", "Home", "Дом"),
            ("kettles", "Kettles and teapots", "Чайники"),
            ("appliances", "Appliances", "Бытовая техника"),
        ):
            rewards.create_category(program.id, code, name_en=name_en, name_ru=name_ru)
        return a_supplier(program)

    found = transact(create)
    names = "".join(
        f'<category id="{code}"{" parentId=" + chr(34) + "10" + chr(34) if code == "11" else ""}>{name}</category>'
        for code, name in _PATHS.items()
    )
    offers = [an_offer(f"A{at}", categoryId=code) for code in _PATHS for at in (code, code + "x")]
    content = a_file(*offers).replace(b"</categories>", f"{names}</categories>".encode())
    db.session.rollback()
    ports.get(FileStore).put("uploads/suggest", io.BytesIO(content))
    feed = transact(lambda: suppliers.create_feed(found.id, "main"))
    carry_out(transact(lambda: suppliers.open_run(feed.id, file_key="uploads/suggest")).id)
    return found


def test_a_category_is_suggested_by_its_name_in_either_language(supplier: suppliers.Supplier) -> None:
    found = {one.category: one for one in rewards.unmapped_categories(supplier.id)}

    assert set(found) == {"Kitchen", "Kitchen/Kettles", "Бытовая техника", "Qwerty"}
    assert found["Kitchen/Kettles"].suggestions[0].code == "kettles"
    assert (found["Бытовая техника"].suggestions[0].code, found["Бытовая техника"].suggestions[0].likeness) == (
        "appliances",
        100,
    )
    assert (found["Qwerty"].suggestions, found["Qwerty"].offers) == ((), 2)


def test_a_category_is_suggested_by_where_its_neighbours_are(supplier: suppliers.Supplier) -> None:
    transact(lambda: rewards.approve_mapping(supplier.id, {"Kitchen/Cups": "home"}))

    found = {one.category: one for one in rewards.unmapped_categories(supplier.id)}

    assert "home" in [one.code for one in found["Kitchen/Kettles"].suggestions]


def test_what_a_person_maps_goes_on_sale(supplier: suppliers.Supplier) -> None:
    before = rewards.count(supplier.program_id, RewardQuery())

    transact(lambda: rewards.approve_mapping(supplier.id, {"Kitchen/Kettles": "kettles"}))
    transact(lambda: publish(supplier.id))

    assert (before, rewards.count(supplier.program_id, RewardQuery())) == (0, 2)
    assert "category.map" in {row.action for row in fetch_all("SELECT action FROM audit")}


def test_nothing_is_mapped_to_a_shelf_that_does_not_exist(supplier: suppliers.Supplier) -> None:
    with pytest.raises(Invalid, match="unknown_category"):
        transact(lambda: rewards.approve_mapping(supplier.id, {"Kitchen": "kettles", "Qwerty": "nowhere"}))

    assert len(rewards.unmapped_categories(supplier.id)) == 4
