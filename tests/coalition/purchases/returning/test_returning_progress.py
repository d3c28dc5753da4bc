"""Progress and tickets go back with the part of a purchase that had brought them."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from coalition import members, promotions, purchases
from coalition.kernel import ids, jobs
from coalition.kernel.db import transact
from coalition.kernel.laws import offending
from coalition.promotions import holdings
from tests.coalition.members.builders import a_member
from tests.coalition.promotions.publishing.builders import ACTOR, a_document
from tests.coalition.purchases.builders import Shop, a_body, a_line, a_return, a_shop, bought, give_back

AT_LEAST = {"f": "receipt.total", "op": "gte", "v": 1_000}
COFFEE = {"f": "sku", "op": "eq", "v": "S1"}


@pytest.fixture
def shop(app: Flask) -> Shop:
    return a_shop()


def _publish(shop: Shop, *documents: dict[str, Any]) -> None:
    promotions.publish(shop.program.id, documents, actor=ACTOR)


def _progress(by: str = "qty", **more: Any) -> dict[str, Any]:
    return {"kind": "progress.add", "achievement": "card", "by": {"type": by}, **more}


def _held(shop: Shop) -> dict[str, int]:
    return {one.kind: one.value for one in holdings.held(shop.member.id)}


def _lawful() -> bool:
    return [law.code for law in holdings.laws() if offending(law)] == []


def test_pieces_that_come_back_count_no_more_and_those_of_other_lines_do(shop: Shop) -> None:
    _publish(shop, a_document("ten", _progress(where=COFFEE)))
    coffee = a_line(1, 900, qty_m=3_000)
    purchase = bought(shop, {**a_body(), "lines": [coffee, a_line(2, 500, qty_m=5_000)]})

    held = [_held(shop)["progress"]]
    for lines in ({2: 4_000}, {1: 1_000}, {1: 500}, {1: 500, 2: 500}):
        give_back(shop, a_return(purchase, lines))
        held.append(_held(shop)["progress"])
    give_back(shop, a_return(purchase, {1: None, 2: None}))

    assert held == [3, 3, 2, 2, 1]
    assert (_held(shop), _lawful()) == ({}, True)


@pytest.mark.parametrize(
    ("effect", "held"),
    [
        (_progress("amount"), (1_500, 1_000, 800)),
        (_progress("points"), (7, 5, 4)),
        (_progress("event"), (1, 1, 1)),
        (_progress("distinct_days"), (1, 1, 1)),
        ({"kind": "draw.enter", "draw": "card", "each": 500}, (3, 2, 2)),
        ({"kind": "draw.enter", "draw": "card"}, (1, 1, 1)),
    ],
)
def test_what_comes_back_takes_its_share_of_what_was_counted(
    shop: Shop, effect: dict[str, Any], held: tuple[int, ...]
) -> None:
    _publish(shop, a_document("game", effect))
    purchase = bought(shop, a_body(500, 1_000))

    found = [sum(_held(shop).values())]
    for lines in ({1: None}, {2: 200}):
        give_back(shop, a_return(purchase, lines))
        found.append(sum(_held(shop).values()))
    give_back(shop, a_return(purchase, {2: None}))

    assert tuple(found) == held
    assert (_held(shop), _lawful()) == ({}, True)


@pytest.mark.parametrize(("returns", "left"), [("proportional", 4), ("reevaluate", 0), ("none", 6)])
def test_a_return_that_breaks_a_threshold_takes_of_progress_what_the_promotion_says(
    shop: Shop, returns: str, left: int
) -> None:
    _publish(shop, a_document("big", _progress(), when=AT_LEAST, returns=returns))
    purchase = bought(shop, {**a_body(), "lines": [a_line(1, 800, qty_m=4_000), a_line(2, 300, qty_m=2_000)]})

    give_back(shop, a_return(purchase, {2: None}))

    assert _held(shop).get("progress", 0) == left
    assert _lawful()


def test_progress_evaluated_anew_is_what_is_left_of_it(shop: Shop) -> None:
    _publish(shop, a_document("big", _progress("amount"), when=AT_LEAST, returns="reevaluate"))
    purchase = bought(shop, a_body(900, 600))

    give_back(shop, a_return(purchase, {2: 500}))
    after_a_part = _held(shop)["progress"]
    give_back(shop, a_return(purchase, {2: None}))

    assert (after_a_part, _held(shop)) == (1_200, {})


def test_what_was_paid_by_points_or_came_off_had_counted_for_nothing_and_takes_nothing(shop: Shop) -> None:
    dairy = {"kind": "discount", "calc": {"type": "percent", "bp": 5_000}}
    _publish(shop, a_document("half", dairy), a_document("money", _progress("amount")))
    body = a_body(1_000, 600)
    quote = purchases.quote(shop.partner.id, purchases.read(body))
    purchase = bought(shop, {**body, "quote_id": ids.public("pqt", quote.id)})
    before = _held(shop)["progress"]

    give_back(shop, a_return(purchase, {2: None}))

    assert (before, _held(shop)["progress"]) == (800, 500)


def test_returns_of_a_batch_take_what_one_return_would_and_a_return_again_takes_nothing(shop: Shop) -> None:
    _publish(shop, a_document("ten", _progress()))
    purchase = bought(shop, {**a_body(), "lines": [a_line(1, 900, qty_m=9_000)]})
    several = [a_return(purchase, {1: 1_500}) for _ in range(3)]

    purchases.record_returns(shop.partner.id, several)
    purchases.record_returns(shop.partner.id, several)

    assert (_held(shop)["progress"], _lawful()) == (5, True)


def test_what_was_completed_stays_and_progress_never_falls_below_nothing(shop: Shop) -> None:
    _publish(shop, a_document("ten", _progress(target=10, repeat=True)))
    purchase = bought(shop, {**a_body(), "lines": [a_line(1, 1_100, qty_m=11_000)]})

    give_back(shop, a_return(purchase, {1: 3_000}))
    after_a_part = _held(shop)
    bought(shop, {**a_body(), "lines": [a_line(1, 900, qty_m=9_000)]})
    give_back(shop, a_return(purchase, {1: None}))

    assert after_a_part == {"completed": 1}
    assert (_held(shop), _lawful()) == ({"completed": 1, "progress": 1}, True)


def test_progress_of_a_member_who_was_merged_goes_back_where_it_stands_today(shop: Shop) -> None:
    _publish(shop, a_document("ten", _progress()))
    purchase = bought(shop, {**a_body(), "lines": [a_line(1, 900, qty_m=9_000)]})
    other = a_member(shop.program, shop.partner, card="4276000099999999")
    transact(lambda: members.merge(shop.program.id, shop.member.id, other.id, reason="one person"))
    jobs.run_due()

    give_back(shop, a_return(purchase, {1: 4_000}))
    after_a_part = [one.value for one in holdings.held(other.id)]
    give_back(shop, a_return(purchase, {1: None}))

    assert (after_a_part, holdings.held(other.id), _lawful()) == ([5], [], True)
