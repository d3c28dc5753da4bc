"""Assortments: each program shows its own choice, at its own margins, and another's only if both agree."""

from __future__ import annotations

import pytest
from flask import Flask

from catalog import rewards
from coalition.kernel.db import transact
from coalition.kernel.errors import Invalid, NotFound
from coalition.kernel.laws import offending
from tests.catalog.builders import an_offer
from tests.catalog.rewards.builders import PEN, Shop, a_shop


@pytest.fixture
def shops(app: Flask) -> tuple[Shop, Shop]:
    """Two programs, each with a supplier of its own; the first one's sells two things."""
    ours, theirs = a_shop("ours"), a_shop("theirs")
    ours.supplies("first", an_offer("F1", price="10", barcode=PEN), an_offer("F2", price="20"))
    theirs.supplies("second", an_offer("S1", price="11", barcode=PEN))
    return ours, theirs


def _take(ours: Shop, theirs: Shop, **how: object) -> None:
    supplier_id = ours.suppliers["first"].id
    transact(lambda: rewards.share_supplier(ours.program.id, supplier_id, theirs.program.id))
    transact(lambda: rewards.assort(theirs.program.id, supplier_id=supplier_id, **how))
    transact(lambda: rewards.publish(supplier_id))


def test_programs_see_nothing_of_each_other(shops: tuple[Shop, Shop]) -> None:
    ours, theirs = shops

    assert (ours.found(), theirs.found()) == (["F1", "F2"], ["S1"])
    with pytest.raises(NotFound):
        rewards.get(theirs.program.id, ours.one("F2").id)


def test_a_supplier_is_shown_elsewhere_only_if_its_program_shares_it_and_the_other_takes_it(
    shops: tuple[Shop, Shop],
) -> None:
    ours, theirs = shops
    supplier_id = ours.suppliers["first"].id

    with pytest.raises(NotFound):
        transact(lambda: rewards.assort(theirs.program.id, supplier_id=supplier_id))
    with pytest.raises(NotFound):
        transact(lambda: rewards.share_supplier(theirs.program.id, supplier_id, ours.program.id))
    transact(lambda: rewards.share_supplier(ours.program.id, supplier_id, theirs.program.id))
    transact(lambda: rewards.publish(supplier_id))
    assert theirs.found() == ["S1"]

    transact(lambda: rewards.assort(theirs.program.id, supplier_id=supplier_id))
    transact(lambda: rewards.publish(supplier_id))
    assert theirs.found() == ["F1", "F2"]  # one card for the pen, the cheaper offer
    assert [law.code for law in rewards.laws() if offending(law)] == []

    transact(lambda: rewards.unshare_supplier(ours.program.id, supplier_id, theirs.program.id))
    transact(lambda: rewards.publish(supplier_id))
    assert theirs.found() == ["S1"]
    assert ours.found() == ["F1", "F2"]


def test_each_program_has_its_own_margin_the_narrowest_first(shops: tuple[Shop, Shop]) -> None:
    ours, theirs = shops
    _take(ours, theirs, margin_bp=1_000)
    home = rewards.category(theirs.program.id, "home")

    assert (ours.one("F2").points, theirs.one("F2").points) == (2_000, 2_200)

    transact(lambda: rewards.assort(theirs.program.id, category_id=home.id, margin_bp=5_000))
    transact(lambda: rewards.republish(theirs.program.id))
    assert (theirs.one("F2").points, theirs.one("S1").points) == (2_200, 1_650)

    supplier_id = ours.suppliers["first"].id
    transact(lambda: rewards.assort(theirs.program.id, supplier_id=supplier_id, category_id=home.id, margin_bp=2_000))
    transact(lambda: rewards.republish(theirs.program.id))
    assert (ours.one("F2").points, theirs.one("F2").points) == (2_000, 2_400)


def test_what_any_decision_hides_is_hidden_in_this_program_only(shops: tuple[Shop, Shop]) -> None:
    ours, theirs = shops
    _take(ours, theirs)
    home = rewards.category(theirs.program.id, "home")

    transact(lambda: rewards.assort(theirs.program.id, category_id=home.id, shown=False))
    transact(lambda: rewards.republish(theirs.program.id))

    assert (ours.found(), theirs.found()) == (["F1", "F2"], [])


def test_a_program_hides_its_own_supplier_and_shows_it_again(shops: tuple[Shop, Shop]) -> None:
    ours, _ = shops
    supplier_id = ours.suppliers["first"].id

    for shown, found in ((False, []), (True, ["F1", "F2"])):
        transact(lambda shown=shown: rewards.assort(ours.program.id, supplier_id=supplier_id, shown=shown))
        transact(lambda: rewards.republish(ours.program.id))
        assert ours.found() == found
    assert rewards.assortment(ours.program.id) == [rewards.Assorted(supplier_id, None, True, None)]


def test_a_decision_is_about_something_that_the_program_has(shops: tuple[Shop, Shop]) -> None:
    ours, theirs = shops
    foreign = rewards.category(theirs.program.id, "home")

    with pytest.raises(NotFound):
        transact(lambda: rewards.assort(ours.program.id, category_id=foreign.id))
    with pytest.raises(Invalid):
        transact(lambda: rewards.assort(ours.program.id))
