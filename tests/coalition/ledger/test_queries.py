"""What a member reads: movements newest first, page by page, and lots with who pays for them."""

from __future__ import annotations

from dataclasses import replace

from coalition import ledger
from coalition.ledger import AccountKind, EntryKind
from tests.coalition.ledger.conftest import SHOP, Book
from tests.model import clock
from tests.model.conftest import moving

__all__ = ["moving"]


def test_movements_page_newest_first_and_sum_to_balance_and_held(book):
    wallet = book.wallet()
    for amount in (10, 20, 30, 40):
        book.earn(wallet, amount)
    hold = book.hold(wallet, 35)
    book.capture(hold, 15)
    book.spend(wallet, 5)

    pages, cursor = [], None
    while True:
        page = ledger.movements([wallet], cursor, 4)
        pages.append(page.items)
        cursor = page.next_cursor
        if cursor is None:
            break

    movements = [movement for page in pages for movement in page]
    assert [len(page) for page in pages] == [4, 2]
    assert [m.amount for m in movements] == [-5, -15, 40, 30, 20, 10]
    assert sum(m.amount for m in movements) == book.balance(wallet).available + book.balance(wallet).held
    assert (movements[1].kind, movements[1].contra_kind, movements[1].contra_owner) == (
        EntryKind.CAPTURE,
        AccountKind.REDEMPTION,
        20,
    )


def test_movements_are_of_one_partner_or_of_some_kinds_only_if_asked_so(book):
    wallet = book.wallet()
    ours = book.earn(wallet, 10)
    (theirs,) = book.post(replace(book.credit(wallet, 20), partner_id=SHOP + 1))
    spent = book.spend(wallet, 5)

    def listed(**which) -> list[int]:
        return [one.entry_id for one in ledger.movements([wallet], None, 9, **which).items]

    assert listed() == [spent.entry_id, theirs.entry_id, ours.entry_id]
    assert listed(partner_id=SHOP) == [spent.entry_id, ours.entry_id]
    assert listed(partner_id=SHOP + 1, kinds=[EntryKind.CREDIT]) == [theirs.entry_id]
    assert listed(kinds=[EntryKind.DEBIT]) == [spent.entry_id]


def test_one_movement_is_found_by_its_address_alone(book):
    wallet, other = book.wallet(1), book.wallet(2)
    first, second = book.earn(wallet, 10), book.earn(wallet, 20)

    found = [ledger.movement(wallet, posted.entry_id) for posted in (first, second)]

    assert [(one.entry_id, one.amount) for one in found if one] == [(first.entry_id, 10), (second.entry_id, 20)]
    assert {(one.contra_kind, one.contra_owner) for one in found if one} == {(AccountKind.ISSUANCE, 10)}
    assert ledger.movement(other, first.entry_id) is None


def test_a_lot_names_its_funders_in_their_order(book):
    wallet = book.wallet()
    book.earn(wallet, 10, legs=((12, 60), (11, 40)), key="co-funded")

    (lot,) = ledger.lots(wallet)

    assert lot.legs == ((12, 3), (11, 2))
    assert (lot.external_id, lot.amount, lot.active_at) == ("co-funded", 10, None)


def test_a_redemption_names_the_credits_behind_it_and_who_pays_for_each_draw(book):
    wallet, other = book.wallet(1), book.wallet(2)
    shared = book.earn(wallet, 10, days=5, legs=((12, 1), (11, 1)), key="shared")
    alone = book.earn(wallet, 10, days=None, key="alone")
    elsewhere = book.earn(other, 10)
    book.release(book.hold(wallet, 6))
    spent, theirs = book.spend(wallet, 16), book.spend(other, 3)
    given = book.give_back(wallet, spent.entry_id, 6)

    drawn = ledger.draws([(wallet, spent.entry_id), (other, theirs.entry_id), (wallet, given.entry_ids[0])])

    assert drawn.keys() == {spent.entry_id, theirs.entry_id}
    assert [(one.lot_id, one.external_id, one.amount, one.shares) for one in drawn[spent.entry_id]] == [
        (shared.entry_id, "shared", 4, ((12, 2), (11, 2))),
        (shared.entry_id, "shared", 6, ((12, 3), (11, 3))),
        (alone.entry_id, "alone", 6, ((10, 6),)),
    ]
    assert [(one.lot_id, one.amount) for one in drawn[theirs.entry_id]] == [(elsewhere.entry_id, 3)]
    assert [one.expires_at is None for one in drawn[spent.entry_id]] == [False, False, True]
    assert ledger.funded([(wallet, shared.entry_id)]) == {shared.entry_id: ((12, 5), (11, 5))}
    assert ledger.draws([]) == ledger.funded([]) == {}


def test_accounts_and_fundings_are_made_once(book):
    first, second = book.wallet(1), book.wallet(2)

    assert (book.wallet(1), book.wallet(2)) == (first, second)
    assert ledger.accounts(7, 3, AccountKind.WALLET, [2, 1, 9]).keys() == {1, 2, 9}
    assert ledger.funding([(1, 2), (2, 4)]) == ledger.funding([(1, 1), (2, 2)]) != ledger.funding([(2, 2), (1, 1)])


def test_a_draw_names_its_parties_and_what_each_pays_in_the_same_order(book):
    wallet = book.wallet()
    book.earn(wallet, 7, legs=((12, 2), (11, 1)))
    first, last = book.spend(wallet, 6).entry_id, book.spend(wallet, 1).entry_id

    drawn = ledger.draws([(wallet, first), (wallet, last)])

    assert [drawn[one][0].shares for one in (first, last)] == [((12, 4), (11, 2)), ((12, 1), (11, 0))]


def test_a_wallet_that_was_never_opened_holds_and_owes_nothing(book):
    balance = book.balance(book.wallet())

    assert (balance.available, balance.pending, balance.held, balance.arrears) == (0, 0, 0, 0)


def test_movements_of_many_days_are_told_the_latest_first_whatever_the_page(moving):
    book = Book()
    wallet = book.wallet()
    for day in range(4):
        clock.move_to(day)
        for points in (1, 2):
            book.earn(wallet, 10 * day + points)

    told, cursor = [], None
    while cursor or not told:
        page = ledger.movements([wallet], cursor, 3)
        told += [movement.amount for movement in page.items]
        cursor = page.next_cursor

    assert told == [32, 31, 22, 21, 12, 11, 2, 1]
