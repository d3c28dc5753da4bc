"""Taking over another program's cards: members, identifiers and opening balances, each exactly once."""

from __future__ import annotations

import datetime as dt
import io
import json
from typing import Any

import pytest
from flask import Flask

from coalition import ledger, members, programs, purchases
from coalition.kernel import clock
from coalition.kernel.db import fetch_all
from coalition.kernel.laws import laws, offending
from coalition.ports import StoredFile
from tests.coalition.purchases.builders import CARD, Shop, a_card, a_shop

_STORED = StoredFile("none", 1, "00")


@pytest.fixture
def shop(app: Flask) -> Shop:
    """A shop whose earlier cards are to be taken over."""
    return a_shop()


def take(shop: Shop, *cards: Any, dry_run: bool = False) -> purchases.Registry:
    """Take a file of these cards; the registry afterwards."""
    file = b"".join(json.dumps(card).encode() + b"\n" for card in cards)
    at = purchases.open_registry(shop.program.id, shop.partner.id, _STORED, content="cards", dry_run=dry_run)
    for chunk, readings in purchases.readings(io.BytesIO(file), at, purchases.layout(at)):
        at = purchases.take(at, chunk, readings)
    purchases.close(at)
    return purchases.registry(at.id)


def who(shop: Shop, kind: str, value: str) -> int | None:
    """The member behind an identifier that is presented to the shop."""
    return members.identify(shop.program.id, shop.partner.id, [(kind, value)]).get((kind, value))


def counts(at: purchases.Registry) -> tuple[int, int, int, int]:
    """Accepted, replayed, rejected lines and points issued."""
    return at.accepted, at.replayed, at.rejected, at.points_issued


def codes(at: purchases.Registry) -> list[tuple[int, str, str]]:
    """The rejections: line, code, field."""
    return [(one.line, one.code, one.field) for one in purchases.rejections(at.id, None, 100).items]


def test_every_card_becomes_a_member_who_is_known_and_has_the_balance(shop: Shop) -> None:
    profile = {"first_name": "Anna", "birth_date": "1990-02-28", "locale": "ru"}

    done = take(shop, a_card(1, profile=profile), *(a_card(number) for number in range(2, 41)))

    assert counts(done) == (40, 0, 0, 40 * 100 + sum(range(1, 41)))
    member = who(shop, "bank_card_token", "TOK 00000001")
    assert member is not None
    assert member == who(shop, "external", "C-1")
    assert members.profile(member) == members.Profile("Anna", birth_date=dt.date(1990, 2, 28), locale="ru")
    (balance,) = ledger.balances(shop.program.id, member)
    assert balance.available == 101
    (lot,) = ledger.lots(balance.account_id)
    assert lot.legs == ((shop.entity.id, 1),)
    assert [law.code for law in laws() if offending(law)] == []


def test_a_file_sent_twice_changes_nothing_twice(shop: Shop) -> None:
    cards = [a_card(number) for number in range(1, 31)]
    take(shop, *cards)

    again = take(shop, *cards, {**cards[0], "balance": {"amount": 1, "currency": "BON"}})

    assert counts(again) == (0, 30, 1, 0)
    assert codes(again) == [(31, "external_id_conflict", "")]
    (row,) = fetch_all("SELECT count(*) AS n, sum(units) AS units FROM takeover")
    assert (row.n, row.units) == (30, 3000 + sum(range(1, 31)))


def test_a_dry_run_tells_the_same_and_leaves_nothing(shop: Shop) -> None:
    done = take(shop, a_card(1), a_card(2, value="4242424242424242"), dry_run=True)

    assert counts(done) == (1, 0, 1, 101)
    assert who(shop, "bank_card_token", "tok-00000001") is None
    assert fetch_all("SELECT FROM takeover") == []


def test_cards_bind_to_a_member_that_the_partner_named_before(shop: Shop) -> None:
    own = {"member_external_id": shop.member.external_id}
    several = {"member_external_id": "M-7"}

    done = take(shop, a_card(1, **own), a_card(2, **several), a_card(3, **several, balance=None))

    assert done.accepted == 3
    assert who(shop, "bank_card_token", "tok-00000001") == shop.member.id
    assert who(shop, "bank_card_token", "tok-00000002") == who(shop, "bank_card_token", "tok-00000003")
    assert who(shop, "external", "M-7") == who(shop, "bank_card_token", "tok-00000003")
    assert shop.available() == 101


def test_a_card_belongs_to_one_member_within_the_file_and_beside_it(shop: Shop) -> None:
    done = take(
        shop,
        a_card(1, kind="card", value=CARD),
        a_card(2),
        a_card(3, value="tok-00000002"),
        a_card(4, value="tok-00000002", member_external_id="C-2"),
    )

    assert codes(done) == [(1, "identifier_in_use", "/value"), (3, "identifier_in_use", "/value")]
    assert done.accepted == 2
    assert who(shop, "external", "C-3") is None
    assert who(shop, "external", "C-1") is None


def test_one_bad_line_stops_nothing_and_each_says_what_is_wrong(shop: Shop) -> None:
    expired = {"amount": 1, "currency": "BON", "expires_on": "2020-01-01"}
    done = take(
        shop,
        a_card(1, value="4242424242424242"),
        a_card(2, balance={"amount": 1, "currency": "XXX"}),
        a_card(3, balance=expired),
        a_card(4, type="review"),
        a_card(5, balance={"amount": True, "currency": "BON"}, profile={"locale": "fr"}),
        a_card(6, pan="1"),
        a_card(7),
        a_card(8, profile={"first_name": "Anna", "last_name": "4111 1111 1111 1111"}),
    )

    assert codes(done) == [
        (1, "card_number_refused", "/value"),
        (2, "unknown_currency", "/balance/currency"),
        (3, "invalid", "/balance/expires_on"),
        (4, "not_a_card", "/type"),
        (5, "invalid", "/profile/locale"),
        (6, "unknown_field", "/pan"),
        (8, "card_number_refused", "/profile/last_name"),
    ]
    assert done.accepted == 1


def test_points_last_through_the_day_that_the_card_names(shop: Shop) -> None:
    day = clock.local_date(clock.now(), shop.program.zone)

    take(shop, a_card(1, balance={"amount": 5, "currency": "BON", "expires_on": str(day)}))

    member = who(shop, "external", "C-1")
    assert member is not None
    (balance,) = ledger.balances(shop.program.id, member)
    assert balance.next_expirations == ((5, clock.end_of_last_day(day, shop.program.zone)),)


def test_a_blocked_card_does_not_come_back_with_the_same_file(shop: Shop) -> None:
    take(shop, a_card(1))
    member = who(shop, "external", "C-1")
    assert member is not None
    token = next(one for one in members.identifiers(member) if one.kind == "bank_card_token")
    members.block(shop.partner.id, member, token.id)

    again = take(shop, a_card(1))

    assert again.replayed == 1
    assert who(shop, "bank_card_token", "tok-00000001") is None


def test_a_program_takes_cards_over_before_it_opens_but_not_in_its_sunset(shop: Shop) -> None:
    programs.move(shop.program.id, "sunset", ends_on=clock.local_date(clock.now(), shop.program.zone))

    done = take(shop, a_card(1))

    assert codes(done) == [(1, "program_closed_to_earning", "")]


def test_a_line_of_the_type_card_may_stand_in_any_registry(shop: Shop) -> None:
    assert isinstance(purchases.interpret({"type": "card", **a_card(1)}), purchases.Takeover)
