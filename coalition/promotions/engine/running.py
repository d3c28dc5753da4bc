"""One event through all promotions, phase by phase; see the package for the order.

Every promotion either gives effects or says why not (`explain`): a gate that stayed shut, a rival that won, a limit
that was used up, nothing to count. Wanted and granted differ only by limits.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from coalition.promotions.engine.compiling import filtered
from coalition.promotions.engine.crediting import Base, credit, multiply, remember_base
from coalition.promotions.engine.discounting import discount, earn_on
from coalition.promotions.engine.facts import Facts
from coalition.promotions.engine.gating import rules, shut
from coalition.promotions.engine.indexing import Index
from coalition.promotions.engine.limiting import Counters
from coalition.promotions.engine.playing import play
from coalition.promotions.engine.state import Result, State
from coalition.promotions.engine.terms import CREDITS, MULTIPLIERS, OTHERS, Effect, Limit, Promotion, Rule


def run(
    program: Mapping[str, Any],
    promotions: Iterable[Promotion],
    event: Mapping[str, Any],
    counters: Mapping[str, int],
    *,
    base: Sequence[Base] = (),
    discounts: bool = True,
) -> Result:
    """The effects of an event under these promotions; `counters` are what their limits have used before.

    `base`: base credits that were granted beside the promotions; multipliers multiply them. `discounts`: whether money
    can still be taken off.
    """
    state = State(program, facts_of(program, event), counters)
    ordered = sorted(promotions, key=lambda one: one.order)
    return _evaluate(state, [one for one in ordered if event.get("type") in one.events], base, discounts)


def run_indexed(
    program: Mapping[str, Any],
    index: Index,
    event: Mapping[str, Any],
    counters: Mapping[str, int],
    *,
    base: Sequence[Base] = (),
    discounts: bool = True,
    by_line: bool = True,
) -> Result:
    """The same effects, at the price of the promotions that can apply; of the others it does not say why not.

    `by_line`: whether credits tell what falls to each line; a back-test does not ask.
    """
    state = State(program, facts_of(program, event), counters, by_line=by_line)
    return _evaluate(state, index.candidates(state.facts), base, discounts)


def earning_bases(
    program: Mapping[str, Any],
    promotions: Iterable[Promotion],
    event: Mapping[str, Any],
    counters: Mapping[str, int],
    *,
    discounts: bool = True,
) -> Mapping[int, int]:
    """What each line of an event earns on under these promotions, in minor money; nothing for one without lines."""
    state = State(program, facts_of(program, event), counters)
    _evaluate(state, sorted(promotions, key=lambda one: one.order), (), discounts)
    return state.bases


def limits(program: Mapping[str, Any], index: Index, event: Mapping[str, Any]) -> dict[str, tuple[Promotion, Limit]]:
    """The counters that an event can ask for, each with its limit: what has to be known before it is run.

    A limit of the receipt or of its lines is none of them: nothing was used of it before.
    """
    facts = facts_of(program, event)
    counters, found = Counters({}, facts), dict[str, tuple[Promotion, Limit]]()
    for promotion in index.candidates(facts):
        for limit in promotion.limits:
            if limit.per not in ("receipt", "line") and limit.period != "receipt":
                key = counters.key(limit)
                known = found.get(key)
                if known is None or limit.value < known[1].value:
                    found[key] = (promotion, limit)
    return found


def _evaluate(state: State, ordered: Iterable[Promotion], base: Sequence[Base], discounts: bool) -> Result:
    candidates = []
    for promotion in ordered:
        if (why := shut(promotion, state.facts, state.counters)) is None:
            candidates.append(promotion)
        else:
            state.reject(promotion, why)
    if discounts:
        discount(state, [one for one in candidates if one.discounts])
    earn_on(state)
    remember_base(state, base)
    phases: list[list[tuple[Promotion, Effect]]] = [[], [], [], []]
    applying = state.facts.applying
    for promotion in candidates:
        for rule in applying.get(promotion.id) or _applying(state, promotion):
            for effect in rule.effects:
                phases[effect.phase].append((promotion, effect))
    credit(state, phases[CREDITS])
    multiply(state, phases[MULTIPLIERS])
    play(state, phases[OTHERS])
    for promotion in state.used.values():
        if promotion.uses:
            state.counters.use_once(promotion)
    state.result.counters_delta = state.counters.delta
    return state.result


def _applying(state: State, promotion: Promotion) -> Sequence[Rule]:
    """The rules that apply after the discounts; a promotion that only now turns out not to apply says so."""
    found = rules(promotion, state.facts)
    if not found and promotion.id not in state.used:
        state.reject(promotion, "condition")
    return found


def facts_of(program: Mapping[str, Any], event: Mapping[str, Any]) -> Facts:
    """An event as the conditions of a program see it."""
    lines = sorted((event.get("payload") or {}).get("lines") or (), key=itemgetter("no"))
    excluded = program.get("exclude")
    kept = filtered({"not": excluded}).among(lines) if excluded else lines
    return Facts(event, program.get("tz", "UTC"), kept, lines, program.get("day_starts_minutes", 0))
