"""Giving back: line by line, cumulatively, never more than was bought; what it takes back and what it gives back."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from coalition import ledger, members, programs, purchases
from coalition.kernel import clock
from coalition.kernel.db import fetch_all
from coalition.kernel.laws import offending
from coalition.purchases import Refused, Returned
from tests.builders import a_partner
from tests.coalition.members.builders import a_member
from tests.coalition.purchases.builders import (
    LATELY,
    Shop,
    a_body,
    a_hold,
    a_line,
    a_receipt,
    a_return,
    a_shop,
    a_void,
    bought,
    give_back,
    public_hold,
)

pytestmark = pytest.mark.usefixtures("session")


def test_the_worked_example_in_four_parts_takes_7_8_10_and_4() -> None:
    shop = a_shop()
    purchase = bought(shop, _the_example())

    parts = [
        give_back(shop, a_return(purchase, {3: 1000})),
        give_back(shop, a_return(purchase, {3: 1000})),
        give_back(shop, a_return(purchase, {3: 1000, 1: 1000})),
        give_back(shop, a_return(purchase, {1: 1000, 2: 1000})),
    ]

    clawed = [one.clawed_back[0] for one in parts]
    assert [(one.units, one.lines) for one in clawed] == [
        (7, {"3": 7}),
        (8, {"3": 8}),
        (10, {"1": 2, "3": 8}),
        (4, {"1": 2, "2": 2}),
    ]
    assert [one.refund for one in parts] == [1530, 1530, 1530 + 449, 450 + 455]
    assert sum(one.refund for one in parts) == 5944
    assert shop.available() == 0
    assert purchases.find(shop.partner.id, purchase_id=purchase).state == "returned"
    assert _offences() == []


def test_one_return_of_everything_takes_what_many_took() -> None:
    shop = a_shop()
    purchase = bought(shop, _the_example())

    whole = give_back(shop, a_return(purchase, {1: None, 2: None, 3: None}))

    assert (whole.clawed_back[0].units, whole.clawed_back[0].lines) == (29, {"1": 4, "2": 2, "3": 23})
    assert whole.refund == 5944
    assert shop.available() == 0


def test_a_return_shows_on_the_purchase_line_by_line() -> None:
    shop = a_shop()
    purchase = bought(shop, _the_example())

    give_back(shop, a_return(purchase, {3: 1200}))

    found = purchases.find(shop.partner.id, purchase_id=purchase)
    assert (found.state, found.returned) == ("partly_returned", ((3, 1200),))


def test_more_than_is_left_is_refused_with_what_is_left_and_changes_nothing() -> None:
    shop = a_shop()
    purchase = bought(shop, _the_example())
    give_back(shop, a_return(purchase, {3: 1000}))
    before = shop.available()

    refused = _refused(shop, a_return(purchase, {1: 2000, 3: 2001}))

    assert refused.refusal.code == "returned_too_much"
    assert refused.refusal.extra["left"] == [{"no": 1, "qty_m": 2000}, {"no": 3, "qty_m": 2000}]
    assert [error.pointer for error in refused.refusal.errors] == ["/lines/1/qty_m"]
    assert shop.available() == before
    assert purchases.find(shop.partner.id, purchase_id=purchase).returned == ((3, 1000),)


def test_the_same_return_again_is_a_replay_and_another_under_its_name_a_conflict() -> None:
    shop = a_shop()
    purchase, other = bought(shop, _the_example()), bought(shop, _the_example())
    request = a_return(purchase, {3: 1000}, external_id="T-1")
    first = give_back(shop, request)

    again, changed, elsewhere = purchases.record_returns(
        shop.partner.id,
        [request, a_return(purchase, {3: 999}, external_id="T-1"), a_return(other, {3: 1000}, external_id="T-1")],
    )

    assert isinstance(again, Returned)
    assert again.replayed
    assert _essence(again) == _essence(first)
    assert [one.refusal.code for one in (changed, elsewhere) if isinstance(one, Refused)] == [
        "external_id_conflict"
    ] * 2


def test_a_batch_comes_to_the_same_as_its_returns_one_by_one() -> None:
    shop, twin = a_shop(), a_shop()
    results = []
    for place, at in enumerate((shop, twin)):
        one, two = bought(at, _the_example()), bought(at, a_body(1000, 3000))
        batch = [
            a_return(one, {3: 1000}, external_id="A"),
            a_return(two, {1: 500}, external_id="B"),
            a_return(one, {3: 2000, 1: 1}, external_id="C"),
            a_return(one, {3: 1}, external_id="D"),
            a_return(one, {3: 1000}, external_id="A"),
            a_void(two, external_id="E"),
        ]
        if place == 0:
            results.append(purchases.record_returns(at.partner.id, batch))
        else:
            results.append([purchases.record_returns(at.partner.id, [request])[0] for request in batch])

    together, apart = ([_outline(one) for one in answer] for answer in results)
    assert together == apart
    assert [one[0] for one in together] == [
        "new",
        "new",
        "new",
        "returned_too_much",
        "replayed",
        "purchase_has_returns",
    ]
    assert shop.available() == twin.available()
    assert _offences() == []


def test_a_void_takes_back_everything_and_nothing_can_follow_it() -> None:
    shop = a_shop()
    purchase = bought(shop, _the_example())

    done = give_back(shop, a_void(purchase, external_id="V-1"))

    assert (done.clawed_back[0].units, done.refund) == (29, 5944)
    assert purchases.find(shop.partner.id, purchase_id=purchase).state == "voided"
    assert give_back(shop, a_void(purchase, external_id="V-1")).replayed
    assert _refused(shop, a_void(purchase)).refusal.code == "purchase_voided"
    assert _refused(shop, a_return(purchase, {1: 1})).refusal.code == "purchase_voided"
    assert _offences() == []


def test_a_void_after_a_return_is_refused() -> None:
    shop = a_shop()
    purchase = bought(shop, _the_example())
    give_back(shop, a_return(purchase, {1: 1}))

    assert _refused(shop, a_void(purchase)).refusal.code == "purchase_has_returns"


def test_an_unknown_purchase_another_partners_and_a_return_itself_are_told_apart_from_nothing() -> None:
    shop = a_shop()
    other = Shop(shop.program, a_partner(shop.program), shop.member, shop.currency)
    purchase = bought(shop, _the_example())
    give_back(shop, a_return(purchase, {1: 1}, external_id="T-9"))

    unknown = _refused(shop, a_return(purchase + 999, {1: 1}))
    foreign = _refused(other, a_return(purchase, {1: 1}))
    by_name = _refused(shop, purchases.read_return(_line_of_registry("nowhere")))
    of_return = _refused(shop, purchases.read_return(_line_of_registry("T-9")))

    assert [one.refusal.code for one in (unknown, foreign, by_name)] == ["unknown_purchase"] * 3
    assert {one.refusal.status for one in (unknown, foreign, by_name)} == {404}
    assert of_return.refusal.code == "return_of_return"


@pytest.mark.parametrize(("minutes", "code"), [(9, None), (11, "in_the_future")])
def test_what_is_still_to_come_takes_nothing_back(minutes: int, code: str | None) -> None:
    shop = a_shop()
    purchase = bought(shop, _the_example())
    soon = (clock.now() + dt.timedelta(minutes=minutes)).isoformat()

    requests = [a_return(purchase, {1: 1}, occurred_at=soon), a_return(purchase, {1: 1}, occurred_at=soon)]
    done = purchases.record_returns(shop.partner.id, requests)

    assert [one.refusal.code if isinstance(one, Refused) else None for one in done] == [code, code]
    assert _offences() == []


def test_a_registry_names_the_purchase_by_its_external_id_and_meets_the_same_return_of_the_api() -> None:
    shop = a_shop()
    body = a_body(1000)
    purchase = bought(shop, body)
    first = give_back(shop, a_return(purchase, {1: 400}, external_id="T-1"))

    again = give_back(shop, purchases.read_return(_line_of_registry(body["external_id"], qty_m=400)))

    assert again.replayed
    assert again.id == first.id


def test_a_line_without_a_quantity_comes_back_whole() -> None:
    shop = a_shop()
    body = a_body(lines=[a_line(1, 1000), a_line(2, 500, qty_m=None), a_line(3, 300, qty_m=0)])
    purchase = bought(shop, body)

    part = _refused(shop, a_return(purchase, {2: 1000}))
    whole = give_back(shop, a_return(purchase, {2: None, 3: None}))
    again = _refused(shop, a_return(purchase, {2: None}))

    assert part.refusal.code == "line_without_quantity"
    assert [tuple(line) for line in whole.lines] == [(2, None, 500), (3, None, 300)]
    assert whole.clawed_back == ()
    assert again.refusal.code == "returned_too_much"
    assert again.refusal.extra["left"] == [{"no": 2, "qty_m": None}]


def test_a_line_that_was_not_bought_is_named() -> None:
    shop = a_shop()

    refused = _refused(shop, a_return(bought(shop, a_body(1000)), {1: 1, 7: 1}))

    assert refused.refusal.code == "unknown_line"
    assert [error.pointer for error in refused.refusal.errors] == ["/lines/1/no"]


def test_an_anonymous_purchase_is_given_back_in_money_alone() -> None:
    shop = a_shop()

    done = give_back(shop, a_return(bought(shop, a_body(1001, member=None)), {1: 500}))

    assert (done.member_id, done.refund, done.clawed_back, done.restored) == (None, 500, (), ())
    assert _offences() == []


def test_points_that_paid_come_back_in_proportion_and_the_money_is_the_rest() -> None:
    shop = a_shop()
    shop.record(a_receipt(200_000))
    hold = a_hold(shop, 301)
    purchase = bought(shop, a_body(lines=[a_line(1, 900, qty_m=3000), a_line(2, 101)], hold_id=public_hold(hold)))
    before = shop.available()

    parts = [give_back(shop, a_return(purchase, {1: 1000})) for _ in range(3)]
    parts.append(give_back(shop, a_return(purchase, {2: 1000})))

    assert [one.restored[0].units for one in parts] == [90, 90, 91, 30]
    assert [one.refund for one in parts] == [209, 210, 210, 71]
    assert sum(one.refund for one in parts) == 1001 - 301
    assert shop.available() == before + 301 - 3
    assert _offences() == []


def test_points_spent_meanwhile_are_owed_waived_or_taken_elsewhere_as_the_policy_says() -> None:
    seen = {}
    for policy in ("only_pending", "within_balance", "arrears"):
        shop = a_shop()
        programs.change(shop.program.id, return_policy=policy)
        programs.change_currency(shop.currency.id, debt_floor=400)
        purchase = bought(shop, a_body(100_000))  # earns 500
        a_hold(shop, 450)
        shop.record(a_receipt(6_000))  # earns 30

        done = give_back(shop, a_return(purchase, {1: None}))

        one = done.clawed_back[0]
        seen[policy] = (one.own, one.others, one.owed, one.waived, shop.available())
        assert _offences() == []
    assert seen == {
        "only_pending": (0, 0, 0, 500, 80),
        "within_balance": (50, 30, 0, 420, 0),
        "arrears": (50, 30, 400, 20, 0),
    }


def test_what_is_owed_comes_out_of_the_next_points_earned() -> None:
    shop = a_shop()
    programs.change(shop.program.id, return_policy="arrears")
    programs.change_currency(shop.currency.id, debt_floor=1000)
    purchase = bought(shop, a_body(100_000))
    a_hold(shop, 450)
    give_back(shop, a_return(purchase, {1: None}))
    assert ledger.balances(shop.program.id, shop.member.id)[0].arrears == 450

    shop.record(a_receipt(100_000))

    balance = ledger.balances(shop.program.id, shop.member.id)[0]
    assert (balance.arrears, balance.available) == (0, 50)
    assert _offences() == []


def test_a_return_is_announced_once() -> None:
    shop = a_shop()
    request = a_return(bought(shop, _the_example()), {1: 1})

    done = give_back(shop, request)
    give_back(shop, request)

    rows = fetch_all("SELECT payload FROM outbox WHERE kind = 'purchases.returned'")
    assert [row.payload["return_ids"] for row in rows] == [[done.id]]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"type": "refund"}, "/type"),
        ({"type": None}, "/type"),
        ({"purchase_external_id": ""}, "/purchase_external_id"),
        ({"lines": []}, "/lines"),
        ({"lines": [{"no": 1, "qty_m": 0}]}, "/lines/0/qty_m"),
        ({"lines": [{"no": 1, "qty_m": True}]}, "/lines/0/qty_m"),
        ({"lines": [{"qty_m": 1}]}, "/lines/0/no"),
        ({"lines": [{"no": 1}, {"no": 1}]}, "/lines"),
        ({"lines": [3]}, "/lines/0"),
        ({"occurred_at": "yesterday"}, "/occurred_at"),
        ({"external_id": None}, "/external_id"),
        ({"colour": "red"}, "/colour"),
    ],
)
def test_what_is_wrong_in_a_line_of_a_registry_is_named_by_its_pointer(change: dict[str, Any], pointer: str) -> None:
    from coalition.kernel.errors import Invalid

    with pytest.raises(Invalid) as refused:
        purchases.read_return({**_line_of_registry("R-1"), **change})

    assert [error.pointer for error in refused.value.errors] == [pointer]


def _the_example() -> dict[str, Any]:
    """Vector V01: 8.99, 4.55 and 45.90 earn 4, 2 and 23."""
    return a_body(lines=[a_line(1, 899, qty_m=2000), a_line(2, 455), a_line(3, 4590, qty_m=3000)])


def _line_of_registry(purchase: str, qty_m: int = 1) -> dict[str, Any]:
    at = {"external_id": "T-1", "occurred_at": f"{LATELY + dt.timedelta(days=1)}T09:30:00Z"}
    return {"type": "return", "purchase_external_id": purchase, **at, "lines": [{"no": 1, "qty_m": qty_m}]}


def _refused(shop: Shop, request: purchases.Return) -> Refused:
    (answer,) = purchases.record_returns(shop.partner.id, [request])
    assert isinstance(answer, Refused)
    return answer


def _essence(one: Returned) -> object:
    return (one.id, one.purchase_id, one.lines, one.refund, one.clawed_back, one.restored)


def _outline(one: Returned | Refused) -> tuple[Any, ...]:
    if isinstance(one, Refused):
        return (one.refusal.code,)
    effects = [(effect.units, effect.own, effect.lines) for effect in one.clawed_back]
    return ("replayed" if one.replayed else "new", one.refund, one.lines, effects)


def _offences() -> list[str]:
    return [law.code for law in (*purchases.laws(), *ledger.laws()) if offending(law)]


@pytest.mark.parametrize("spent", [0, 10])
def test_what_a_merged_member_gives_back_is_told_of_who_it_is_today(spent: int) -> None:
    shop = a_shop()
    programs.change(shop.program.id, return_policy="arrears")
    programs.change_currency(shop.currency.id, debt_floor=100)
    purchase = bought(shop, a_body(3000))
    if spent:
        shop.record(a_receipt(1000, payments=[{"kind": "redeem", "amount": spent}]))
    into = a_member(shop.program, shop.partner)
    members.merge(shop.program.id, shop.member.id, into.id, reason="one person")

    returned = give_back(shop, a_return(purchase, {1: 500}))
    give_back(shop, a_return(purchase, {1: None}))

    assert [law.code for law in purchases.laws() if offending(law)] == []
    wallet = ledger.account(shop.program.id, shop.currency.id, ledger.AccountKind.WALLET, into.id)
    page = ledger.movements([wallet], None, 20)
    whys = purchases.whys([one for one in page.items if one.external_id == returned.external_id])
    assert {why.return_id for why in whys.values()} == {returned.id}
