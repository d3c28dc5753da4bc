"""Every figure of every scenario, to the cent, through the real ledger and the real close; each part that it has."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from coalition.kernel.db import transact
from settlement import accruals
from settlement.reports import revenue
from tests.settlement.builders import broken_laws
from tests.settlement.vectors import figures, scenarios
from tests.settlement.vectors.playing import Play
from tests.settlement.vectors.scenarios import Scenario

SCENARIOS = scenarios.load(scenarios.FOLDER)
WORKED_EXAMPLE = json.loads((Path(__file__).resolve().parents[2] / "vectors" / "settlement.json").read_text())
CHECKED = ("expected", "statements", "adjustments", "expiries", "deferred_revenue")
# What of those parts is not a figure, but says what it is about.
GIVEN = {"rule", 0, 1, "at", "reversal_of", "order", "party", "as_of", "expected_redemption"}
CHECKS = [(name, check) for name, scenario in SCENARIOS.items() for check in scenario.get("revenue_checks", [])]


def same(told: Any) -> Any:
    """A figure as a number, however it is written, all the way down; what is zero is as good as not told."""
    if isinstance(told, dict):
        numbers = {key: same(value) for key, value in told.items() if key not in ("note", "rule", "period")}
        return {key: value for key, value in numbers.items() if value not in (Decimal(0), {})}
    try:
        return Decimal(told) if isinstance(told, (str, int)) else told
    except InvalidOperation:
        return told


def compared(play: Play) -> Iterator[tuple[str, Any, Any]]:
    """Each part of a scenario that was played: its name, what was found, and what the scenario tells."""
    scenario, rule = play.scenario, play.rule
    expected = scenario.get("expected", {}).get(rule, {})
    yield "expected", same(figures.of_rule(play, expected)), same(expected)
    parts = {"statements": figures.of_statement, "adjustments": figures.of_adjustment, "expiries": figures.of_expiry}
    for part, figure in parts.items():
        for told in scenarios.of_rule(scenario, part, rule):
            yield part, same(figure(play, told)), same(told)
    for told in scenario.get("deferred_revenue", []) if rule == scenarios.main_rule(scenario) else []:
        yield "deferred_revenue", same(figures.of_deferral(play, told)), same(told)


def assert_comes_out(scenario: Scenario, rule: str) -> Play:
    """Play a scenario under a rule and compare every part that it has for it."""
    play = Play(scenario, rule)
    play.run()
    for part, found, told in compared(play):
        assert found == told, part
    assert broken_laws() == {}
    assert transact(lambda: accruals.rebuild(play.program.id)).differing == 0
    return play


def figures_in(told: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every figure that a scenario expects."""
    steps = told.items() if isinstance(told, dict) else enumerate(told) if isinstance(told, list) else ()
    for key, value in steps:
        if isinstance(value, (dict, list)):
            yield from figures_in(value, (*path, key))
        elif key not in GIVEN and (*path[:1], key) != ("adjustments", "points"):
            yield (*path, key)


def test_vectors_are_there() -> None:
    assert SCENARIOS, f"no settlement*.json in {scenarios.FOLDER}"
    assert [name for name in SCENARIOS if not scenarios.known(SCENARIOS[name])] == []


@pytest.mark.parametrize(("name", "rule"), scenarios.plays(SCENARIOS))
def test_vector_scenario_comes_out_to_the_cent(live: Flask, name: str, rule: str) -> None:
    assert_comes_out(SCENARIOS[name], rule)


def test_vector_figure_that_is_a_cent_off_is_seen_whichever_it_is(live: Flask) -> None:
    scenario = copy.deepcopy(WORKED_EXAMPLE)
    play = assert_comes_out(scenario, "FEFO")
    parts = {part: scenario[part] for part in CHECKED}
    ways = [way for way in figures_in(parts) if not {"FIFO", "PRORATA"} & set(way)]
    assert len(ways) > 80

    for *way, last in ways:
        place = scenario
        for step in way:
            place = place[step]
        right = place[last]
        place[last] = right + 1 if isinstance(right, int) else str(Decimal(right) + Decimal("0.01"))
        assert any(found != told for _, found, told in compared(play)), (*way, last)
        place[last] = right


@pytest.mark.parametrize(("name", "check"), CHECKS, ids=[f"{name}-{check['name']}" for name, check in CHECKS])
def test_vector_revenue_is_earned_as_the_standard_says(name: str, check: dict[str, Any]) -> None:
    if "goods" in check:
        goods, points = Decimal(check["goods"]), Decimal(check["stand_alone_points"])
        price = Decimal(check.get("price", check["goods"]))
        assert revenue.allocated_to_points(price, goods, points, places(check["allocated"])) == Decimal(
            check["allocated"]
        )
    expected = [Decimal(total) for total in check["expected_total"]]

    found = revenue.revenues(
        Decimal(check["allocated"]), check["redeemed_cumulative"], expected, places(check["revenue"][0])
    )

    assert found == [Decimal(one) for one in check["revenue"]]


def places(amount: str) -> int:
    """With how many decimals an amount is written."""
    return max(0, -int(Decimal(amount).as_tuple().exponent))
