"""Why each promotion of a ruleset gave what it gave, or nothing: the evaluation run again, by the plain interpreter.

Outcomes: `applied`; `limited` (a limit left less than was wanted, or nothing); `zero` (nothing to count); `outcompeted`
(by whom, and what it would have given); `rejected` (by the event, the dates, a coupon, the audience, a condition with
the leaf that failed, its uses, or because money comes off through a quote alone). What the index passes over is
evaluated here, too. Pure.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from coalition.promotions import engine
from coalition.promotions.engine.facts import Facts
from coalition.promotions.engine.running import facts_of
from coalition.promotions.granting.evaluating import Base
from coalition.promotions.granting.failing import failed
from coalition.promotions.granting.happening import Event
from coalition.promotions.publishing import Ruleset

Entry = dict[str, Any]
NEAR = 20  # more of them are not looked at


def explained(
    ruleset: Ruleset, event: Event, before: Mapping[str, int], *, base: Base = (), discounts: bool = False
) -> list[Entry]:
    """One entry for each promotion of the ruleset, in the order in which they are evaluated.

    `before`: what the counters said; `base`: the base credits granted beside promotions.
    """
    result = engine.run(ruleset.program, ruleset.promotions, event, before, base=base, discounts=discounts)
    effects, told = defaultdict(list), defaultdict(list)
    for effect in result.effects:
        effects[effect["promotion"]].append(effect)
    for entry in result.explain:
        told[entry["promotion"]].append(entry)
    facts = facts_of(ruleset.program, event)
    return [
        {"promotion": one.id, "version": one.version}
        | _entry(one, event, facts, effects.get(one.id, []), told.get(one.id, []), discounts=discounts)
        for one in ruleset.index.ordered
    ]


def near_misses(
    ruleset: Ruleset, event: Event, before: Mapping[str, int], entries: Sequence[Entry], *, base: Base = ()
) -> list[Entry]:
    """The promotions for which only an amount was missing, the nearest first, each with its `gain`: the effects that
    it would have on what is bought already. One that would give nothing for that is left out.
    """
    near = [one for one in entries if one["outcome"] == "rejected" and len(one.get("failed", ())) == 1]
    known, found = {one.id: one for one in ruleset.promotions}, []
    for one in sorted((one for one in near if one.get("missing_by")), key=lambda one: int(one["missing_by"]))[:NEAR]:
        met = (_met(known[one["promotion"]]),)
        gain = engine.run(ruleset.program, met, event, before, base=base).effects
        if gain:
            found.append(one | {"gain": gain})
    return found


def _met(promotion: engine.Promotion) -> engine.Promotion:
    """The promotion as if its conditions held."""
    return replace(promotion, rules=tuple(replace(one, when=None, node=None, late=False) for one in promotion.rules))


def _entry(
    promotion: engine.Promotion,
    event: Event,
    facts: Facts,
    effects: Sequence[Entry],
    told: Sequence[Entry],
    *,
    discounts: bool,
) -> Entry:
    if effects:
        limited = [entry for entry in told if entry.get("limits")]
        return {"outcome": "applied", "effects": list(effects)} | ({"limited": limited} if limited else {})
    if event["type"] not in promotion.events:
        return {"outcome": "rejected", "why": "event"}
    if not told and not discounts and any(one.kind == "discount" for one in promotion.effects):
        return {"outcome": "rejected", "why": "quote"}
    entry = told[0] if told else {"outcome": "zero", "wanted": 0, "granted": 0}
    found: Entry = {name: value for name, value in entry.items() if name != "promotion"}
    if found.get("limits"):
        stop = found["limits"][0]
        return found | {"outcome": "limited", "limit": stop["limit"], "wanted": stop["wanted"], "left": stop["left"]}
    if found.get("why") == "condition":
        leaves = [leaf for rule in promotion.rules if rule.node is not None for leaf in failed(rule.node, facts)]
        return found | {"failed": leaves} | ({**leaves[0]} if leaves else {})
    return found
