"""Shelves and codes in the catalog's console: nothing is mapped unasked; a file of codes is taken whole or not."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from catalog import rewards, suppliers
from coalition.kernel.db import transact
from tests.catalog.rewards.test_pooling import _offer, _shop
from tests.coalition.console.conftest import signed_in

DESK = "/console/catalog"


@pytest.fixture
def world(app: Flask) -> Any:
    """A gift card with a pool of three codes."""
    return _shop(["AAA-1", "AAA-2", "AAA-3"])


@pytest.fixture
def keeper(app: Flask, world: Any) -> FlaskClient:
    return signed_in(app, "keeper@coral.test", "catalog")


def send(keeper: FlaskClient, world: Any, text: bytes) -> Any:
    data = {"file": (io.BytesIO(text), "codes.csv"), "program": world.program.code}
    return keeper.post(f"{DESK}/codes/{_offer(world)}", data=data, content_type="multipart/form-data")


def free(world: Any) -> int:
    return transact(lambda: rewards.code_pools(world.program.id))[0].free


def test_codes_are_added_once(keeper: FlaskClient, world: Any) -> None:
    shown = keeper.get(f"{DESK}/codes?program={world.program.code}").text
    done = send(keeper, world, b"code\nAAA-3\nBBB-1\nBBB-2\n")

    assert "Gift card" in shown
    assert done.status_code == 200
    assert "2 codes added" in done.text
    assert "1 was known already" in done.text
    assert free(world) == 5
    assert "AAA-1" not in done.text


@pytest.mark.parametrize("text", [b"", b"BBB-1\n\n" + b"x" * 300, b"\xff\xfe\x00"])
def test_a_file_that_holds_no_codes_adds_none(keeper: FlaskClient, world: Any, text: bytes) -> None:
    assert send(keeper, world, text).status_code in (200, 422)
    assert free(world) == 3


def test_a_file_is_needed_and_another_pool_is_not_found(keeper: FlaskClient, world: Any) -> None:
    assert keeper.post(f"{DESK}/codes/{_offer(world)}", data={"program": world.program.code}).status_code == 422
    data = {"file": (io.BytesIO(b"x"), "codes.csv"), "program": world.program.code}
    assert keeper.post(f"{DESK}/codes/999", data=data, content_type="multipart/form-data").status_code == 404


def test_a_category_goes_on_a_shelf_when_somebody_says_so(app: Flask, unsorted: suppliers.Supplier) -> None:
    keeper = signed_in(app, "keeper@coral.test", "catalog")
    page = f"{DESK}/suppliers/{unsorted.code}/categories"

    shown = keeper.get(page).text
    paths = re.findall(r'name="path" value="([^"]+)"', shown)
    at = paths.index("Kitchen/Kettles")
    nothing = keeper.post(page, data={"path": paths})
    wrong = keeper.post(page, data={"path": paths, f"shelf-{at}": "no-such-shelf"})
    done = keeper.post(page, data={"path": paths, f"shelf-{at}": "kettles"})

    assert "most like: Kettles and teapots" in shown
    assert [one.status_code for one in (nothing, wrong, done)] == [303, 422, 303]
    left = {one.category for one in transact(lambda: rewards.unmapped_categories(unsorted.id))}
    assert left == set(paths) - {"Kitchen/Kettles"}
    found = transact(lambda: rewards.search(unsorted.program_id, rewards.RewardQuery(category="kettles"))).items
    assert len(found) == 2


def test_codes_speak_russian(keeper: FlaskClient, world: Any) -> None:
    text = keeper.get(f"{DESK}/codes?program={world.program.code}", headers={"Accept-Language": "ru"}).text

    assert "Коды и остатки" in text
