"""Categories are a tree of the program's own, never a circle, never too deep."""

from __future__ import annotations

import pytest
from flask import Flask

from catalog import rewards
from coalition.kernel.db import transact
from coalition.kernel.errors import Conflict, Invalid, NotFound
from tests.builders import a_program
from tests.catalog.builders import an_offer
from tests.catalog.rewards.builders import a_shop


def _new(program_id: int, code: str, parent_id: int | None = None, **how: object) -> rewards.Category:
    return transact(
        lambda: rewards.create_category(program_id, code, name_en=code, name_ru=code, parent_id=parent_id, **how)
    )


@pytest.fixture
def program_id(app: Flask) -> int:
    return transact(lambda: a_program().id)


def test_a_category_moves_with_all_that_is_below_it(program_id: int) -> None:
    top, other = _new(program_id, "top"), _new(program_id, "other")
    middle = _new(program_id, "middle", top.id)
    leaf = _new(program_id, "leaf", middle.id)
    assert leaf.path == (top.id, middle.id)

    transact(lambda: rewards.move_category(program_id, middle.id, other.id))
    assert rewards.category(program_id, "leaf").path == (other.id, middle.id)

    transact(lambda: rewards.move_category(program_id, middle.id, None))
    assert rewards.category(program_id, "leaf").path == (middle.id,)
    assert [one.code for one in rewards.all_categories(program_id)] == ["top", "other", "middle", "leaf"]


def test_no_category_hangs_below_itself_or_too_deep(program_id: int) -> None:
    chain = [_new(program_id, "c0")]
    for at in range(1, 6):
        chain.append(_new(program_id, f"c{at}", chain[-1].id))

    with pytest.raises(Invalid):
        transact(lambda: rewards.move_category(program_id, chain[0].id, chain[2].id))
    with pytest.raises(Invalid):
        transact(lambda: rewards.move_category(program_id, chain[0].id, chain[0].id))
    with pytest.raises(Invalid):
        _new(program_id, "c6", chain[-1].id)
    top = _new(program_id, "top")
    with pytest.raises(Invalid):
        transact(lambda: rewards.move_category(program_id, chain[0].id, top.id))


def test_a_category_belongs_to_one_program(program_id: int) -> None:
    foreign = _new(transact(lambda: a_program().id), "foreign")

    with pytest.raises(NotFound):
        _new(program_id, "mine", foreign.id)
    with pytest.raises(NotFound):
        transact(lambda: rewards.move_category(program_id, foreign.id, None))
    with pytest.raises(NotFound):
        rewards.category(program_id, "foreign")


def test_a_code_is_used_once_and_a_kind_is_one_of_ours(program_id: int) -> None:
    _new(program_id, "home")

    with pytest.raises(Conflict, match="code_in_use"):
        _new(program_id, "home")
    with pytest.raises(Invalid):
        _new(program_id, "other", kind="lottery")


def test_what_is_on_a_shelf_is_found_on_the_one_above_and_by_a_new_name(app: Flask) -> None:
    shop = a_shop()
    top = _new(shop.program.id, "top")
    home = rewards.category(shop.program.id, "home")
    transact(lambda: rewards.move_category(shop.program.id, home.id, top.id))
    shop.supplies("first", an_offer("F1"))
    assert [one.code for one in rewards.categories(shop.program.id)] == ["home", "top"]

    names = {"name_en": "Garden", "name_ru": "Сад", "icon": "box", "artwork": "box", "position": 1}
    transact(lambda: rewards.change_category(shop.program.id, home.id, **names))
    transact(lambda: rewards.index(10))

    assert (shop.found(category="top"), shop.found(category="home"), shop.found(q="сады")) == (["F1"],) * 3
