"""A bank's statements: believed once, counted for what they were for, and without effect when they are bad."""

from __future__ import annotations

import threading
import time
from typing import Any

import psycopg
import pytest
from flask import Flask

from coalition.kernel.config import current
from coalition.kernel.db import transact
from coalition.kernel.errors import Refusal
from settlement import payouts
from settlement.payouts import Run, bank, invoices
from tests.integrations.bank.camt import Entry, Transfer, camt
from tests.integrations.bank.test_camt053 import BAD
from tests.racing import at_once
from tests.settlement.builders import Coalition, send
from tests.settlement.payouts.bank.builders import an_iban, export, ref, snapshot, standing, take_in, tell
from tests.settlement.payouts.builders import of, states


def paid(name: str, amount: str, coalition: Coalition, run: Run, **more: Any) -> Entry:
    return Entry(amount, transfers=[Transfer(ref(coalition, run, name))], **more)


def test_both_directions_settle_a_run_with_the_banks_reference(coalition: Coalition, run: Run) -> None:
    export(run)

    told = tell(
        paid("A", "12.10", coalition, run, reference="in-A"),
        paid("B", "-2.70", coalition, run, reference="out-B"),
        paid("C", "1.21", coalition, run, reference="in-C"),
        paid("S", "-7.26", coalition, run, reference="out-S"),
    )

    assert (told.entries, told.matched, told.known) == (4, 4, 0)
    assert {state for state, _, _ in states(run).values()} == {"settled"}
    assert transact(lambda: payouts.get(run.id)).state == "settled"
    [receipt] = transact(lambda: payouts.receipts([of(coalition, run, "B").id]))
    assert (receipt.reference, receipt.direction) == ("out-B", "out")


def test_the_same_file_again_is_nothing(house: Flask, coalition: Coalition, run: Run) -> None:
    data = camt([paid("A", "12.10", coalition, run)])
    first = take_in(data)
    before = snapshot()

    again = [take_in(data), *at_once(house, [lambda: take_in(data)] * 3)]

    assert not first.again
    assert all(one.again for one in again)
    assert snapshot() == before


def test_the_same_file_at_once_counts_once(house: Flask, coalition: Coalition, run: Run) -> None:
    data = camt([paid("A", "5.00", coalition, run), Entry("3.33")])

    found = at_once(house, [lambda: take_in(data)] * 4)

    assert sorted(one.again for one in found) == [False, True, True, True]
    assert states(run)["A"] == ("partly_paid", -1210, 500)


def test_an_entry_that_two_statements_tell_counts_once(house: Flask, coalition: Coalition, run: Run) -> None:
    entry = paid("A", "5.00", coalition, run, reference="R1")
    tell(entry)

    told = tell(entry, paid("C", "1.21", coalition, run, reference="R2"), number="S2")

    assert (told.entries, told.known, told.matched) == (2, 1, 1)
    assert states(run)["A"] == ("partly_paid", -1210, 500)
    files = [camt([paid("A", "1.00", coalition, run, reference="R3")], number=f"S{at}") for at in range(3, 7)]
    at_once(house, [lambda data=data: take_in(data) for data in files])
    assert states(run)["A"] == ("partly_paid", -1210, 600)


def test_a_file_waits_for_its_first_payment_and_holds_no_later_one_meanwhile(
    house: Flask, coalition: Coalition, run: Run
) -> None:
    low, high = sorted((of(coalition, run, name).id, name) for name in ("A", "C"))
    amounts = {"A": "12.10", "C": "1.21"}
    parts = [
        camt([paid(name, amounts[name], coalition, run)], number=name).decode().split("<Stmt>")
        for _, name in (high, low)
    ]
    both = "<Stmt>".join([*parts[0][:1], parts[0][1].split("</BkToCstmrStmt>")[0], parts[1][1]]).encode()

    def work() -> None:
        with house.app_context():
            told.append(take_in(both))

    told: list[bank.Imported] = []
    importing = threading.Thread(target=work)
    with psycopg.connect(current().owner_url.replace("+psycopg", "")) as other:
        one = "SELECT id FROM payout_payment WHERE id = %s FOR UPDATE NOWAIT"
        other.execute(one, (low[0],))
        importing.start()
        assert _somebody_waits(other)
        other.execute(one, (high[0],))
    importing.join(30)

    assert [(file.statements, file.matched) for file in told] == [(2, 2)]


def _somebody_waits(owner: psycopg.Connection[Any]) -> bool:
    """Whether within four seconds a session of this database waits for a lock."""
    waiting = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    for _ in range(200):
        if owner.execute(waiting).fetchall():
            return True
        time.sleep(0.02)
    return False


def test_a_reference_that_stood_for_other_money_is_refused(coalition: Coalition, run: Run) -> None:
    tell(Entry("5.00", "R1"))
    before = snapshot()

    with pytest.raises(Refusal) as refused:
        tell(Entry("5.01", "R1"), number="S2")

    assert refused.value.code == "bank_reference_repeated"
    assert snapshot() == before


def test_parts_and_too_much(coalition: Coalition, run: Run) -> None:
    tell(paid("A", "5.00", coalition, run))
    assert states(run)["A"] == ("partly_paid", -1210, 500)

    tell(paid("A", "8.00", coalition, run), number="S2")

    assert states(run)["A"] == ("settled", -1210, 1300)


@pytest.mark.parametrize("where", ["end_to_end", "structured", "remark", "statement", "spaced", "invoice"])
def test_a_payment_is_found_by_whatever_reference_its_payer_has_named(
    coalition: Coalition, run: Run, where: str
) -> None:
    mine = of(coalition, run, "A")
    send(mine.statement_id)
    transact(lambda: invoices.issue(mine.statement_id))
    [invoice] = transact(lambda: invoices.of_statement(mine.statement_id))
    transfer = {
        "end_to_end": Transfer(ref(coalition, run, "A")),
        "structured": Transfer(structured=mine.ref.upper()),
        "remark": Transfer(remark=f"for {mine.ref}, thanks"),
        "statement": Transfer(remark=f"Settlement {mine.statement_number}"),
        "spaced": Transfer(remark=f"statement {mine.statement_number.replace('/', ' ')} of may"),
        "invoice": Transfer(remark=f"Rechnung {invoice.number.lower()}"),
    }[where]

    tell(Entry("12.10", transfers=[transfer]))

    assert standing(mine) == ("settled", 1210)


def test_an_amount_that_is_open_once_is_found_by_name_or_account(coalition: Coalition, run: Run) -> None:
    tell(
        Entry("12.10", transfers=[Transfer(party='  sia "A" ')]),
        Entry("1.21", transfers=[Transfer(iban=an_iban(coalition.entities["C"]))]),
    )

    assert standing(of(coalition, run, "A")) == ("settled", 1210)
    assert standing(of(coalition, run, "C")) == ("settled", 121)


@pytest.mark.parametrize(
    "transfer",
    [Transfer(party="Somebody else"), Transfer(), Transfer("pmt0000000000zzz"), Transfer(remark="2026-05/NOBODY/1")],
)
def test_what_is_not_certain_waits_for_people(coalition: Coalition, run: Run, transfer: Transfer) -> None:
    told = tell(Entry("12.10", transfers=[transfer]))

    assert told.matched == 0
    assert [one.amount_minor for one in transact(lambda: bank.waiting(coalition.program.id))] == [1210]


def test_the_same_amount_twice_is_not_counted_twice(coalition: Coalition, run: Run) -> None:
    again = Transfer(party="A SIA")

    told = tell(Entry("12.10", transfers=[again]), Entry("12.10", transfers=[again]))

    assert told.matched == 1
    assert standing(of(coalition, run, "A")) == ("settled", 1210)


def test_a_file_that_the_bank_books_in_one_sum_settles_each_of_its_transfers(coalition: Coalition, run: Run) -> None:
    [file] = export(run)

    told = tell(Entry("-9.96", "R1", batch=f"{file.message_id}-1"))

    assert (told.entries, told.matched) == (2, 2)
    assert [standing(of(coalition, run, name)) for name in ("B", "S")] == [("settled", 270), ("settled", 726)]


def test_money_that_comes_back_opens_its_payment_and_its_run(coalition: Coalition, run: Run) -> None:
    names = {"A": "12.10", "B": "-2.70", "C": "1.21", "S": "-7.26"}
    tell(*(paid(name, amount, coalition, run) for name, amount in names.items()))

    told = tell(
        Entry("2.70", transfers=[Transfer(ref(coalition, run, "B"), reason="AC04")]),
        Entry("-12.10", reversal=True, transfers=[Transfer(party="A SIA")]),
        number="S2",
    )

    assert (told.matched, told.returned) == (2, 2)
    assert standing(of(coalition, run, "B")) == ("rejected", 0)
    assert of(coalition, run, "B").code == "returned_AC04"
    assert standing(of(coalition, run, "A")) == ("accepted", 0)
    assert transact(lambda: payouts.get(run.id)).state == "committed"
    tell(paid("A", "12.10", coalition, run), number="S3")
    assert standing(of(coalition, run, "A")) == ("settled", 1210)


def test_more_than_was_paid_cannot_come_back_by_itself(coalition: Coalition, run: Run) -> None:
    tell(paid("B", "-2.70", coalition, run))

    told = tell(Entry("2.71", transfers=[Transfer(ref(coalition, run, "B"), reason="AC04")]), number="S2")

    assert told.matched == 0
    assert standing(of(coalition, run, "B")) == ("settled", 270)


def test_an_account_of_nobody_here_is_refused(coalition: Coalition, run: Run) -> None:
    before = snapshot()

    with pytest.raises(Refusal) as refused:
        tell(paid("A", "12.10", coalition, run), iban=an_iban(77))

    assert refused.value.code == "bank_account_unknown"
    assert snapshot() == before


def test_of_a_whole_corpus_of_bad_files_none_changes_anything(coalition: Coalition, run: Run) -> None:
    before = snapshot()

    for data, code in BAD.values():
        with pytest.raises(Refusal) as refused:
            take_in(data)
        assert refused.value.code == code

    assert snapshot() == before
