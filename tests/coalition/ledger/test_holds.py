"""Holds: what is set aside is neither spent nor lost; it is redeemed bit by bit, or it goes back."""

from __future__ import annotations

import pytest

from coalition import ledger
from coalition.kernel.db import execute, fetch_all, transact
from coalition.kernel.errors import Conflict, NotFound
from coalition.ledger import Operation
from tests.coalition.ledger.conftest import drawn


def _let_time_pass(hold):
    past = "UPDATE hold SET expires_at = now() - interval '1 second' WHERE id = :id"
    transact(lambda: execute(past, {"id": hold.id}))


def test_a_hold_pins_its_points(book):
    wallet = book.wallet()
    book.earn(wallet, 100)

    hold = book.hold(wallet, 80)
    with pytest.raises(Conflict) as refused:
        book.hold(wallet, 21)

    assert refused.value.extra == {"available": 20}
    assert (book.balance(wallet).available, book.balance(wallet).held) == (20, 80)
    assert ledger.get_hold(wallet, hold.id) == hold


def test_a_capture_is_partial_and_repeatable_and_never_more_than_held(book):
    wallet = book.wallet()
    book.earn(wallet, 60)
    book.earn(wallet, 60)
    hold = book.hold(wallet, 100)

    first = book.capture(hold, 70)
    with pytest.raises(Conflict) as refused:
        book.capture(hold, 31)
    rest = book.capture(hold)

    assert (first.amount, rest.amount) == (70, 30)
    assert (refused.value.code, refused.value.extra) == ("hold_exceeded", {"available": 30})
    assert ledger.get_hold(wallet, hold.id).state == "captured"
    assert (book.balance(wallet).available, book.balance(wallet).held) == (20, 0)
    assert [row for row in drawn() if row[0] == "redeem"] == [("redeem", 10, n) for n in (60, 10, 30)]


def test_a_release_puts_back_what_was_not_captured_into_the_very_lots(book):
    wallet = book.wallet()
    book.earn(wallet, 60, days=10)
    book.earn(wallet, 60, days=20)
    before = ledger.lots(wallet)
    hold = book.hold(wallet, 100)
    book.capture(hold, 30)

    released = book.release(hold)

    assert released.amount == 70
    assert [lot.remaining for lot in ledger.lots(wallet)] == [30, 60]
    assert [lot.entry_id for lot in ledger.lots(wallet)] == [lot.entry_id for lot in before]
    assert ledger.get_hold(wallet, hold.id).state == "released"


def test_a_release_is_told_once_however_much_else_the_wallet_did(book):
    wallet = book.wallet()
    book.earn(book.wallet(2), 5)
    for points in (60, 50):
        book.earn(wallet, points)
    hold = book.hold(wallet, 100, key="order-7")
    book.capture(hold, 30)

    book.release(hold)

    (told,) = fetch_all("SELECT key, payload FROM outbox WHERE kind = 'hold.released'")
    assert told.key == f"wallet:{wallet}"
    named = ("account_id", "hold_id", "external_id", "amount", "state", "operation")
    assert [told.payload[name] for name in named] == [wallet, hold.id, "order-7", 70, "released", Operation.HOLD]


def test_each_command_on_a_hold_happens_once_under_its_key(book):
    wallet = book.wallet()
    book.earn(wallet, 100)
    hold = book.hold(wallet, 50, key="h")
    captured = book.capture(hold, 20, key="c")
    released = book.release(hold, key="r")

    assert book.hold(wallet, 50, key="h").id == hold.id
    assert book.hold(wallet, 50, key="h").replayed
    assert book.capture(hold, 20, key="c") == ledger.Captured(captured.entry_id, 20, replayed=True)
    assert book.release(hold, key="r") == ledger.Released(released.amount, replayed=True)
    for again in (
        lambda: book.hold(wallet, 51, key="h"),
        lambda: book.capture(hold, 21, key="c"),
        lambda: book.release(hold, key="r", body=b"other"),
    ):
        with pytest.raises(Conflict) as refused:
            again()
        assert refused.value.code == "external_id_conflict"
    assert book.balance(wallet).available == 80


def test_a_closed_or_unknown_hold_moves_nothing(book):
    wallet = book.wallet()
    book.earn(wallet, 100)
    hold = book.hold(wallet, 50)
    book.release(hold)

    for late in (lambda: book.capture(hold), lambda: book.release(hold)):
        with pytest.raises(Conflict) as refused:
            late()
        assert refused.value.code == "hold_closed"
    with pytest.raises(NotFound):
        ledger.get_hold(wallet, hold.id + 1_000_000)
    for unknown in (book.capture, book.release):
        with pytest.raises(NotFound):
            unknown(ledger.Hold(wallet, 1_000_000, 1, 0, 0, "open", hold.expires_at, "", 1, "", 3))


def test_a_hold_past_its_time_cannot_be_captured_and_goes_back_by_itself(book):
    wallet = book.wallet()
    book.earn(wallet, 100)
    hold = book.hold(wallet, 50)
    _let_time_pass(hold)

    with pytest.raises(Conflict) as refused:
        book.capture(hold)
    swept = [transact(lambda: ledger.expire_holds(10)) for _ in range(2)]

    assert refused.value.code == "hold_expired"
    assert swept == [1, 0]
    assert ledger.get_hold(wallet, hold.id).state == "expired"
    assert book.balance(wallet).available == 100


def test_the_sweep_releases_in_the_order_of_the_wallets_up_to_this_very_instant(book):
    wallets = [book.wallet(member) for member in range(1, 4)]
    for wallet in reversed(wallets):
        book.earn(wallet, 10)
        _let_time_pass(book.hold(wallet, 10))
    execute("UPDATE hold SET expires_at = now() WHERE account_id = :id", {"id": wallets[0]})
    with pytest.raises(Conflict, match="hold_expired"):
        book.capture(ledger.open_holds([wallets[0]], 1)[0])

    swept = transact(lambda: ledger.expire_holds(10))

    told = fetch_all("SELECT key FROM outbox WHERE kind = 'hold.released' ORDER BY id")
    assert (swept, [row.key for row in told]) == (3, [f"wallet:{wallet}" for wallet in wallets])


def test_of_many_holds_past_their_time_those_go_back_first_that_were_due_first(book):
    wallets = [book.wallet(member) for member in range(1, 4)]
    holds = []
    for wallet in wallets:
        book.earn(wallet, 10)
        holds.append(book.hold(wallet, 10))
    for hold in reversed(holds):
        execute(
            "UPDATE hold SET expires_at = now() - :s * interval '1 s' WHERE id = :id", {"s": hold.id, "id": hold.id}
        )

    left = []
    while transact(lambda: ledger.expire_holds(1)):
        left.append([book.balance(wallet).held for wallet in wallets])

    assert left == [[10, 10, 0], [10, 0, 0], [0, 0, 0]]


def test_a_released_stretch_of_a_co_funded_lot_keeps_its_funders_to_the_point(book):
    wallet = book.wallet()
    book.earn(wallet, 10, legs=((10, 2), (11, 1)))
    hold = book.hold(wallet, 7)
    book.capture(hold, 3)
    book.release(hold)
    book.spend(wallet, 7)

    by_funder = {
        party: sum(n for kind, funder, n in drawn() if (kind, funder) == ("redeem", party)) for party in (10, 11)
    }

    assert ledger.lots(wallet) == []
    assert by_funder == {10: 7, 11: 3}
    assert len(fetch_all("SELECT DISTINCT lot_id FROM ledger_movements")) == 1
    assert [row for row in drawn() if row[0] == "issue"] == [("issue", 10, 7), ("issue", 11, 3)]


def test_what_came_back_from_a_hold_is_still_the_credits_own_and_taken_only_as_far_as_asked(book):
    wallet = book.wallet()
    credit = book.earn(wallet, 10, legs=((10, 1), (11, 1)))
    book.release(book.hold(wallet, 4))

    clawed = [book.claw_back(wallet, credit.entry_id, amount).own for amount in (6, 3)]

    assert clawed == [6, 3]
    assert [lot.remaining for lot in ledger.lots(wallet)] == [1]


def test_a_release_out_of_many_lots_at_once_is_one_release(book):
    wallet = book.wallet()
    book.earn(wallet, 10, legs=((10, 2), (11, 1)))
    book.earn(wallet, 10)
    book.earn(wallet, 10, legs=((10, 1), (11, 1), (12, 1)))
    hold = book.hold(wallet, 25)

    released = book.release(hold, key="r")

    assert released.amount == 25
    assert book.balance(wallet).available == 30
    assert book.release(hold, key="r").replayed


def test_a_hold_is_prolonged_and_never_cut_short(book):
    wallet = book.wallet()
    book.earn(wallet, 100)
    hold = book.hold(wallet, 50)

    longer = ledger.extend_hold((wallet, hold.id), 90 * 86_400)
    again = ledger.extend_hold((wallet, hold.id), 60)

    assert longer > hold.expires_at
    assert again == longer == ledger.get_hold(wallet, hold.id).expires_at


def test_a_hold_past_its_time_is_saved_as_long_as_nobody_has_released_it(book):
    wallet = book.wallet()
    book.earn(wallet, 100)
    saved, lost = book.hold(wallet, 30, key="a"), book.hold(wallet, 20, key="b")
    _let_time_pass(saved)
    ledger.extend_hold((wallet, saved.id), 3600)
    _let_time_pass(lost)
    assert transact(lambda: ledger.expire_holds(10)) == 1

    assert book.capture(saved).amount == 30
    with pytest.raises(Conflict, match="hold_closed"):
        ledger.extend_hold((wallet, lost.id), 3600)
    with pytest.raises(NotFound):
        ledger.extend_hold((wallet, 999_999_999), 3600)


def test_the_sweep_leaves_holds_whose_time_is_not_over_and_those_that_are_closed(book):
    wallet = book.wallet()
    book.earn(wallet, 100)
    closed, open_, over = (book.hold(wallet, 20) for _ in range(3))
    book.release(closed)
    for past in (closed, over):
        _let_time_pass(past)

    assert transact(lambda: ledger.expire_holds(10)) == 1
    assert [ledger.get_hold(wallet, one.id).state for one in (closed, open_, over)] == ["released", "open", "expired"]


def test_captures_go_through_the_draws_of_a_hold_from_its_beginning(book):
    wallet = book.wallet()
    lots = [book.earn(wallet, 10, days=days).entry_id for days in (5, 9, 12)]
    hold = book.hold(wallet, 25)

    captured = [book.capture(hold, points).entry_id for points in (4, 10, 5)]
    book.release(hold)

    rows = fetch_all(
        "SELECT debit_id, lot_id, amount, drawn_before FROM allocation WHERE debit_id = ANY(:ids) ORDER BY 1, 2",
        {"ids": captured},
    )
    assert [tuple(row) for row in rows] == [
        (captured[0], lots[0], 4, 0),
        (captured[1], lots[0], 6, 4),
        (captured[1], lots[1], 4, 0),
        (captured[2], lots[1], 5, 4),
    ]
    assert [lot.remaining for lot in ledger.lots(wallet)] == [1, 10]


def test_a_hold_is_closed_when_its_last_point_is_redeemed_and_not_before(book):
    wallet = book.wallet()
    book.earn(wallet, 10)
    hold = book.hold(wallet, 10)

    closed = []
    for points in (4, 6):
        book.capture(hold, points)
        closed += [row.closed_at is not None for row in fetch_all("SELECT closed_at FROM hold")]

    assert closed == [False, True]
