"""One coupon and eight tills, with real sessions and real commits: one wins. `COUPON_ROUNDS` says how often."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial

import pytest
from flask import Flask

from coalition import members, programs
from coalition.kernel import clock
from coalition.kernel.config import Config
from coalition.kernel.db import db, transact
from coalition.kernel.laws import offending
from coalition.promotions import coupons
from tests.builders import a_partner, a_program
from tests.coalition.members.builders import a_member
from tests.coalition.promotions.coupons.builders import a_batch, codes_of
from tests.racing import at_once

CLIENTS = 8
ROUNDS = int(os.environ.get("COUPON_ROUNDS", "12"))


@pytest.fixture
def live(fresh_database: Config) -> Iterator[Flask]:
    """The application on a database of its own, where commits are commits."""
    from wsgi import create_app

    app = create_app(fresh_database)
    with app.app_context():
        yield app
        assert [law.code for law in coupons.laws() if offending(law)] == []
        db.session.remove()
        db.engine.dispose()


def _buy(program: programs.Program, code: str, purchase: int, member: members.Member | None) -> bool:
    who = member.id if member else None

    def work() -> bool:
        (found,) = coupons.claim(program.id, [coupons.Ask(who, clock.now(), (code,))])
        coupons.redeem([coupons.Use(one, purchase, who) for one in found if one.opens])
        return found[0].opens is not None

    return transact(work)


def test_of_eight_tills_exactly_as_many_redeem_as_are_allowed(live: Flask) -> None:
    program = transact(a_program)
    anna = transact(lambda: a_member(program, a_partner(program)))
    single = transact(lambda: a_batch(program, "single", wanted=ROUNDS))
    five = transact(lambda: a_batch(program, "five", wanted=max(ROUNDS // 4, 1), uses_max=5))
    for batch, allowed in ((single, 1), (five, 5)):
        for at, code in enumerate(codes_of(batch)):
            tills = [partial(_buy, program, code, at * CLIENTS + till, None) for till in range(CLIENTS)]
            assert sum(at_once(live, tills)) == allowed

    for at in range(max(ROUNDS // 4, 1)):
        own = transact(lambda at=at: a_batch(program, f"own{at}", wanted=CLIENTS, member_uses_max=3))  # type: ignore[misc]
        tills = [partial(_buy, program, code, at * CLIENTS + n, anna) for n, code in enumerate(codes_of(own))]
        assert sum(at_once(live, tills)) == 3
