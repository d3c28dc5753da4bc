"""Exchanges: points are redeemed when, and only when, the foreign program says that it has credited them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask

from coalition import wallets
from coalition.kernel import jobs
from coalition.kernel.db import execute, fetch_all, fetch_one, transact
from coalition.kernel.errors import Conflict, Invalid, NotFound
from coalition.ports import Agreed, Declined
from tests.coalition.wallets.builders import FakeProgram, World, a_world, assert_laws_hold, bind, hurry


@pytest.fixture
def world(app: Flask) -> Iterator[World]:
    """A member with 1,000 points."""
    yield transact(a_world)
    assert_laws_hold()


def _leg(direction: str = "out") -> int:
    row = fetch_one("SELECT id FROM exchange_leg WHERE direction = :d ORDER BY id DESC", {"d": direction})
    return int(row.id)


def test_points_are_set_aside_until_the_foreign_program_has_credited_them(world: World) -> None:
    northmiles = bind(FakeProgram())
    made = transact(lambda: world.exchange(301))
    assert (made.state, made.foreign_amount, northmiles.calls) == ("requested", 150, [])
    assert (made.points, world.balance().available, world.balance().held) == (300, 700, 300)

    jobs.run_due(5)

    done = world.find(made)
    assert (done.state, done.foreign_ref is not None, northmiles.balance()) == ("confirmed", True, 150)
    assert (world.balance().available, world.balance().held) == (700, 0)
    rows = fetch_all("SELECT points, counter_kind, counter_owner FROM ledger_movements WHERE kind = 'redeem'")
    assert [tuple(row) for row in rows] == [(300, 3, world.airline.id)]


def test_what_it_refuses_goes_back_to_the_very_lots(world: World) -> None:
    bind(FakeProgram(next=["reject"]))
    made = transact(lambda: world.exchange(300))

    jobs.run_due(5)

    assert (world.find(made).state, world.find(made).code) == ("rejected", "unknown_account")
    assert (world.balance().available, world.balance().held) == (1000, 0)


def test_an_answer_that_is_lost_is_looked_up_and_never_asked_for_blindly(world: World) -> None:
    northmiles = bind(FakeProgram(next=["lost_after"]))
    made = transact(lambda: world.exchange(300))
    jobs.run_due(5)
    assert (world.find(made).state, world.balance().held) == ("in_doubt", 300)

    hurry()
    jobs.run_due(5)

    assert [call for call, _ in northmiles.calls] == ["credit", "status"]
    assert (world.find(made).state, world.balance().held, northmiles.balance()) == ("confirmed", 0, 150)


def test_negative_control_without_looking_first_a_lost_answer_is_asked_for_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    looking = wallets.ask

    def blindly(leg_id: int) -> wallets.Question | None:
        question = looking(leg_id)
        return question and replace(question, look_first=False)

    monkeypatch.setattr(wallets, "ask", blindly)
    northmiles = bind(FakeProgram(next=["lost_after"]))
    transact(lambda: world.exchange(300))
    jobs.run_due(5)
    hurry()
    jobs.run_due(5)

    assert [call for call, _ in northmiles.calls] == ["credit", "credit"]


def test_a_request_that_never_arrived_is_sent_again_under_the_same_reference(world: World) -> None:
    northmiles = bind(FakeProgram(next=["lost_before"]))
    made = transact(lambda: world.exchange(300))
    jobs.run_due(5)

    hurry()
    jobs.run_due(5)

    assert [call for call, _ in northmiles.calls] == ["credit", "status", "credit"]
    assert len({ref for _, ref in northmiles.calls}) == 1
    assert (world.find(made).state, northmiles.balance()) == ("confirmed", 150)


def test_while_in_doubt_nothing_is_put_back_even_if_the_program_is_away(world: World) -> None:
    bind(FakeProgram(next=["lost_after", "silent", "silent"]))
    made = transact(lambda: world.exchange(300))
    for _ in range(3):
        jobs.run_due(5)
        hurry()
        assert (world.find(made).state, world.balance().held) == ("in_doubt", 300)

    jobs.run_due(5)

    assert world.find(made).state == "confirmed"


def test_a_program_that_takes_nothing_for_a_day_is_taken_to_refuse(world: World) -> None:
    bind(FakeProgram(next=["unavailable", "unavailable"]))
    made = transact(lambda: world.exchange(300))
    jobs.run_due(5)
    assert world.find(made).state == "requested"

    hurry()
    transact(lambda: execute("UPDATE exchange_leg SET asked_at = now() - interval '25 hours'"))
    jobs.run_due(5)

    assert (world.find(made).state, world.find(made).code) == ("rejected", "program_unavailable")
    assert world.balance().available == 1000


def test_the_same_exchange_again_is_a_replay_of_its_state_now(world: World) -> None:
    bind(FakeProgram())
    made = transact(lambda: world.exchange(300, "E-1"))
    jobs.run_due(5)

    again, replayed = transact(lambda: wallets.exchange(world.spend(300, "E-1"), "northmiles", "NM1234567"))
    with pytest.raises(Conflict, match="external_id_conflict"):
        transact(lambda: world.exchange(301, "E-1"))

    assert (again.id, again.state, replayed, world.balance().available) == (made.id, "confirmed", True, 700)


def test_what_comes_to_nothing_over_there_is_refused(world: World) -> None:
    with pytest.raises(Invalid, match="too_few_to_exchange"):
        transact(lambda: world.exchange(1))


def test_more_than_there_is_an_unknown_or_a_closed_program_are_refused(world: World) -> None:
    with pytest.raises(Conflict, match="insufficient_points"):
        transact(lambda: world.exchange(1002))
    with pytest.raises(Invalid, match="unknown_program"):
        transact(lambda: wallets.exchange(world.spend(10), "southmiles", "1"))
    transact(lambda: execute("UPDATE foreign_program SET open = false"))
    with pytest.raises(Invalid, match="unknown_program"):
        transact(lambda: world.exchange(10))


def test_the_first_definite_answer_counts_and_a_contradiction_is_for_people_to_see(world: World) -> None:
    bind(FakeProgram(next=["reject"]))
    made = transact(lambda: world.exchange(300))
    jobs.run_due(5)

    state = transact(lambda: wallets.answered(_leg(), Agreed("F-1")))
    transact(lambda: wallets.answered(_leg(), Declined("again")))

    assert (state, world.find(made).state, world.balance().available) == ("rejected", "rejected", 1000)
    assert fetch_one("SELECT count(*) AS n FROM audit WHERE action = 'exchange.contradiction'").n == 1


def test_an_exchange_whose_job_was_given_up_is_woken(world: World) -> None:
    bind(FakeProgram())
    made = transact(lambda: world.exchange(300))
    transact(lambda: execute("UPDATE job SET state = 'dead', finished_at = now() WHERE kind = 'exchanges.ask'"))
    transact(lambda: execute("UPDATE exchange_leg SET created_at = now() - interval '2 minutes'"))

    assert transact(lambda: wallets.wake(10)) == 1
    assert transact(lambda: wallets.wake(10)) == 0
    jobs.run_due(5)

    assert world.find(made).state == "confirmed"


def _confirmed(world: World, points: int = 300) -> wallets.Exchange:
    made = transact(lambda: world.exchange(points))
    jobs.run_due(5)
    return world.find(made)


def _reverse(world: World, made: wallets.Exchange, key: str = "R-1") -> tuple[wallets.Exchange, bool]:
    return transact(lambda: wallets.reverse_exchange(world.program.id, made.id, key))


def test_a_reversal_brings_the_points_back_when_the_foreign_program_has_taken_its_credit_back(world: World) -> None:
    northmiles = bind(FakeProgram())
    transact(lambda: world.give(200, days=30))
    before = transact(world.balance)
    made = _confirmed(world)

    asked, _ = _reverse(world, made)
    assert (asked.state, transact(world.balance).available) == ("reversing", 900)
    jobs.run_due(5)

    assert (world.find(made).state, northmiles.balance()) == ("reversed", 0)
    assert transact(world.balance) == before


def test_a_reversal_that_is_refused_leaves_the_exchange_confirmed_and_may_be_tried_again(world: World) -> None:
    bind(FakeProgram(next=["agree", "reject"]))
    made = _confirmed(world)
    _reverse(world, made)
    jobs.run_due(5)
    assert (world.find(made).state, world.find(made).code) == ("confirmed", "unknown_account")

    refused, replayed = _reverse(world, made)
    assert (refused.state, replayed) == ("confirmed", True)
    _reverse(world, made, "R-2")
    jobs.run_due(5)

    assert (world.find(made).state, world.balance().available) == ("reversed", 1000)


def test_a_lost_answer_to_a_reversal_is_looked_up(world: World) -> None:
    northmiles = bind(FakeProgram(next=["agree", "lost_after"]))
    made = _confirmed(world)
    _reverse(world, made)
    jobs.run_due(5)
    assert (world.find(made).state, world.balance().available) == ("reversing", 700)

    hurry()
    jobs.run_due(5)

    assert [call for call, _ in northmiles.calls] == ["credit", "take_back", "status"]
    assert (world.find(made).state, world.balance().available) == ("reversed", 1000)


def test_an_exchange_is_reversed_once(world: World) -> None:
    bind(FakeProgram())
    made = _confirmed(world)
    _reverse(world, made)

    _, replayed = _reverse(world, made)
    with pytest.raises(Conflict, match="already_reversed"):
        _reverse(world, made, "R-2")
    jobs.run_due(5)
    with pytest.raises(Conflict, match="already_reversed"):
        _reverse(world, made, "R-2")

    assert replayed
    assert world.balance().available == 1000


def test_one_reversal_s_external_id_stands_for_one_exchange(world: World) -> None:
    bind(FakeProgram())
    first, second = _confirmed(world), _confirmed(world)
    _reverse(world, first)

    with pytest.raises(Conflict, match="external_id_conflict"):
        _reverse(world, second)
    assert world.find(second).state == "confirmed"


def test_an_exchange_of_another_program_is_not_found(world: World) -> None:
    made = transact(lambda: world.exchange(300))

    with pytest.raises(NotFound):
        transact(lambda: wallets.find_exchange(world.program.id + 1, made.id))
