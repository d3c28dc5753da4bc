"""Batches from being ordered to being over, and making their codes part by part."""

from __future__ import annotations

import pytest
from flask import Flask

from coalition import programs
from coalition.kernel import jobs
from coalition.kernel.db import execute, fetch_one, transact
from coalition.kernel.errors import Conflict, NotFound
from coalition.kernel.laws import offending
from coalition.promotions import coupons
from coalition.promotions.coupons import codes, making
from tests.builders import a_program
from tests.coalition.promotions.coupons.builders import a_batch, codes_of


@pytest.fixture
def program(app: Flask) -> programs.Program:
    return transact(a_program)


def _order(program: programs.Program, wanted: int) -> coupons.Batch:
    return transact(lambda: coupons.order(program.id, coupons.Order("autumn", "Autumn", "Осень", wanted=wanted)))


def _laws() -> list[str]:
    return [law.code for law in coupons.laws() if offending(law)]


def test_the_job_makes_exactly_the_codes_that_were_wanted(
    program: programs.Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making, "PART", 400)
    batch = _order(program, 1000)

    jobs.run_due()

    done = coupons.get(program.id, batch.id)
    assert (done.state, done.made, jobs.get(done.job_id or 0).state) == ("ready", 1000, "done")
    assert len(set(codes_of(done))) == 1000
    assert all(map(codes.is_whole, codes_of(done)))
    assert _laws() == []


def test_a_worker_that_dies_loses_its_part_and_another_makes_exactly_the_rest(program: programs.Program) -> None:
    batch = _order(program, 1000)
    transact(lambda: coupons.make_part(batch.id, 300))

    def dies() -> None:
        coupons.make_part(batch.id, 300)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        transact(dies)
    assert (coupons.get(program.id, batch.id).made, len(codes_of(batch))) == (300, 300)
    jobs.run_due()

    assert (coupons.get(program.id, batch.id).state, len(codes_of(batch))) == ("ready", 1000)
    assert transact(lambda: coupons.make_part(batch.id)) is None
    assert _laws() == []


def test_a_worker_whose_job_was_taken_over_adds_nothing(program: programs.Program) -> None:
    batch = _order(program, 100)
    slow = transact(jobs.queue.claim)
    assert slow is not None
    transact(lambda: execute("UPDATE job SET due_at = now() - interval '1 second' WHERE id = :id", {"id": slow.id}))
    transact(jobs.queue.claim)

    with pytest.raises(jobs.StaleLease):
        slow.step(lambda: coupons.make_part(batch.id))

    assert codes_of(batch) == []


def test_a_batch_cancelled_while_it_is_made_stops_and_opens_nothing(program: programs.Program) -> None:
    batch = _order(program, 1000)
    transact(lambda: coupons.make_part(batch.id, 10))
    transact(lambda: coupons.cancel(program.id, batch.id))

    jobs.run_due()

    over = coupons.get(program.id, batch.id)
    assert (over.state, over.made) == ("cancelled", 10)
    ask = coupons.Ask(None, over.created_at, tuple(codes_of(batch)[:1]))
    assert coupons.look(program.id, [ask])[0][0].refusal == "coupon_void"
    assert _laws() == []


def test_what_is_over_is_not_cancelled_and_what_is_made_is_not_voided_twice(program: programs.Program) -> None:
    batch = transact(lambda: a_batch(program))

    with pytest.raises(Conflict, match="batch_over"):
        transact(lambda: coupons.cancel(program.id, batch.id))
    transact(lambda: coupons.void(program.id, batch.id))
    with pytest.raises(Conflict, match="batch_over"):
        transact(lambda: coupons.void(program.id, batch.id))


def test_a_batch_is_found_in_its_own_program_alone(program: programs.Program) -> None:
    batch, other = transact(lambda: a_batch(program)), transact(a_program)

    assert coupons.by_code(program.id, "autumn") == batch
    assert coupons.listed(program.id) == [batch]
    assert coupons.listed(other.id) == []
    with pytest.raises(NotFound):
        coupons.get(other.id, batch.id)


def test_two_batches_have_two_codes_and_a_word_is_there_once(program: programs.Program) -> None:
    word = {"kind": "shared", "word": "Sale-10"}
    transact(lambda: a_batch(program, "first", **word))

    with pytest.raises(Conflict, match="code_in_use"):
        transact(lambda: a_batch(program, "first"))
    with pytest.raises(Conflict, match="coupon_in_use"):
        transact(lambda: a_batch(program, "second", **word))
    assert fetch_one("SELECT count(*) AS n FROM coupon_batch").n == 1


def test_a_batch_tells_what_became_of_its_codes(program: programs.Program) -> None:
    batch = transact(lambda: a_batch(program))
    first, second, *_ = codes_of(batch)
    ask = coupons.Ask(None, batch.created_at, (first,))
    transact(lambda: coupons.redeem([coupons.Use(coupons.claim(program.id, [ask])[0][0], 1, None)]))
    transact(lambda: coupons.void_code(program.id, second, reason="lost"))

    assert coupons.counts(batch) == coupons.Counts(used=1, voided=1, given=0)


def test_the_file_has_every_code_in_its_order(program: programs.Program) -> None:
    batch = transact(lambda: a_batch(program, wanted=5))
    transact(lambda: coupons.note_export(batch))

    first = coupons.part_after(batch.id, 0, 3)
    rest = coupons.part_after(batch.id, first[-1].id, 3)

    told = [line.split(",")[0] for line in coupons.lines([*first, *rest])]
    assert told == codes_of(batch)
    assert coupons.part_after(batch.id, rest[-1].id) == []
    assert fetch_one("SELECT count(*) AS n FROM audit WHERE action = 'coupons.export'").n == 1
