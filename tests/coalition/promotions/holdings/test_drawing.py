"""Draws: who wins is told by a seed that was committed to, and anybody can draw again."""

from __future__ import annotations

import hashlib
import hmac

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from coalition import promotions
from coalition.kernel.errors import Conflict, Invalid
from coalition.promotions import holdings
from coalition.promotions.holdings import Entry
from tests.coalition.members.builders import a_member
from tests.coalition.promotions.publishing.builders import ACTOR, a_document
from tests.coalition.purchases.builders import Shop, a_receipt, a_shop

OTHER = {"kind": "card", "value": "4276000099999999"}
TICKETS = {"kind": "draw.enter", "draw": "car", "each": 500, "tickets": 1}


@pytest.fixture
def shop(app: Flask) -> Shop:
    """Two members: one with two tickets of the draw `car`, one with one."""
    shop = a_shop()
    a_member(shop.program, shop.partner, card=OTHER["value"])
    promotions.publish(shop.program.id, [a_document("car", TICKETS)], actor=ACTOR)
    shop.record(a_receipt(1000), a_receipt(500, member=OTHER))
    return shop


def test_the_seed_was_committed_to_and_whoever_has_it_finds_the_same_winner(shop: Shop) -> None:
    promised = holdings.commitment(shop.program.id, "car")

    held = holdings.hold_draw(shop.program.id, "car", prizes=1)

    assert hashlib.sha256(bytes.fromhex(held.seed)).hexdigest() == held.commitment == promised
    scores = {
        hmac.new(bytes.fromhex(held.seed), f"{one.member_id}|{no}".encode(), "sha256").hexdigest(): one.member_id
        for one in holdings.entries_after(shop.program.id, "car")
        for no in range(1, one.tickets + 1)
    }
    assert len(scores) == 3
    assert [(one.score, one.member_id) for one in held.winners] == [min(scores.items())]


def test_the_statement_that_holds_a_draw_finds_whom_the_proof_finds(shop: Shop) -> None:
    for at in range(5):
        card = {"kind": "card", "value": f"427600001111{at:04}"}
        a_member(shop.program, shop.partner, card=card["value"])
        shop.record(a_receipt(1500 * (at + 1), member=card))

    held = holdings.hold_draw(shop.program.id, "car", prizes=4)

    entries = holdings.entries_after(shop.program.id, "car")
    assert list(held.winners) == holdings.winners_of(bytes.fromhex(held.seed), entries, 4)
    assert (len(held.winners), held.entrants) == (4, len(entries))
    assert holdings.entries_after(shop.program.id, "car", 2) == entries[2:]


def test_a_draw_is_held_once_whatever_happens_afterwards(shop: Shop) -> None:
    first = holdings.hold_draw(shop.program.id, "car", prizes=2)
    shop.record(a_receipt(5000))

    again = holdings.hold_draw(shop.program.id, "car", prizes=2)

    assert again == first
    assert {one.member_id for one in first.winners} == {
        one.member_id for one in holdings.entries_after(shop.program.id, "car")
    }
    with pytest.raises(Conflict) as refused:
        holdings.hold_draw(shop.program.id, "car", prizes=1)
    assert refused.value.code == "drawn"


def test_a_draw_without_tickets_or_prizes_is_refused(shop: Shop) -> None:
    with pytest.raises(Conflict) as nobody:
        holdings.hold_draw(shop.program.id, "yacht", prizes=1)
    with pytest.raises(Invalid) as nothing:
        holdings.hold_draw(shop.program.id, "car", prizes=0)

    assert (nobody.value.code, nothing.value.errors[0].pointer) == ("no_tickets", "/prizes")


def test_another_draw_has_another_seed(shop: Shop) -> None:
    assert holdings.commitment(shop.program.id, "car") != holdings.commitment(shop.program.id, "yacht")


@given(st.binary(min_size=32, max_size=32), st.dictionaries(st.integers(1, 99), st.integers(1, 5)), st.integers(1, 9))
def test_nobody_wins_twice_and_the_order_of_entries_changes_nothing(
    seed: bytes, tickets: dict[int, int], prizes: int
) -> None:
    entries = [Entry(*one) for one in tickets.items()]

    found = holdings.winners_of(seed, entries, prizes)

    assert found == holdings.winners_of(seed, entries[::-1], prizes)
    assert len({one.member_id for one in found}) == len(found) == min(prizes, len(entries))
    assert all(1 <= one.ticket <= tickets[one.member_id] for one in found)
