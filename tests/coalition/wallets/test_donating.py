"""Donations: once under their key, drawn from lots, and redeemed at the charity."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from coalition import wallets
from coalition.kernel.db import fetch_all, transact
from coalition.kernel.errors import Conflict, Invalid
from tests.coalition.wallets.builders import World, a_world, assert_laws_hold


@pytest.fixture
def world(app: Flask) -> Iterator[World]:
    """A member with 1,000 points."""
    yield transact(a_world)
    assert_laws_hold()


def test_a_donation_is_a_redemption_at_the_charity_s_legal_entity(world: World) -> None:
    deed, replayed = transact(lambda: wallets.donate(world.spend(300), "greenfund"))

    assert (deed.kind, deed.amount, replayed, world.balance().available) == ("donation", -300, False, 700)
    rows = fetch_all("SELECT kind, points, counter_kind, counter_owner FROM ledger_movements WHERE kind = 'redeem'")
    assert [tuple(row) for row in rows] == [("redeem", 300, 3, deed.counterparty_id)]


def test_the_same_donation_again_is_a_replay_and_another_amount_a_conflict(world: World) -> None:
    first, _ = transact(lambda: wallets.donate(world.spend(300, "D-1"), "greenfund"))

    again, replayed = transact(lambda: wallets.donate(world.spend(300, "D-1"), "greenfund"))
    with pytest.raises(Conflict, match="external_id_conflict"):
        transact(lambda: wallets.donate(world.spend(301, "D-1"), "greenfund"))

    assert (again, replayed, world.balance().available) == (first, True, 700)


def test_more_than_there_is_is_refused_with_what_is_available(world: World) -> None:
    with pytest.raises(Conflict, match="insufficient_points") as refused:
        transact(lambda: wallets.donate(world.spend(1001), "greenfund"))

    assert refused.value.extra == {"available": 1000}


@pytest.mark.parametrize("code", ["nobody", "coral", "northmiles"])
def test_only_a_charity_of_the_program_is_given_to(world: World, code: str) -> None:
    with pytest.raises(Invalid, match="unknown_charity"):
        transact(lambda: wallets.donate(world.spend(10), code))
