"""Which lots pay: first expiring, first issued or all in proportion; restricted ones first, where they may."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

from coalition import ledger
from coalition.kernel.db import fetch_all
from coalition.kernel.errors import Conflict
from coalition.ledger import Attribution
from tests.coalition.ledger.conftest import drawn, turns

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "settlement.json").read_text())
RULES = {"FEFO": Attribution.FEFO, "FIFO": Attribution.FIFO, "PRORATA": Attribution.PRO_RATA}
PARTIES = {"A": 1, "B": 2, "C": 3}
PROMO, OTHER_PROMO, THIRD_PROMO = 41, 42, 43
LATER = 200 * 365


def _midnight(day: str) -> dt.datetime:
    return dt.datetime.combine(dt.date.fromisoformat(day), dt.time(), dt.UTC) + dt.timedelta(days=LATER)


def _the_lots(book, wallet) -> dict[int, str]:
    """The worked example's lots, born in its order of ids and at its instants, two centuries later."""
    names = {}
    for lot in VECTORS["lots"]:
        legs = tuple((PARTIES[party], weight) for party, weight in lot["legs"].items())
        credit = book.credit(wallet, lot["points"], legs=legs, days=None)
        born = ledger.Credit(
            **{name: getattr(credit, name) for name in credit.__dataclass_fields__}
            | {"occurred_at": _midnight(lot["issued"]), "expires_at": _midnight(lot["expires"])}
        )
        names[book.post(born)[0].entry_id] = lot["id"]
    return names


def _draws(entry_id: int, names: dict[int, str]) -> dict[str, int]:
    rows = fetch_all("SELECT lot_id, amount FROM allocation WHERE debit_id = :id", {"id": entry_id})
    return {names[lot_id]: amount for lot_id, amount in rows}


def _funders(entry_id: int) -> dict[str, int]:
    total: dict[str, int] = {}
    names = {number: name for name, number in PARTIES.items()}
    for party, points in fetch_all(
        "SELECT party_id, points FROM ledger_movements WHERE entry_id = :i", {"i": entry_id}
    ):
        total[names[party]] = total.get(names[party], 0) + points
    return total


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("speed", [1, 1000])
@pytest.mark.parametrize("held", [False, True])
def test_the_worked_example_is_drawn_by_each_rule_at_both_speeds(book, rule, speed, held):
    wallet = book.wallet()
    names = _the_lots(book, wallet)
    for redemption in VECTORS["redemptions"]:
        expected = VECTORS["expected"][rule][redemption["id"]]

        if held:
            entry_id = book.capture(book.hold(wallet, redemption["points"], rule=RULES[rule])).entry_id
        else:
            [posted] = book.post(book.debit(wallet, redemption["points"], rule=RULES[rule]), bulk_from=speed)
            entry_id = posted.entry_id

        assert _draws(entry_id, names) == expected["draws"]
        assert _funders(entry_id) == expected["funders"]
    left = {names[lot.entry_id]: lot.remaining for lot in ledger.lots(wallet)}
    assert left == {lot: points for lot, points in VECTORS["expected"][rule]["remaining"].items() if points}


def test_the_return_of_april_goes_to_what_was_drawn_last(book):
    wallet = book.wallet()
    names = _the_lots(book, wallet)
    first, _ = (book.spend(wallet, redemption["points"]) for redemption in VECTORS["redemptions"])
    (returned,) = VECTORS["adjustments"]

    given = book.give_back(wallet, first.entry_id, returned["points"])

    (born,) = given.entry_ids
    roots = fetch_all("SELECT root_id FROM entry WHERE id = :id", {"id": born})
    assert [names[row.root_id] for row in roots] == list(returned["restored"])
    assert _funders(born) == {party: -points for party, points in returned["legs"].items()}


def test_a_stretch_is_captured_and_released_in_the_order_the_rule_drew_it(book):
    wallet = book.wallet()
    names = _the_lots(book, wallet)
    hold = book.hold(wallet, 1500, rule=Attribution.FIFO)

    captured = book.capture(hold, 1100)
    book.release(hold)

    assert _draws(captured.entry_id, names) == {"L1": 1000, "L2": 100}
    assert {names[lot.entry_id]: lot.remaining for lot in ledger.lots(wallet)} == {"L2": 500, "L4": 500, "L3": 800}


@pytest.mark.parametrize("rule", RULES.values())
def test_restricted_points_pay_first_up_to_their_cap_and_only_where_they_may(book, rule):
    wallet = book.wallet()
    book.earn(wallet, 100, days=5)
    book.earn(wallet, 50, days=900, restriction=PROMO)
    book.earn(wallet, 50, days=2, restriction=OTHER_PROMO)

    [posted] = book.post(book.debit(wallet, 60, rule=rule, eligible=((PROMO, 30),)))

    rows = fetch_all(
        "SELECT e.restriction_id, a.amount FROM allocation a JOIN entry e ON e.id = a.lot_id"
        " WHERE debit_id = :id ORDER BY a.no",
        {"id": posted.entry_id},
    )
    assert [tuple(row) for row in rows] == [(PROMO, 30), (None, 30)]
    balance = book.balance(wallet)
    assert (balance.available, balance.restricted) == (70, ((PROMO, 20), (OTHER_PROMO, 50)))


@pytest.mark.parametrize("rule", RULES.values())
def test_restricted_points_pay_in_their_turn_and_of_one_turn_first_what_ends_first(book, rule):
    wallet = book.wallet()
    book.earn(wallet, 10, days=2, restriction=OTHER_PROMO)
    book.earn(wallet, 10, days=5, restriction=PROMO)
    book.earn(wallet, 10, days=9, restriction=PROMO)
    book.earn(wallet, 10, days=7, restriction=THIRD_PROMO)
    caps = [(one, 100) for one in (PROMO, THIRD_PROMO)]

    posted = book.spend(wallet, 35, rule=rule, eligible=(*caps, ledger.NEXT, (OTHER_PROMO, 100)))

    rows = fetch_all(
        "SELECT e.restriction_id, a.amount FROM allocation a JOIN entry e ON e.id = a.lot_id"
        " WHERE debit_id = :id ORDER BY a.no",
        {"id": posted.entry_id},
    )
    second = [PROMO, THIRD_PROMO] if rule == RULES["FIFO"] else [THIRD_PROMO, PROMO]
    assert [tuple(row) for row in rows] == [(PROMO, 10), *((one, 10) for one in second), (OTHER_PROMO, 5)]


def test_a_debit_that_names_no_restriction_never_draws_restricted_points(book):
    wallet = book.wallet()
    book.earn(wallet, 100, restriction=PROMO)
    book.earn(wallet, 10)

    for refusing in (lambda: book.spend(wallet, 11), lambda: book.hold(wallet, 11)):
        with pytest.raises(Conflict) as refused:
            refusing()
        assert refused.value.extra == {"available": 10}
    [posted] = book.post(book.debit(wallet, 120, eligible=((PROMO, 100),)), bulk_from=1)

    assert (posted.refused, posted.available) == ("insufficient_points", 110)


def test_restricted_points_stay_restricted_when_they_come_back(book):
    wallet = book.wallet()
    book.earn(wallet, 40, restriction=PROMO, legs=((10, 2), (11, 1)))
    book.earn(wallet, 40, restriction=PROMO)
    spent = book.spend(wallet, 70, eligible=((PROMO, 80),))
    book.hold(wallet, 10, eligible=((PROMO, 80),))

    book.give_back(wallet, spent.entry_id, 70)

    balance = book.balance(wallet)
    assert (balance.available, balance.restricted, balance.held) == (0, ((PROMO, 70),), 10)


def test_earlier_is_the_draw_that_the_rule_made_earlier(book):
    wallet = book.wallet()
    book.earn(wallet, 10, days=20)
    book.earn(wallet, 10, days=10)
    redeemed = book.spend(wallet, 20, rule=Attribution.FIFO)

    book.give_back(wallet, redeemed.entry_id, 1, order="pro_rata")
    book.give_back(wallet, redeemed.entry_id, 4, order="last_drawn_first")

    assert turns(redeemed.entry_id) == {1: [1, 0], 2: [0, 4]}
    assert [lot.remaining for lot in ledger.lots(wallet)] == [4, 1]


@pytest.mark.parametrize("how", [{"restriction": PROMO}, {"days": -1}], ids=["restricted", "ended"])
@pytest.mark.parametrize("speed", [1, 1000])
def test_points_that_cannot_be_spent_freely_pay_no_arrears(book, how, speed):
    wallet = book.wallet()
    lost = book.earn(wallet, 30)
    book.spend(wallet, 30)
    book.claw_back(wallet, lost.entry_id, 30)

    (posted,) = book.post(book.credit(wallet, 20, **how), bulk_from=speed)

    assert (posted.undrawn, book.balance(wallet).arrears) == (20, 30)


def test_the_newest_points_of_all_are_not_drawn_before_they_are_usable(book):
    wallet = book.wallet()
    book.earn(wallet, 10, active_days=1)
    book.earn(wallet, 30)

    [posted] = book.post(book.debit(wallet, 20, rule=Attribution.PRO_RATA))

    assert posted.undrawn == 20
    assert [row for row in drawn() if row[0] == "redeem"] == [("redeem", 10, 20)]


@pytest.mark.parametrize("rule", RULES.values())
@pytest.mark.parametrize(("cap", "paid"), [(1, [1, 4]), (10, [5]), (13, [5]), (0, [5])])
def test_a_cap_is_of_all_lots_of_a_restriction_together(book, rule, cap, paid):
    wallet = book.wallet()
    for points, restriction in ((4, PROMO), (6, PROMO), (50, None)):
        book.earn(wallet, points, days=points, restriction=restriction)

    posted = book.spend(wallet, 5, rule=rule, eligible=((PROMO, cap),))

    by = "SELECT sum(a.amount)::int AS points FROM allocation a JOIN entry e ON e.id = a.lot_id WHERE debit_id = :id"
    rows = fetch_all(by + " GROUP BY e.restriction_id ORDER BY e.restriction_id NULLS LAST", {"id": posted.entry_id})
    assert [row.points for row in rows] == paid


@pytest.mark.parametrize("rule", RULES.values())
def test_within_a_cap_the_lot_that_is_first_in_the_order_pays_first(book, rule):
    wallet = book.wallet()
    lots = [book.earn(wallet, points, days=points, restriction=PROMO).entry_id for points in (4, 6)]
    lots.append(book.earn(wallet, 50).entry_id)

    posted = book.spend(wallet, 9, rule=rule, eligible=((PROMO, 5),))

    rows = fetch_all("SELECT lot_id, amount FROM allocation WHERE debit_id = :id ORDER BY no", {"id": posted.entry_id})
    assert [tuple(row) for row in rows] == list(zip(lots, (4, 1, 4), strict=True))
