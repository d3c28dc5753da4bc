"""The law of draws holds after one was held, and sees the crimes that it is there for."""

from __future__ import annotations

import psycopg
import pytest

from coalition import promotions
from coalition.kernel.db import raw
from coalition.promotions import holdings
from tests.coalition.promotions.publishing.builders import ACTOR, a_document
from tests.coalition.purchases.builders import a_receipt, a_shop

CRIMES = (
    "UPDATE prize_draw SET winners = jsonb_set(winners, '{0,1}', '99')",
    "UPDATE prize_draw SET winners = winners || winners",
    "UPDATE prize_draw SET winners = '[]'",
)


def test_every_crime_is_seen_by_the_law(owner: psycopg.Connection) -> None:
    (law,) = (one for one in holdings.laws() if one.code not in ("CP6", "CP7"))  # those have crimes of their own
    assert law.code == "CP8"

    for crime in CRIMES:
        owner.execute("SAVEPOINT innocent")
        owner.execute(crime.encode())
        offences = owner.execute(law.sql.encode()).fetchall()
        owner.execute("ROLLBACK TO SAVEPOINT innocent")
        assert offences, crime


@pytest.mark.parametrize("deed", ["DELETE FROM prize_draw", "UPDATE prize_draw SET winners = '[]'"])
def test_the_application_cannot_draw_again(session: object, deed: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        raw().execute(deed.encode())


def story() -> None:
    """A member with two tickets, and a draw of one prize."""
    shop = a_shop()
    tickets = {"kind": "draw.enter", "draw": "car", "tickets": 2}
    promotions.publish(shop.program.id, [a_document("car", tickets)], actor=ACTOR)
    shop.record(a_receipt(1000))
    holdings.hold_draw(shop.program.id, "car", prizes=1)
