"""The three-way match: every kind of difference is found under its name, and nothing else is."""

from __future__ import annotations

import datetime as dt
import gzip
from decimal import Decimal
from io import BytesIO

import pytest
from flask import Flask

from coalition import purchases
from coalition.kernel import jobs, ports
from coalition.kernel.db import fetch_one, transact
from coalition.ports import FileStore
from settlement import reconciliation
from settlement.reconciliation import Reconciliation
from tests.coalition.purchases.builders import a_return, give_back
from tests.settlement.builders import Coalition, broken_laws, count_rows
from tests.settlement.reconciliation.builders import HYBRID, Till, a_till, counts, found, lines


@pytest.fixture
def till(live: Flask) -> Till:
    till = a_till()
    for number in range(1, 9):
        till.sell(f"R{number}", 1000 * number)
    till.accrue()
    return till


def said(number: int, **more: object) -> dict[str, object]:
    """What the partner says of a receipt that we know."""
    return {"external_id": f"R{number}", "amount": 1000 * number, "points": 5 * number, "rate": "0.01", **more}


def test_a_file_that_says_what_we_say_has_no_difference(till: Till) -> None:
    at = till.send(lines(*(said(number) for number in range(1, 9))))

    assert (at.state, at.lines, at.rejected, at.error) == ("finished", 8, 0, None)
    assert counts(at) == {"matched": 8}
    assert found(at) == {}
    assert count_rows("reconciliation_line") == 0
    assert broken_laws() == {}


def test_every_kind_of_difference_is_found_under_its_name(till: Till) -> None:
    till.sell("R9", 9000, day="2026-10-15")
    till.accrue()

    at = till.send(
        lines(
            said(1),
            said(2, amount=2001),
            said(3, points=16),
            said(4, rate="0.011"),
            said(5),
            said(5),
            said(6, amount=5999, points=29),
            said(9),
            {"external_id": "theirs", "amount": 777, "points": 3},
        )
    )

    differences = found(at)
    assert sorted(differences) == [
        ("R2", "amount"),
        ("R3", "points"),
        ("R4", "rate"),
        ("R5", "duplicate"),
        ("R6", "amount"),
        ("R6", "points"),
        ("R7", "missing_there"),
        ("R8", "missing_there"),
        ("R9", "late"),
        ("theirs", "missing_here"),
    ]
    assert counts(at) == {
        "matched": 1,
        "missing_here": 1,
        "missing_there": 2,
        "duplicate": 1,
        "amount": 2,
        "points": 2,
        "rate": 1,
        "late": 1,
    }
    amount, rate, double = differences["R2", "amount"], differences["R4", "rate"], differences["R5", "duplicate"]
    assert (amount.line, amount.their_amount_minor, amount.our_amount_minor) == (2, 2001, 2000)
    assert (rate.their_rate, rate.our_rate) == (Decimal("0.011"), Decimal("0.01"))
    assert (double.lines, double.their_amount_minor, double.our_amount_minor) == (2, 10_000, 5000)
    assert differences["R9", "late"].occurred_on == dt.date(2026, 10, 15)
    assert differences["R7", "missing_there"].movement_id is not None
    assert broken_laws() == {}


def test_what_happened_in_the_month_but_was_booked_later_is_late(till: Till) -> None:
    from settlement import statements

    transact(lambda: statements.close(till.shop.program.id, "2026-11", patience_s=60))
    till.sell("R9", 9000)
    till.accrue()

    at = till.send(lines(*(said(number) for number in range(1, 10))))

    late = found(at)["R9", "late"]
    assert counts(at) == {"matched": 8, "late": 1}
    assert (late.occurred_on, late.booked_on) == (dt.date(2026, 11, 20), dt.date(2026, 12, 1))


def test_a_return_is_compared_with_its_sign_whether_the_file_writes_it_or_its_type(till: Till) -> None:
    number = till.sell("R9", 4000)
    given = a_return(number, {1: None}, external_id="T9")
    transact(lambda: give_back(till.shop, given))
    till.accrue()
    known = [said(number) for number in range(1, 9)] + [{"external_id": "R9", "amount": 4000, "points": 20}]

    by_type = till.send(lines(*known, {"external_id": "T9", "type": "return", "amount": 4000, "points": 20}))
    by_sign = till.send(lines(*known, {"external_id": "T9", "amount": -4000, "points": -20}))

    assert counts(by_type) == counts(by_sign) == {"matched": 10}


def test_a_registry_is_a_file_to_compare_with(till: Till) -> None:
    known = [{"external_id": f"R{number}", "lines": [{"no": 1, "amount": 1000 * number}]} for number in range(1, 9)]

    assert counts(till.send(gzip.compress(lines(*known).encode()))) == {"matched": 8}


def test_a_table_is_read_by_the_partners_saved_mapping(till: Till) -> None:
    definition = {
        "delimiter": ";",
        "encoding": "windows-1251",
        "decimal": ",",
        "date_format": "%d.%m.%Y %H:%M",
        "zone": "Europe/Riga",
        "columns": {
            "external_id": "Чек",
            "occurred_at": "Когда",
            "amount": "Сумма",
            "points": "Баллы",
            "rate": "Цена",
        },
    }
    transact(lambda: purchases.save_mapping(till.shop.partner.id, "kassa", definition))
    rows = [f"R{number};20.11.2026 11:30;{10 * number},00;{5 * number};0,01" for number in range(1, 8)]
    table = "\r\n".join(["Чек;Когда;Сумма;Баллы;Цена", *rows, "R8;20.11.2026 11:30;80,00;41;0,01", ""])

    at = till.send(table.encode("windows-1251"), mapping="kassa")

    assert counts(at) == {"matched": 7, "points": 1}
    assert (found(at)["R8", "points"].their_points, found(at)["R8", "points"].our_points) == (41, 40)


def test_the_rows_of_one_receipt_are_one_receipt_and_a_receipt_that_comes_again_a_duplicate(till: Till) -> None:
    columns = {"external_id": "no", "occurred_at": "at", "amount": "sum"}
    definition = {"grouping": "receipt", "columns": columns}
    transact(lambda: purchases.save_mapping(till.shop.partner.id, "rows", definition))
    rows = [f"R{number},2026-11-20T09:30:00Z,{part}" for number in range(1, 9) for part in (number * 6, number * 4)]

    once = till.send("\n".join(["no,at,sum", *rows]), mapping="rows")
    again = till.send("\n".join(["no,at,sum", *rows, rows[0]]), mapping="rows")

    assert counts(once) == {"matched": 8}
    assert counts(again) == {"matched": 7, "duplicate": 1}


def test_another_months_receipts_are_not_missed_in_a_file(till: Till) -> None:
    till.sell("R9", 9000, day="2026-10-15")
    till.accrue()

    at = till.send(lines({"external_id": "R9", "amount": 9000, "points": 45}), period="2026-10")

    assert counts(at) == {"matched": 1}


def test_two_movements_of_one_receipt_that_each_say_the_same_are_added_up(live: Flask) -> None:
    coalition = Coalition()
    coalition.join("A", HYBRID)
    coalition.join("B", HYBRID)
    coalition.issue(20, dt.date(2026, 11, 20), {"A": 1, "B": 1})
    coalition.accrue()
    partner, key = coalition.partners["A"], _only_key()

    wrong = _sent(coalition.program.id, partner, lines({"external_id": key, "points": 10}))
    right = _sent(coalition.program.id, partner, lines({"external_id": key, "points": 20}))

    assert (counts(wrong), counts(right)) == ({"points": 1}, {"matched": 1})
    assert found(wrong)[key, "points"].our_points == 20


def _only_key() -> str:
    return str(transact(lambda: fetch_one("SELECT DISTINCT external_id FROM accrual")).external_id)


def _sent(program_id: int, partner_id: int, content: str) -> Reconciliation:
    stored = ports.get(FileStore).put("reconciliations/twin", BytesIO(content.encode()))

    def work() -> int:
        at = reconciliation.open_run(program_id, partner_id, "2026-11", stored, mapping_id=None)
        jobs.enqueue("settlement.reconcile", {"reconciliation": at.id}, key=str(at.id))
        return at.id

    run_id = transact(work)
    jobs.run_due(20)
    return transact(lambda: reconciliation.run(run_id))
