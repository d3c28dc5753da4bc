"""A shadow sees what is recorded after it began, gives nothing, and counts as posting would."""

from __future__ import annotations

import pytest

from coalition import insight
from coalition.kernel import jobs
from coalition.kernel.db import raw
from coalition.kernel.errors import Conflict, NotFound
from tests.coalition.insight.builders import HALF_A_PERCENT, a_stocked_shop, bought, on_dairy
from tests.coalition.purchases.builders import Shop

pytestmark = pytest.mark.usefixtures("session")


@pytest.fixture
def shop() -> Shop:
    return a_stocked_shop(HALF_A_PERCENT)


def test_a_shadow_sees_what_comes_after_it_and_gives_nothing(shop: Shop) -> None:
    bought(shop, 9_000)
    number = insight.start_shadow(shop.program.id, [on_dairy()])
    before = shop.available()
    bought(shop, 2_000, 1_000)
    bought(shop, 10_000, card=1)

    assert insight.follow(number, lag_s=0) is False

    assert insight.cast(number) == [insight.Cast("dairy", "BON", 600, 2, 2)]
    assert insight.shadow(number).seen == 2
    assert shop.available() == before + 15 + 15  # base, and half a percent: nothing of dairy
    assert insight.follow(number, lag_s=0) is False and insight.shadow(number).seen == 2


def test_what_was_recorded_just_now_is_left_for_a_later_turn_of_the_job(shop: Shop) -> None:
    number = insight.start_shadow(shop.program.id, [on_dairy()])
    bought(shop, 2_000)
    job = jobs.enqueue("insight.follow", {})

    jobs.run_due()

    done = jobs.get(job)
    assert done is not None and done.state == "done"
    assert insight.shadow(number).seen == 0


@pytest.mark.parametrize(("period", "units"), [("month", 120), ("rolling:P2D", 220)])
def test_the_limits_of_a_shadow_are_remembered_from_turn_to_turn(shop: Shop, period: str, units: int) -> None:
    limit = {"metric": "units", "per": "member", "period": period, "value": 120}
    number = insight.start_shadow(shop.program.id, [on_dairy(limits=[limit])])

    for day in (20, 21, 22):
        bought(shop, 2_000, day=day)
        insight.follow(number, lag_s=0)

    # a month: 100 and 20; two days: 100, then 20 of what the 20th left, then 100 of what the 21st left
    assert [one.units for one in insight.cast(number)] == [units]


def test_a_shadow_that_was_stopped_sees_nothing_more(shop: Shop) -> None:
    number = insight.start_shadow(shop.program.id, [on_dairy()], title="Dairy")
    insight.stop_shadow(number)
    bought(shop, 2_000)

    assert (insight.follow(number, lag_s=0), insight.cast(number), insight.running_shadows()) == (False, [], [])
    assert [(one.title, one.stopped_at is None) for one in insight.shadows(shop.program.id)] == [("Dairy", False)]
    with pytest.raises(Conflict):
        insight.stop_shadow(number)
    with pytest.raises(NotFound):
        insight.stop_shadow(number + 1)
    assert raw().execute("SELECT count(*) FROM shadow_award").fetchone() == (0,)
