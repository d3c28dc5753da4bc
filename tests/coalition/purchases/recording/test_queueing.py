"""Plain purchases, paid ones, files and returns of the same members lock in one order: nobody is ended by the database.

Real commits, eight sessions; the last test is the control, with the wallets locked where they are credited.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask

from coalition import promotions, purchases
from coalition.kernel import db as kernel
from coalition.kernel.config import Config
from coalition.kernel.db import db, transact
from coalition.purchases import Recorded
from coalition.purchases.recording import storing
from tests import guards, racing
from tests.coalition.members.builders import a_member
from tests.coalition.promotions.publishing.builders import ACTOR, a_credit, a_document
from tests.coalition.purchases.builders import CARD, Shop, a_body, a_receipt, a_return, a_shop, bought
from wsgi import create_app

OTHER = "4276000099999999"
PAID = [{"kind": "redeem", "amount": 100}]
LIMITS = [{"metric": "uses", "per": who, "period": "life", "value": 90} for who in ("promotion", "member", "partner")]


@contextmanager
def nobody_is_ended(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Inside, no transaction has to be run again because the database ended it."""
    ended, asked = list[BaseException](), kernel._worth_another_try

    def note(error: Any) -> bool:
        ended.append(error)
        return asked(error)

    with monkeypatch.context() as patched:
        patched.setattr(kernel, "_worth_another_try", note)
        yield
    assert [str(error) for error in ended] == []


@pytest.mark.parametrize("remembering", [False, True])
def test_plain_and_paid_purchases_returns_and_files_never_lock_each_other_out(
    live: Flask, monkeypatch: pytest.MonkeyPatch, remembering: bool
) -> None:
    shop, returns = _stocked(live, 3, remembering=remembering)

    with nobody_is_ended(monkeypatch):
        for round_ in range(3):
            racing.at_once(live, [*_crossing(shop), *_files(shop), _give_back(shop, returns[round_])])


def _stocked(app: Flask, count: int, *, remembering: bool = False) -> tuple[Shop, list[purchases.Return]]:
    """A shop of two members with points, a promotion whose counters they share, and purchases to be given back.

    `remembering`: the promotion asks what members have bought before, so that they are held, too.
    """

    def make() -> tuple[Shop, list[purchases.Return]]:
        shop = a_shop()
        a_member(shop.program, shop.partner, card=OTHER)
        when = {"f": "member.purchases" if remembering else "receipt.total", "op": "gte", "v": 0}
        ten = a_document("ten", a_credit("fixed", points=10), limits=LIMITS, when=when)
        promotions.publish(shop.program.id, [ten], actor=ACTOR)
        shop.record(a_receipt(1_000_000), a_receipt(1_000_000, member={"kind": "card", "value": OTHER}))
        return shop, [a_return(bought(shop, a_body(700)), {1: None}) for _ in range(count)]

    with app.app_context():
        return transact(make)


def _crossing(shop: Shop) -> list[Callable[[], None]]:
    return [_buy(shop, CARD), _buy(shop, CARD, PAID), _buy(shop, OTHER), _buy(shop, OTHER, PAID)]


def _buy(shop: Shop, card: str, payments: list[dict[str, Any]] | None = None) -> Callable[[], None]:
    more = {"payments": payments} if payments else {}
    receipt = a_receipt(700, member={"kind": "card", "value": card}, **more)
    return lambda: _recorded(transact(lambda: shop.record(receipt)))


def _files(shop: Shop) -> list[Callable[[], None]]:
    """Two files whose members come crosswise, each with a receipt that is paid with points."""

    def file(*cards: str) -> Callable[[], None]:
        last = cards[-1]
        receipts = [a_receipt(500, member={"kind": "card", "value": card}) for card in cards]
        receipts.append(a_receipt(700, member={"kind": "card", "value": last}, payments=PAID))
        return lambda: _recorded(transact(lambda: shop.record(*receipts)))

    return [file(CARD, OTHER), file(OTHER, CARD)]


def _give_back(shop: Shop, request: purchases.Return) -> Callable[[], object]:
    return lambda: transact(lambda: purchases.record_returns(shop.partner.id, [request]))


def _recorded(results: list[Any]) -> None:
    assert all(isinstance(one, Recorded) for one in results), results


def test_where_wallets_are_locked_last_the_race_is_lost(
    fresh_database: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, load = create_app(fresh_database), storing.load_sql
    shop, _ = _stocked(app, 0)
    monkeypatch.setattr(storing, "load_sql", lambda *name: load(*name).replace(" FOR NO KEY UPDATE OF w", ""))

    guards.dawdling(fresh_database.owner_url, "entry", 0.2)

    with pytest.raises(AssertionError, match="deadlock"), nobody_is_ended(monkeypatch):
        racing.at_once(app, [_buy(shop, CARD), _buy(shop, CARD, PAID)])

    with app.app_context():
        db.session.remove()
        db.engine.dispose()
