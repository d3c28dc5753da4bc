"""Corrections by staff: with a reason, once, and by two people where they are large."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal

import pytest
from flask import Flask

from coalition import access, ledger, members, partners, programs, wallets
from coalition.kernel import approvals, audit, clock
from coalition.kernel.config import Config
from coalition.kernel.db import db, execute, fetch_all, fetch_one, transact
from coalition.kernel.errors import Conflict, Invalid, NotFound, Refusal
from coalition.wallets import Adjustment, Done, Reversal, Waiting
from tests.coalition.wallets.builders import World, a_world, another_member, assert_laws_hold, become_family, miles

LIMIT = 10_000


@pytest.fixture
def world(app: Flask) -> Iterator[World]:
    """A member with 1,000 points."""
    yield transact(a_world)
    assert_laws_hold()


@pytest.fixture
def live(fresh_database: Config) -> Iterator[Flask]:
    """The application on a database of its own, where commits are commits."""
    from wsgi import create_app

    app = create_app(fresh_database)
    with app.app_context():
        yield app
        assert_laws_hold()
        db.session.remove()
        db.engine.dispose()


def wanted(world: World, amount: int, key: str = "A-1", **more: object) -> Adjustment:
    """An adjustment of the member's bonuses."""
    made = Adjustment(world.program.id, world.member_id, world.currency.id, amount, key, "goodwill", "A late parcel.")
    return replace(made, **more)  # type: ignore[arg-type]


def adjusted(world: World, amount: int, key: str = "A-1", **more: object) -> wallets.Deed:
    done = transact(lambda: wallets.adjust(wanted(world, amount, key, **more)))
    assert isinstance(done, Done)
    return done.deed


def undoing(world: World, deed: wallets.Deed, key: str = "R-1") -> Reversal:
    return Reversal(world.program.id, world.member_id, deed.account_id, deed.entry_id, key, "error", "Wrong member.")


def reversed_(world: World, deed: wallets.Deed, key: str = "R-1") -> wallets.Deed:
    done = transact(lambda: wallets.reverse(undoing(world, deed, key)))
    assert isinstance(done, Done)
    return done.deed


def by_another(approval_id: int, name: str = "bob") -> approvals.Approval:
    """Approve and execute as one more person of the staff."""

    def work() -> approvals.Approval:
        user = access.create_user(f"{name}@example.com", "a long password", ["support"], "staff")
        audit.set_origin(audit.Origin(f"user:{user.id}"))
        approvals.approve(approval_id)
        return approvals.execute(approval_id)

    return transact(work)


def test_a_credit_is_funded_by_the_operator_and_expires_like_any_other(world: World) -> None:
    deed = adjusted(world, 500)

    lot = next(lot for lot in ledger.lots(world.wallet()) if lot.entry_id == deed.entry_id)
    operator = fetch_one("SELECT id FROM legal_entity WHERE code = 'CORAL'").id
    assert (lot.amount, lot.legs, lot.expires_at is not None) == (500, ((operator, 1),), True)
    assert (deed.amount, deed.reason_code, deed.note, deed.approval_id) == (500, "goodwill", "A late parcel.", None)
    assert world.balance().available == 1500


def test_a_debit_takes_what_is_there_and_no_more(world: World) -> None:
    assert adjusted(world, -400).amount == -400
    with pytest.raises(Conflict, match="insufficient_points") as refused:
        adjusted(world, -601, "A-2")

    assert (refused.value.extra, world.balance().available) == ({"available": 600}, 600)


def test_the_same_adjustment_again_is_a_replay_and_another_one_a_conflict(world: World) -> None:
    first = adjusted(world, 500)

    again = transact(lambda: wallets.adjust(wanted(world, 500)))
    for other in (wanted(world, 501), wanted(world, 500, note="Another reason.")):
        with pytest.raises(Conflict, match="external_id_conflict"):
            transact(lambda other=other: wallets.adjust(other))

    assert again == Done(first, replayed=True)
    assert world.balance().available == 1500


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"reason_code": "because"}, "/reason_code"),
        ({"note": "  "}, "/note"),
        ({"note": "x" * 501}, "/note"),
        ({"amount": 0}, "/amount"),
        ({"amount": 10**16}, "/amount"),
        ({"currency_id": 0}, "/currency"),
    ],
)
def test_what_is_wrong_is_named(world: World, change: dict[str, object], pointer: str) -> None:
    with pytest.raises(Invalid) as refused:
        transact(lambda: wallets.adjust(replace(wanted(world, 5), **change)))

    assert [error.pointer for error in refused.value.errors] == [pointer]


def test_above_the_limit_nothing_is_done_until_another_person_has_approved(world: World) -> None:
    waiting = transact(lambda: wallets.adjust(wanted(world, LIMIT + 1)))
    again = transact(lambda: wallets.adjust(wanted(world, LIMIT + 1)))
    assert isinstance(waiting, Waiting)
    assert (waiting, world.balance().available) == (again, 1000)

    executed = by_another(waiting.approval_id)

    deed = transact(lambda: wallets.deed(world.program.id, executed.result["deed"]))
    assert (deed.amount, deed.approval_id, executed.subject) == (
        LIMIT + 1,
        waiting.approval_id,
        f"member:{world.member_id}",
    )
    assert world.balance().available == 1000 + LIMIT + 1
    assert transact(lambda: wallets.adjust(wanted(world, LIMIT + 1))) == Done(deed, replayed=True)


def test_small_adjustments_of_one_day_do_not_slip_under_the_limit(world: World) -> None:
    adjusted(world, LIMIT - 10)
    adjusted(world, -10, "A-2")

    third = transact(lambda: wallets.adjust(wanted(world, 1, "A-3")))

    assert isinstance(third, Waiting)


def test_small_reversals_of_transfers_do_not_slip_under_the_limit_either(world: World) -> None:
    relative = transact(lambda: another_member(world.program, world.shop))
    transact(lambda: become_family(world.program, world.member_id, relative))
    transact(lambda: programs.change(world.program.id, adjustment_limit=150))
    first, second = (transact(lambda: wallets.transfer(world.spend(100), relative))[0] for _ in range(2))

    reversed_(world, first)

    assert isinstance(transact(lambda: wallets.reverse(undoing(world, second, "R-2"))), Waiting)


def test_of_two_large_first_adjustments_at_once_one_waits_for_another_person(live: Flask) -> None:
    world = transact(lambda: a_world(0))
    transact(world.wallet)  # the account is there, a wallet to be locked is not
    with ThreadPoolExecutor(1) as threads:

        def one_while_another_comes() -> tuple[Done | Waiting, Future[Done | Waiting]]:
            done = wallets.adjust(wanted(world, LIMIT - 1))
            late = threads.submit(_inside, live, lambda: wallets.adjust(wanted(world, LIMIT - 1, "A-2")))
            with suppress(TimeoutError):
                late.result(timeout=1)
            return done, late

        done, late = transact(one_while_another_comes)

        assert isinstance(done, Done)
        assert isinstance(late.result(), Waiting)


def _inside(app: Flask, work: Callable[[], Done | Waiting]) -> Done | Waiting:
    with app.app_context():
        return transact(work)


def test_nobody_s_wallet_and_that_of_a_merged_member_are_not_adjusted(world: World) -> None:
    other = transact(lambda: another_member(world.program, world.shop))
    large = transact(lambda: wallets.adjust(wanted(world, LIMIT + 1, member_id=other)))
    assert isinstance(large, Waiting)
    transact(lambda: members.merge(world.program.id, other, world.member_id, reason="One person."))

    with pytest.raises(NotFound):
        adjusted(world, 1, "A-2", member_id=0)
    with pytest.raises(Conflict, match="member_merged"):
        adjusted(world, 1, "A-3", member_id=other)
    with pytest.raises(Conflict, match="member_merged"):
        by_another(large.approval_id)

    assert world.balance().available == 1000


def test_the_limit_is_the_program_s(world: World) -> None:
    transact(lambda: programs.change(world.program.id, adjustment_limit=0))

    assert isinstance(transact(lambda: wallets.adjust(wanted(world, 1))), Waiting)


def test_reversing_a_credit_takes_it_back_and_reversing_a_debit_brings_it_back(world: World) -> None:
    credit, debit = adjusted(world, 500), adjusted(world, -300, "A-2")
    before = transact(world.balance)

    back, forth = reversed_(world, credit), reversed_(world, debit, "R-2")

    assert (back.amount, forth.amount) == (-500, 300)
    assert transact(world.balance).available == before.available - 200
    kinds = {tuple(row) for row in fetch_all("SELECT kind, sum(points) FROM ledger_movements GROUP BY 1")}
    assert kinds == {("issue", 1500), ("clawback", 500), ("redeem", 0)}


def test_points_that_come_back_to_a_wallet_that_ended_idle_end_with_idleness_again(world: World) -> None:
    idle = {"expiry": "inactivity", "expiry_n": 12}
    mil = transact(lambda: miles(world, Decimal(1), **idle))
    adjusted(world, 500, currency_id=mil.id)
    debit = adjusted(world, -300, "A-2", currency_id=mil.id)
    transact(lambda: execute("UPDATE wallet SET idle_at = NULL"))  # as the sweep of idle wallets leaves it

    reversed_(world, debit)

    assert [amount for amount, _ in world.balance(currency=mil).next_expirations] == [500]


def test_reversing_a_donation_takes_it_from_the_charity(world: World) -> None:
    deed, _ = transact(lambda: wallets.donate(world.spend(300), "greenfund"))

    reversed_(world, deed)

    assert world.balance().available == 1000
    assert fetch_one("SELECT sum(points) AS n FROM ledger_movements WHERE counter_kind = 3").n == 0


def test_what_a_till_captured_by_mistake_comes_back_to_its_lots(world: World) -> None:
    lots = ledger.lots(world.wallet())
    operation = {"program_id": world.program.id, "partner_id": world.shop.id, "currency_id": world.currency.id}
    key = {"external_id": "H-1", "request_hash": b"hold", "purpose": "till"}
    held = transact(lambda: ledger.hold(world.wallet(), 400, 600, **operation, **key))
    entity = partners.entities_of(world.shop.id)[0].id
    contra = ledger.account(world.program.id, world.currency.id, ledger.AccountKind.REDEMPTION, entity)
    wrong = {"external_id": "C-1", "partner_id": world.shop.id, "request_hash": b"c", "occurred_at": clock.now()}
    done = transact(lambda: ledger.capture((held.account_id, held.id), 300, contra_id=contra, **wrong))
    undone = Reversal(world.program.id, world.member_id, held.account_id, done.entry_id, "R-1", "error", "Wrong till.")

    back = transact(lambda: wallets.reverse(undone))

    assert isinstance(back, Done)
    assert (back.deed.amount, world.balance().available, world.balance().held) == (300, 900, 100)
    with pytest.raises(Conflict, match="already_reversed"):
        transact(lambda: wallets.reverse(replace(undone, external_id="R-2")))
    transact(
        lambda: ledger.release(
            (held.account_id, held.id), external_id="L-1", partner_id=world.shop.id, request_hash=b"r"
        )
    )
    assert ledger.lots(world.wallet()) == lots


def test_a_credit_that_is_spent_is_reversed_as_far_as_it_is_there(world: World) -> None:
    transact(lambda: wallets.donate(world.spend(900), "greenfund"))
    credit = adjusted(world, 500)
    transact(lambda: wallets.donate(world.spend(550), "greenfund"))

    deed = reversed_(world, credit)

    assert (deed.amount, world.balance().available) == (-50, 0)


def test_nothing_is_reversed_twice(world: World) -> None:
    deed = adjusted(world, -300)
    first = reversed_(world, deed)

    again = transact(lambda: wallets.reverse(undoing(world, deed)))
    with pytest.raises(Conflict, match="already_reversed"):
        reversed_(world, deed, "R-2")

    assert again == Done(first, replayed=True)
    assert world.balance().available == 1000


def test_a_reversal_is_not_reversed_and_another_member_s_row_is_not_found(world: World) -> None:
    deed = adjusted(world, -300)
    back = reversed_(world, deed)
    stranger = transact(lambda: another_member(world.program, world.shop))

    with pytest.raises(Conflict, match="not_reversible"):
        reversed_(world, back, "R-2")
    with pytest.raises(NotFound):
        transact(lambda: wallets.reverse(replace(undoing(world, deed, "R-3"), member_id=stranger)))


def test_a_large_reversal_waits_for_another_person_and_is_still_done_once(world: World) -> None:
    transact(lambda: programs.change(world.program.id, adjustment_limit=1000))
    deed, _ = transact(lambda: wallets.donate(world.spend(1000), "greenfund"))
    transact(lambda: programs.change(world.program.id, adjustment_limit=999))
    waiting = transact(lambda: wallets.reverse(undoing(world, deed)))
    assert isinstance(waiting, Waiting)
    transact(lambda: programs.change(world.program.id, adjustment_limit=1000))
    reversed_(world, deed, "R-2")

    with pytest.raises(Refusal, match="already_reversed"):
        by_another(waiting.approval_id)

    assert world.balance().available == 1000
