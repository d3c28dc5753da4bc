"""Bad files: each is refused with a code of its own, a bad line is named, and nothing is left behind."""

from __future__ import annotations

import gzip

import pytest
from flask import Flask

from coalition import purchases
from coalition.kernel.db import transact
from coalition.kernel.errors import Conflict, Invalid
from settlement import reconciliation
from tests.books import a_book
from tests.settlement.builders import broken_laws, count_rows
from tests.settlement.reconciliation.builders import Till, a_till, counts, lines

GOOD = lines({"external_id": "R1", "amount": 1000}).encode()
COLUMNS = {"external_id": "no", "occurred_at": "at", "amount": "sum"}


@pytest.fixture
def till(live: Flask) -> Till:
    till = a_till()
    transact(lambda: purchases.save_mapping(till.shop.partner.id, "table", {"columns": COLUMNS}))
    return till


@pytest.mark.parametrize(
    ("content", "mapping", "code"),
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40, None, "nothing_readable"),
        (GOOD.decode().encode("utf-16"), None, "nothing_readable"),
        (b"\n\n  \n", None, "nothing_readable"),
        (b"no,at\nR1,2026-11-20T09:30:00Z\n", "table", "columns_missing"),
        ("№;когда\n".encode("windows-1251"), "table", "columns_missing"),
        (a_book(["no", "at"]), "table", "columns_missing"),
        (a_book(["no", "at", "sum"]), None, "mapping_missing"),
        (a_book(["no", "at", "sum"])[:-30], "table", "truncated"),
        (gzip.compress(GOOD * 3000)[:-20], None, "file_damaged"),
        (gzip.compress((b" " * 500_000 + b"\n") * 140), None, "file_bomb"),
        (b'{"external_id": 5}\n' * 10_001 + GOOD, None, "too_many_rejected"),
    ],
    ids=["rubbish", "utf16", "blank", "columns", "encoding", "sheet", "layout", "book", "cut", "bomb", "rejected"],
)
def test_a_file_that_cannot_be_used_says_why_and_leaves_nothing(
    till: Till, content: bytes, mapping: str | None, code: str
) -> None:
    at = till.send(content, mapping=mapping)

    assert (at.state, at.error) == ("failed", code)
    assert [count_rows(f"reconciliation_{name}") for name in ("line", "difference", "total")] == [0, 0, 0]
    assert broken_laws() == {}


def test_a_bad_line_is_named_and_the_others_are_compared(till: Till) -> None:
    till.sell("R1", 1000)
    bad = [
        b"not json",
        b'{"amount": 5}',
        b'{"external_id": "R2", "amount": 1.5}',
        b'{"external_id": "R2", "amount": 99999999999999}',
        b'{"external_id": "R2", "rate": "many"}',
        b'{"external_id": "R2", "rate": "0.0000001"}',
        b'{"external_id": "R2", "occurred_at": "yesterday"}',
        b'{"external_id": "R\\u0000"}',
        b'{"external_id": "' + b"R" * 101 + b'"}',
    ]

    at = till.send(b"\n".join([*bad, GOOD]))

    page = transact(lambda: reconciliation.rejections(at.id, None, 50))
    assert (at.state, at.lines, at.rejected) == ("finished", 1, len(bad))
    assert [one.line for one in page.items] == list(range(1, len(bad) + 1))
    assert all(one.code and one.detail for one in page.items)
    assert counts(at) == {"matched": 1}


def test_a_workbook_is_compared_like_the_table_that_it_is(till: Till) -> None:
    till.sell("R1", 1210)
    at = "2026-11-20T09:30:00Z"

    run = till.send(a_book(["no", "at", "sum"], ["R1", at, 12.10], ["R2", at, "oops"]), mapping="table")

    page = transact(lambda: reconciliation.rejections(run.id, None, 50))
    assert (run.state, run.lines, run.rejected) == ("finished", 1, 1)
    assert [(one.line, one.field) for one in page.items] == [(3, "sum")]
    assert counts(run) == {"matched": 1}


def test_a_period_that_is_none_or_has_not_begun_is_refused(till: Till) -> None:
    with pytest.raises(Invalid, match="bad_period"):
        till.send(GOOD, period="2026-13")
    with pytest.raises(Conflict, match="period_in_future"):
        till.send(GOOD, period="2090-01")

    assert count_rows("reconciliation") == 0


def test_a_file_that_has_gone_from_the_store_fails(till: Till) -> None:
    from coalition.kernel import jobs
    from coalition.ports import StoredFile

    partner = till.shop.partner
    gone = StoredFile("reconciliations/gone", 1, "0" * 64)

    def work() -> int:
        at = reconciliation.open_run(partner.program_id, partner.id, "2026-11", gone, mapping_id=None)
        return jobs.enqueue("settlement.reconcile", {"reconciliation": at.id}, key=str(at.id)) and at.id

    run_id = transact(work)
    jobs.run_due(5)

    assert transact(lambda: reconciliation.run(run_id)).error == "file_missing"
