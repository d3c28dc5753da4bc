"""What limits get back at once, because the limits of those who pay did not carry what a promotion wanted to give.

Declined points free as much as they had used of limits on points and on money; a use is free where nothing else of its
promotion was given. So a member's one use is not lost because a funder had nothing left that day.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from coalition.promotions.engine.terms import MONEY
from coalition.promotions.granting import counting
from coalition.promotions.granting.evaluating import Evaluated, day_of
from coalition.promotions.publishing import Ruleset

_CAMPAIGN = "campaign:"
Effects = Sequence[Mapping[str, Any]]


def give_up(ruleset: Ruleset, of: Evaluated, effects: Effects) -> Mapping[str, int]:
    """Free what was used for points that are `declined`; what stays used. Locks counters where there is such."""
    free = spared(ruleset, of.used, effects)
    counting.release(ruleset.program_id, free, day_of(ruleset, of.event))
    left = {key: amount - free.get(key, 0) for key, amount in of.used.items()}
    return {key: amount for key, amount in left.items() if amount}


def givers(effects: Effects) -> set[str]:
    """The promotions that have given something in the end."""
    return {one["promotion"] for one in effects if one["kind"] not in MONEY or one["units"]}


def spared(ruleset: Ruleset, used: Mapping[str, int], effects: Effects) -> dict[str, int]:
    """By counter, what of its use the declined points had taken. Pure."""
    declined = [one for one in effects if one.get("declined")]
    if not declined:
        return {}
    units, money = Counter[str](), Counter[str]()
    for one in declined:
        worth = ((ruleset.program.get("currencies") or {}).get(one["currency"]) or {}).get("unit_minor", 1)
        units[one["promotion"]] += one["declined"]
        money[one["promotion"]] += one["declined"] * int(worth)
    by_metric: dict[str, Counter[str]] = {
        "units": units,
        "money": money,
        "uses": Counter(dict.fromkeys(units.keys() - givers(effects), 1)),
    }
    found = {}
    for key, amount in used.items():
        owner, metric, _ = key.split("/", 2)
        back = sum(by_metric[metric][one] for one in _owned(ruleset, owner)) if metric in by_metric else 0
        if back:
            found[key] = min(back, amount)
    return found


def _owned(ruleset: Ruleset, owner: str) -> list[str]:
    """The promotions whose counter it is: one, or all of a campaign."""
    if owner.startswith(_CAMPAIGN):
        return [one.id for one in ruleset.promotions if one.campaign == owner.removeprefix(_CAMPAIGN)]
    return [owner]
