"""A look at the last days takes whole members, and says when it did not take all."""

from __future__ import annotations

import datetime as dt

import pytest

from coalition import insight
from coalition.insight.backtests.sums import Pair
from coalition.kernel import clock
from coalition.kernel.errors import Invalid
from tests.coalition.insight.builders import CARDS, HALF_A_PERCENT, a_stocked_shop, on_dairy
from tests.coalition.purchases.builders import Shop, a_receipt

pytestmark = pytest.mark.usefixtures("session")


@pytest.fixture
def shop() -> Shop:
    """Two members who bought milk three times each on the last days, and one long ago."""
    shop = a_stocked_shop(HALF_A_PERCENT)
    now = clock.now()
    for days in (1, 2, 3, 40):
        at = (now - dt.timedelta(days=days)).isoformat()
        for card in CARDS:
            shop.record(a_receipt(10_000, occurred_at=at, member={"kind": "card", "value": card}))
    return shop


def test_a_look_plays_the_receipts_of_the_last_days(shop: Shop) -> None:
    found = insight.replay(shop.program.id, on_dairy())

    assert (found.receipts, found.figures.receipts, found.sampled) == (6, 6, False)
    assert found.figures.sums.total("BON") == Pair(300, 300 + 3_000)
    assert (found.until - found.since).days == 30


def test_a_look_takes_whole_members_and_says_so(shop: Shop) -> None:
    monthly = {"metric": "units", "per": "member", "period": "year", "value": 700}

    found = insight.replay(shop.program.id, on_dairy(limits=[monthly]), most=3)

    assert (found.receipts, found.figures.receipts, found.figures.bought, found.sampled) == (6, 3, 1, True)
    assert found.figures.sums.total("BON") == Pair(150, 150 + 700)


def test_a_draft_that_cannot_be_published_is_refused(shop: Shop) -> None:
    with pytest.raises(Invalid):
        insight.replay(shop.program.id, on_dairy(group="nowhere"))
