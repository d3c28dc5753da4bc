"""Feeds that bring counts alone: they count what another feed sells, and can do nothing else."""

from __future__ import annotations

import io
from hashlib import sha256

import pytest
from flask import Flask

from catalog import suppliers
from catalog.jobs.feeds import carry_out
from coalition.kernel import ports
from coalition.kernel.db import db, execute, fetch_all, transact
from coalition.kernel.errors import Invalid
from coalition.ports import FileStore
from tests.catalog.builders import an_offer
from tests.catalog.suppliers.feeding import Feeding


class Counting(Feeding):
    """A feed of offers, and beside it one of counts."""

    def __init__(self) -> None:
        super().__init__()
        self.counts = suppliers.create_feed(self.supplier.id, "counts", scope="stock", format="csv")

    def counted(self, text: str, *, dry_run: bool = False) -> suppliers.FeedRun:
        """Import a file of counts."""
        content = text.encode()
        db.session.rollback()
        stored = ports.get(FileStore).put(f"uploads/{sha256(content).hexdigest()}", io.BytesIO(content))
        run = transact(lambda: suppliers.open_run(self.counts.id, file_key=stored.key, dry_run=dry_run))
        return carry_out(run.id)


@pytest.fixture
def feeding(app: Flask) -> Counting:
    found = transact(Counting)
    found.brings(an_offer("A1"), an_offer("A2"), an_offer("A3"))
    return found


def _offers() -> list[tuple[object, ...]]:
    return [tuple(row) for row in fetch_all("SELECT id, supplier_sku, state, missing_runs, xmin::text FROM offer")]


def test_a_file_of_counts_changes_counts_and_no_offer(feeding: Counting) -> None:
    before = _offers()

    run = feeding.counted("sku;quantity\nA1;17\nA2;0\n")

    assert (run.state, run.rows_ok, run.rows_missing) == ("applied", 2, 0)
    assert [feeding.pieces(sku) for sku in ("A1", "A2", "A3")] == [17, 0, 5]
    assert _offers() == before


def test_a_dry_run_counts_nothing_and_the_same_file_is_nothing_new(feeding: Counting) -> None:
    assert feeding.counted("sku,quantity\nA1,17\n", dry_run=True).state == "previewed"
    assert feeding.pieces("A1") == 5

    feeding.counted("sku,quantity\nA1,17\n")
    assert feeding.counted("sku,quantity\nA1,17\n").state == "unchanged"


def test_what_is_not_sold_here_is_told_and_what_is_no_count_is_put_aside(feeding: Counting) -> None:
    rows = "".join(f"A{at},{at}\n" for at in (1, 2, 3)) + "".join(f"B{at},1\n" for at in range(20))

    run = feeding.counted(f"sku,quantity\n{rows}A9,many\n")

    assert run.state == "applied"
    assert run.issues == {"E07": 1, "W06": 20}
    assert run.rows_quarantined == 1
    assert {row.supplier_sku for row in fetch_all("SELECT supplier_sku FROM offer")} == {"A1", "A2", "A3"}


def test_a_file_of_which_no_id_is_known_or_no_row_is_a_count_is_refused(feeding: Counting) -> None:
    assert feeding.counted("sku,quantity\nX1,1\nX2,2\n").reason_code == "ids_changed"
    assert feeding.counted("sku,quantity\nA1,\nA2,-1\n").reason_code == "too_many_bad_rows"
    assert feeding.counted("sku,title\nA1,Kettle\n").reason_code == "columns_missing"
    assert [feeding.pieces(sku) for sku in ("A1", "A2", "A3")] == [5, 5, 5]


def test_counts_that_fall_all_at_once_wait_for_a_person(feeding: Counting) -> None:
    feeding.counted("sku,quantity\nA1,500\nA2,500\nA3,500\n")

    held = feeding.counted("sku,quantity\nA1,1\nA2,1\nA3,1\n")
    assert (held.state, held.reason_code, feeding.pieces("A1")) == ("held", "stock_held", 500)

    assert feeding.decides(suppliers.approve, held).state == "applied"
    assert feeding.pieces("A1") == 1


def test_the_later_count_stands_whichever_feed_brings_it(feeding: Counting) -> None:
    feeding.counted("sku,quantity\nA1,17\n")
    feeding.brings(an_offer("A1", count="3"), an_offer("A2"), an_offer("A3"))
    assert feeding.pieces("A1") == 17  # the file of offers bears an earlier date

    transact(lambda: execute("UPDATE stock SET snapshot_at = '2026-11-01'"))
    feeding.brings(an_offer("A1", count="4"), an_offer("A2"), an_offer("A3"))
    assert feeding.pieces("A1") == 4


def test_beside_a_feed_of_counts_an_offer_without_a_count_is_not_without_limit(feeding: Counting) -> None:
    feeding.brings(an_offer("A1", count=None), an_offer("A2"), an_offer("A3"), an_offer("A4", count=None))

    assert feeding.pieces("A1") == 5
    assert not fetch_all("SELECT FROM stock s JOIN offer o ON o.id = s.offer_id WHERE o.supplier_sku = 'A4'")
    feeding.counted("sku,quantity\nA4,2\n")
    assert feeding.pieces("A4") == 2


def test_the_same_counts_are_read_again_once_they_may_name_what_has_come(feeding: Counting) -> None:
    both = "sku,quantity\nA1,17\nA9,4\n"
    assert (feeding.counted(both).issues, feeding.counted(both).state) == ({"W06": 1}, "unchanged")

    feeding.brings(an_offer("A1"), an_offer("A2"), an_offer("A3"), an_offer("A9", count=None))

    assert (feeding.counted(both).state, feeding.pieces("A9")) == ("applied", 4)
    assert feeding.counted(both).state == "unchanged"


def test_offers_whose_counts_stay_away_cannot_be_ordered_until_the_feed_is_switched_off(feeding: Counting) -> None:
    def orderable() -> set[bool]:
        return {row.orderable for row in fetch_all("SELECT orderable FROM supplier_offers")}

    overdue = (
        "UPDATE feed SET url = 'https://x.example', every_s = 60, next_run_at = now(),"
        " good_at = now() - interval '9 days' WHERE id = :id"
    )
    assert orderable() == {True}
    transact(lambda: execute(overdue, {"id": feeding.counts.id}))

    assert transact(suppliers.age) == [feeding.supplier.id]
    assert orderable() == {False}
    transact(lambda: suppliers.enable_feed(feeding.counts.id, enabled=False))
    assert orderable() == {True}
    feeding.brings(an_offer("A1", count=None), an_offer("A2"), an_offer("A3"))
    assert fetch_all("SELECT on_hand FROM stock s JOIN offer o ON o.id = s.offer_id WHERE supplier_sku = 'A1'") == [
        (None,)
    ]


def test_a_saved_layout_of_two_columns_is_for_counts_alone(feeding: Counting) -> None:
    supplier = feeding.supplier.id
    layout = {"columns": {"sku": "Артикул", "quantity": "Остаток"}, "encoding": "windows-1251"}
    transact(lambda: suppliers.save_mapping(supplier, "rests", layout))
    transact(lambda: suppliers.use_mapping(feeding.counts.id, "rests"))
    content = "Артикул;Остаток\nA2;8\n".encode("windows-1251")
    stored = ports.get(FileStore).put("uploads/rests", io.BytesIO(content))

    run = carry_out(transact(lambda: suppliers.open_run(feeding.counts.id, file_key=stored.key)).id)

    assert (run.state, feeding.pieces("A2")) == ("applied", 8)
    for how in ({"format": "csv", "mapping": "rests"}, {"format": "google_tsv", "scope": "stock"}, {"scope": "all"}):
        with pytest.raises(Invalid):
            suppliers.create_feed(supplier, "other", **how)  # type: ignore[arg-type]
