"""A receipt that no difference can touch is played once, and the figures are those of playing it twice."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from coalition.insight.backtests.playing import Side
from coalition.insight.backtests.seen import Outcome
from coalition.insight.backtests.sparing import Sparing
from coalition.insight.backtests.tallying import Tally
from coalition.promotions import engine
from tests.coalition.insight.backtests.builders import FACES, Played, a_purchase
from tests.coalition.promotions.engine.builders import PROGRAM, a_credit, a_promotion


def _any(where: dict[str, Any]) -> dict[str, Any]:
    return {"lines": {"where": where, "agg": "count", "op": "gte", "v": 1}}


DAIRY, BREAD = ({"f": "category", "op": "eq", "v": one} for one in ("dairy", "bread"))
DAILY = [{"metric": "units", "per": "member", "period": "day", "value": 40}]
BUDGET = [{"metric": "units", "per": "campaign", "period": "life", "value": 90}]
GROUPS = {"rivals": {"mode": "best", "scope": "receipt"}}
COMMON = {
    "dairy": a_promotion(a_credit("percent", bp=500, where=DAIRY), id="dairy", limits=DAILY, when=_any(DAIRY)),
    "rival": a_promotion(a_credit("percent", bp=300), id="rival", group="rivals", limits=DAILY),
    "spring": a_promotion(a_credit("fixed", points=7), id="spring", campaign="spring", limits=BUDGET),
}
DRAFTS = (
    a_promotion(a_credit("percent", bp=900, where=BREAD), id="new", when=_any(BREAD)),
    a_promotion(a_credit("percent", bp=900, where=BREAD), id="new", group="rivals", when=_any(BREAD)),
    a_promotion(a_credit("fixed", points=9), id="new", campaign="spring", limits=BUDGET, when=_any(BREAD)),
    a_promotion(a_credit("percent", bp=1), id="dairy", when=_any(BREAD)),
)
RECEIPTS = st.lists(
    st.tuples(
        st.sampled_from(["dairy", "bread", "wine"]), st.integers(5_000, 90_000), st.integers(1, 2), st.integers(0, 2)
    ),
    max_size=12,
)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(DRAFTS), RECEIPTS)
def test_the_figures_are_those_of_playing_everything_twice(draft: dict[str, Any], receipts: list[Any]) -> None:
    both = COMMON, {**COMMON, draft["id"]: draft}

    assert _played(both, receipts, spared=True)[0] == _played(both, receipts, spared=False)[0]


def test_only_receipts_that_the_difference_touches_are_played_twice() -> None:
    both = COMMON, {**COMMON, "new": DRAFTS[0]}
    receipts = [("dairy", 50_000, 1, 0), ("bread", 50_000, 1, 0), ("wine", 50_000, 2, 0), ("wine", 50_000, 2, 1)]

    assert _played(both, receipts, spared=True)[1] == 1


def test_once_limits_have_parted_everything_is_played_twice_until_they_are_forgotten() -> None:
    both = COMMON, {**COMMON, "new": DRAFTS[1]}
    receipts = [("bread", 50_000, 1, 0), ("wine", 50_000, 2, 0)]

    assert _played(both, receipts, spared=True)[1] == 2


def _played(both: tuple[Any, Any], receipts: list[Any], *, spared: bool) -> tuple[Any, int]:
    """What each receipt came to under both, with the counters in the end; how many were played under the draft."""
    rules = [Played(PROGRAM | {"groups": GROUPS}, tuple(map(engine.promotion, one.values()))) for one in both]
    active, draft = (_Counted(one, lambda promotion, seen: [(1, 1)]) for one in rules)
    tally = Tally(active, draft, FACES, 10_000, Sparing(*rules, both) if spared else None)
    found: list[tuple[Outcome, Outcome]] = []
    for number, (category, amount, member, day) in enumerate(receipts):
        event, seen = a_purchase(number, amount, member=member, day=day, category=category)
        found.append(tally._played(event, seen))
    return (found, dict(active.counters), dict(draft.counters), draft.budgets.spent()), draft.plays


class _Counted(Side):
    """A side that counts how often it is played."""

    plays = 0

    def play(self, event: Any, seen: Any) -> Outcome:
        self.plays += 1
        return super().play(event, seen)
