"""Held runs, prices in quarantine, and the way back: nothing is taken that a person has not looked at."""

from __future__ import annotations

import pytest
from flask import Flask

from catalog import rewards, suppliers
from catalog.jobs.feeds import carry_out
from catalog.rewards import RewardQuery
from coalition.kernel import audit
from coalition.kernel.db import fetch_all, fetch_one, transact
from coalition.kernel.errors import Conflict
from tests.catalog.builders import an_offer
from tests.catalog.suppliers.feeding import Feeding


@pytest.fixture
def feeding(app: Flask) -> Feeding:
    return transact(Feeding)


def _offers(count: int = 10, price: str = "10", pieces: int = 20) -> list[str]:
    return [an_offer(f"A{at}", price=price, count=str(pieces)) for at in range(count)]


def test_a_price_that_jumps_waits_while_the_last_valid_one_stays_on_sale(feeding: Feeding) -> None:
    feeding.brings(*_offers(20))

    run = feeding.brings(an_offer("A0", price="0.10", name="New name"), *_offers(20)[1:])

    (price,) = suppliers.quarantined_prices([feeding.supplier.id])
    assert (run.state, run.rows_jumped, run.rows_changed) == ("applied", 1, 1)
    assert (price.sku, price.last_valid_minor, price.current_minor, price.reason) == ("A0", 1000, 10, "drop")
    assert feeding.costs()["A0"] == 1000
    assert fetch_one("SELECT title FROM offer WHERE supplier_sku = 'A0'").title == "New name"


@pytest.mark.parametrize(
    ("price", "reason"), [("4.99", "drop"), ("5.00", None), ("20.00", None), ("20.01", "rise"), ("10.00", None)]
)
def test_a_price_jumps_below_half_and_above_double(feeding: Feeding, price: str, reason: str | None) -> None:
    feeding.brings(*_offers(20))

    feeding.brings(an_offer("A0", price=price), *_offers(20)[1:])

    found = [one.reason for one in suppliers.quarantined_prices([feeding.supplier.id])]
    assert found == ([reason] if reason else [])


def test_a_price_below_the_floor_waits_and_a_new_offer_below_it_is_no_offer(app: Flask) -> None:
    feeding = transact(Feeding)
    guards = suppliers.Guards(missing_rows=0, price_floor_minor=900)
    feeding.feed = transact(lambda: suppliers.create_feed(feeding.supplier.id, "floor", guards=guards))
    feeding.brings(*_offers(20))

    run = feeding.brings(an_offer("A0", price="8.99"), an_offer("B0", price="8.99"), *_offers(20)[1:])

    assert [one.reason for one in suppliers.quarantined_prices([feeding.supplier.id])] == ["floor"]
    assert run.issues["E03"] == 1


def test_a_person_releases_a_price_or_keeps_the_last_valid_one(feeding: Feeding) -> None:
    feeding.brings(*_offers(30))
    feeding.brings(an_offer("A0", price="1"), an_offer("A1", price="1"), *_offers(30)[2:])
    refused, released = suppliers.quarantined_prices([feeding.supplier.id])

    audit.set_origin(audit.Origin("user:7"))
    transact(lambda: suppliers.release_price(released.id, "a sale"))
    transact(lambda: suppliers.refuse_price(refused.id, "a slip"))

    costs, after = feeding.costs(), transact(lambda: suppliers.quarantined_price(released.id))
    assert (costs[released.sku], costs[refused.sku]) == (100, 1000)
    assert (after.state, after.closed_by) == ("released", "user:7")
    assert {row.action for row in fetch_all("SELECT action FROM audit")} >= {"price.released", "price.refused"}
    with pytest.raises(Conflict, match="price_decided"):
        transact(lambda: suppliers.release_price(refused.id, "after all"))


def test_a_refused_price_stays_refused_until_the_file_says_another_one(feeding: Feeding) -> None:
    feeding.brings(*_offers(20))
    feeding.brings(an_offer("A0", price="1"), *_offers(20)[1:])
    (price,) = suppliers.quarantined_prices([feeding.supplier.id])
    transact(lambda: suppliers.refuse_price(price.id, "a slip"))

    feeding.brings(*reversed([an_offer("A0", price="1"), *_offers(20)[1:]]))
    quiet = suppliers.quarantined_prices([feeding.supplier.id])
    feeding.brings(an_offer("A0", price="11"), *_offers(20)[1:])

    assert quiet == []
    assert feeding.costs()["A0"] == 1100


def test_a_price_that_comes_back_takes_itself_out_of_quarantine(feeding: Feeding) -> None:
    feeding.brings(*_offers(20))
    feeding.brings(an_offer("A0", price="1"), *_offers(20)[1:])

    feeding.brings(*_offers(20))

    (price,) = suppliers.quarantined_prices([feeding.supplier.id], state="superseded")
    assert (price.sku, feeding.costs()["A0"]) == ("A0", 1000)


def test_many_prices_that_jump_hold_the_whole_run_and_the_same_file_is_not_asked_about_twice(feeding: Feeding) -> None:
    feeding.brings(*_offers())
    cents = _offers(price="1000", pieces=3)

    held, again = feeding.brings(*cents), None
    stored = transact(lambda: suppliers.run(held.id)).file_key
    again = carry_out(transact(lambda: suppliers.open_run(feeding.feed.id, file_key=stored)).id)

    assert (held.state, held.reason_code, held.holds) == ("held", "price_jumps", ["all"])
    assert (again.state, again.reason_code) == ("refused", "held_already")
    assert (feeding.costs()["A0"], feeding.pieces("A0")) == (1000, 20)
    assert [run.id for run in suppliers.undecided([feeding.supplier.id])] == [held.id]
    assert transact(lambda: suppliers.get_feed(feeding.feed.id)).failures == 0


def test_an_approved_run_gives_way_to_a_newer_file_that_was_taken_before_its_job_ran(feeding: Feeding) -> None:
    feeding.brings(*_offers())
    held = feeding.brings(*_offers(price="1000"))
    approved = transact(lambda: suppliers.approve(held.id, "I have looked"))
    feeding.brings(*_offers(price="11"))

    late = carry_out(approved.id)

    assert (late.state, late.reason_code) == ("refused", "run_superseded")
    assert feeding.costs()["A0"] == 1100
    assert transact(lambda: suppliers.get_feed(feeding.feed.id)).failures == 0


def test_a_slow_run_does_not_undo_a_newer_file(feeding: Feeding) -> None:
    feeding.brings(*_offers())
    slow = feeding.opens(*_offers(price="9"))
    feeding.brings(*_offers(price="11"))

    late = carry_out(slow.id)

    assert (late.state, late.reason_code) == ("refused", "run_superseded")
    assert feeding.costs()["A0"] == 1100


def test_an_approved_run_is_taken_as_it_stands_and_once(feeding: Feeding) -> None:
    feeding.brings(*_offers())
    held = feeding.brings(*_offers(price="1000", pieces=21))

    audit.set_origin(audit.Origin("user:7"))
    taken = feeding.decides(suppliers.approve, held)

    decided = transact(lambda: suppliers.run(held.id))
    assert (taken.state, taken.of_run_id, taken.waived) == ("applied", held.id, ["prices"])
    assert (feeding.costs()["A9"], feeding.pieces("A9")) == (100_000, 21)
    assert (decided.decision, decided.decided_by, decided.decision_reason) == ("approved", "user:7", "I have looked")
    with pytest.raises(Conflict, match="run_decided"):
        transact(lambda: suppliers.approve(held.id, "again"))


def test_approved_removals_go_off_sale_at_once_and_rejected_ones_stay(feeding: Feeding) -> None:
    feeding.brings(*_offers())
    first = feeding.brings(*_offers(7))
    transact(lambda: suppliers.reject(first.id, "they forgot some"))
    kept = len(feeding.costs())

    second = feeding.brings(*_offers(7, price="11"))
    feeding.decides(suppliers.approve, second)

    assert (kept, len(feeding.costs())) == (10, 7)
    assert rewards.count(feeding.program_id, RewardQuery()) == 7


def test_a_run_is_not_decided_on_when_a_newer_file_was_taken(feeding: Feeding) -> None:
    feeding.brings(*_offers())
    held = feeding.brings(*_offers(7))
    good = feeding.brings(*_offers())

    with pytest.raises(Conflict, match="run_superseded"):
        transact(lambda: suppliers.approve(held.id, "late"))
    with pytest.raises(Conflict, match="run_not_held"):
        transact(lambda: suppliers.approve(good.id, "why not"))


@pytest.mark.parametrize("pieces", [2, 200])
def test_stock_that_falls_or_grows_tenfold_is_held_and_the_rest_is_taken(feeding: Feeding, pieces: int) -> None:
    feeding.brings(*_offers())

    held = feeding.brings(*_offers(price="11", pieces=pieces))
    before = (feeding.costs()["A0"], feeding.pieces("A0"))
    feeding.decides(suppliers.approve, held)

    assert (held.reason_code, held.holds, before) == ("stock_held", ["stock"], (1100, 20))
    assert feeding.pieces("A0") == pieces


def test_an_earlier_file_becomes_the_catalog_again_and_the_feed_rests(feeding: Feeding) -> None:
    good = feeding.brings(*_offers(20))
    feeding.brings(*_offers(18, price="12", pieces=15))

    back = feeding.decides(suppliers.roll_back, good)

    feed = transact(lambda: suppliers.get_feed(feeding.feed.id))
    assert (back.state, feed.state, feed.last_good_run_id) == ("applied", "disabled", back.id)
    assert (len(feeding.costs()), feeding.costs()["A19"]) == (20, 1000)
    assert feeding.pieces("A0") == 15, "the counts of an old file are old"


def test_ids_that_have_all_changed_are_taken_when_a_person_says_so(feeding: Feeding) -> None:
    feeding.brings(*_offers())
    refused = feeding.brings(*_offers(7), *(an_offer(f"B{at}") for at in range(7)))

    def lift(run_id: int, reason: str) -> suppliers.FeedRun:
        return suppliers.apply_refused(run_id, ("ids", "removals"), reason)

    taken = feeding.decides(lift, refused)

    assert (refused.reason_code, taken.state, len(feeding.costs())) == ("ids_changed", "applied", 14)


def test_people_see_what_a_run_changes_before_and_after(feeding: Feeding) -> None:
    feeding.brings(*_offers())

    run = feeding.brings(an_offer("A0", price="11"), an_offer("A1", price="1"), *_offers(9)[2:], an_offer("B0"))

    found = {one.kind: (one.sku, one.before, one.after) for one in suppliers.samples(run.id)}
    assert found["new"][:2] == ("B0", None)
    assert found["missing"][0] == "A9"
    assert found["missing"][2] is None
    assert [(side or {})["cost_minor"] for side in found["changed"][1:]] == [1000, 1100]
    assert [(side or {})["cost_minor"] for side in found["jump"][1:]] == [1000, 100]


def test_a_dry_run_says_what_would_be_held_and_holds_nothing(feeding: Feeding) -> None:
    feeding.brings(*_offers())

    run = feeding.brings(*_offers(price="1000"), dry_run=True)

    assert (run.state, run.reason_code, run.holds) == ("previewed", "price_jumps", [])
    assert suppliers.undecided([feeding.supplier.id]) == []
    assert feeding.costs()["A0"] == 1000


def test_a_row_that_cannot_be_used_is_downloaded_as_it_was_sent_and_harmless(feeding: Feeding) -> None:
    bad = an_offer("=cmd|'/C calc'!A0", name="@SUM(1)", price="ten")

    run = feeding.brings(bad, *_offers(20))

    text, more = suppliers.quarantine_csv(run.id)
    assert more is None
    assert text.startswith("\ufeffrow,codes,sku,title,price")
    assert text.splitlines()[1].startswith("1,E03,'=cmd|'/C calc'!A0,'@SUM(1),ten")


def test_what_is_missing_from_the_same_bytes_is_missing_once_more(feeding: Feeding) -> None:
    feeding.brings(*_offers(20))
    run = feeding.brings(*_offers(19))

    for _ in range(2):
        carry_out(transact(lambda: suppliers.open_run(feeding.feed.id, file_key=run.file_key)).id)

    assert len(feeding.costs()) == 19


def test_two_feeds_of_one_supplier_do_not_miss_each_others_offers(feeding: Feeding) -> None:
    feeding.brings(*_offers())
    feeding.feed = transact(lambda: suppliers.create_feed(feeding.supplier.id, "second"))

    run = feeding.brings(an_offer("B0"), an_offer("A0", price="11"))

    assert (run.state, run.rows_new, run.rows_missing) == ("applied", 1, 0)
    assert (len(feeding.costs()), feeding.costs()["A0"]) == (11, 1100)
