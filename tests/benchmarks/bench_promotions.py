"""The rules engine beside json.loads of the same event: `python -m tests.benchmarks.bench_promotions [--json]`.

A receipt of twenty lines and a ruleset of which about ten promotions win, with limits and groups. Both sides run in
turns in one process; the ratio of a round is told by its median. Seconds are those of the processor: on cores that
others use too, a longer call would be interrupted and a shorter one would not. The goals are those of the design.

npm's json-rules-engine is beside it where the folder that `NODE_PATH` names has it (`npm install --prefix var/peer
json-rules-engine@7.3.1`, then `NODE_PATH=var/peer/node_modules`).
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import time
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import median
from types import SimpleNamespace
from typing import Any

from cel_expr_python import cel

from coalition.kernel.money import largest_remainder
from coalition.promotions import engine
from coalition.promotions.engine.facts import Facts
from coalition.promotions.engine.gating import rules
from coalition.promotions.granting import explained
from tests.coalition.promotions.engine.test_oracles import both, in_cel

PROGRAM = {
    "id": "bench",
    "tz": "Europe/Riga",
    "currencies": {"BON": {"unit_minor": 1}},
    "groups": {"best": {"mode": "best", "scope": "receipt"}},
}
LINES, WINNERS, ROUNDS = 20, 11, 30


def receipt() -> dict[str, Any]:
    """Twenty lines of the categories c0 to c19, of a gold member on a Wednesday."""
    lines = [
        {"no": no, "sku": f"S{no}", "category": f"c{no - 1}", "brand": f"b{no % 7}", "qty_m": 1000 * (1 + no % 3),
         "price": 199 + 37 * no, "amount": (199 + 37 * no) * (1 + no % 3), "vat_bp": 2100, "attrs": {"shelf": no}}
        for no in range(1, LINES + 1)
    ]  # fmt: skip
    return {
        "id": "ev-1", "type": "receipt.closed", "occurred_at": "2026-11-18T09:00:00Z", "channel": "pos",
        "member": {"id": "m1", "tier": "gold", "segments": ["vip", "family"], "birth_md": "03-01"},
        "store": {"id": "s1", "region": "riga"}, "partner": {"id": "p1"},
        "payload": {"currency": "EUR", "coupons": [], "points_paid": 300, "lines": lines},
    }  # fmt: skip


def ruleset(count: int, winners: int = WINNERS) -> list[dict[str, Any]]:
    """So many promotions, of which `winners` apply to the receipt; the others miss by category, tier, sum or day."""
    return [_promotion(number, wins=number < winners) for number in range(count)]


def _promotion(number: int, *, wins: bool) -> dict[str, Any]:
    category = f"c{number % LINES}" if wins else f"other{number}"
    where = {"f": "category", "op": "eq", "v": category}
    when: dict[str, Any] = {
        "all": [
            {"lines": {"agg": "sum", "of": "amount", "op": "gte", "v": 1, "where": where}},
            {"f": "member.tier", "op": "in", "v": ["gold", "silver"]},
            {"f": "event.weekday", "op": "between", "v": [1, 5]},
        ]
    }
    calc = (
        {"type": "percent", "bp": 100 + number % 400} if number % 3 else {"type": "per_amount", "points": 1, "each": 50}
    )
    return {
        "id": f"p{number:05}", "version": 1, "events": ["receipt.closed"], "priority": number % 5, "when": when,
        "group": "best" if number % 5 == 1 else None,
        "limits": [{"metric": "units", "per": "member", "period": "day", "value": 500}],
        "effects": [{"kind": "points.credit", "currency": "BON", "where": where, "calc": calc}],
    }  # fmt: skip


def measured(*sides: Callable[[], object], times: int = 20) -> list[list[float]]:
    """Seconds of the processor for one call of each side, round by round, the sides in turns."""
    found = []
    for _ in range(ROUNDS):
        seconds = []
        for side in sides:
            begun = time.process_time()
            for _ in range(times):
                side()
            seconds.append((time.process_time() - begun) / times)
        found.append(seconds)
    return found


def ratio(rounds: list[list[float]]) -> float:
    """The median of the first side's time over the second's."""
    return median(ours / theirs for ours, theirs in rounds)


def results() -> Iterator[tuple[str, float, str]]:
    """Each goal: what was measured, and the goal in words."""
    event = receipt()
    text = json.dumps(event)
    indexes = {count: engine.Index([engine.promotion(one) for one in ruleset(count)]) for count in (50, 200, 1_000)}

    def match(index: engine.Index) -> list[Any]:
        facts = Facts(event, "Europe/Riga", event["payload"]["lines"], event["payload"]["lines"])
        return [one for one in index.candidates(facts) if rules(one, facts)]

    def whole(count: int) -> engine.Result:
        return engine.run_indexed(PROGRAM, indexes[count], event, {})

    won = {one["promotion"] for one in whole(200).effects}
    loads = lambda: json.loads(text)  # noqa: E731
    yield "winners of 200", len(won), "about 10"
    yield "G1 index and match of 200 / json.loads", ratio(measured(lambda: match(indexes[200]), loads)), "<= 1.0"
    yield "G2 whole evaluation / json.loads", ratio(measured(lambda: whole(200), loads)), "<= 4"
    yield "G3 1,000 promotions / 50, same winners", ratio(measured(lambda: whole(1_000), lambda: whole(50))), "<= 2"
    rounds = measured(lambda: (json.loads(text), whole(200)), loads)
    yield "G6 receipts a second and core, parsed and evaluated", 1 / median(ours for ours, _ in rounds), ">= 5000"
    yield from _explaining(event, indexes[200])
    yield from _against_cel(event)
    if "NODE_PATH" in os.environ:
        yield from _against_npm(event)
    yield from _publishing()


def _explaining(event: dict[str, Any], index: engine.Index) -> Iterator[tuple[str, float, str]]:
    """Why each of 200 promotions gave what it gave, beside giving it; and how money falls to lines."""
    ruleset: Any = SimpleNamespace(program=PROGRAM, promotions=index.ordered, index=index)
    told = lambda: explained(ruleset, event, {})  # noqa: E731
    given = lambda: engine.run_indexed(PROGRAM, index, event, {})  # noqa: E731
    yield "G9 explaining / evaluating, 200 promotions", ratio(measured(told, given)), "<= 20"
    weights = [line["amount"] for line in event["payload"]["lines"]]
    rounds = measured(lambda: largest_remainder(997, weights), times=1_000)
    yield "G10 largest remainder over 20 lines, us", median(one for (one,) in rounds) * 1e6, "<= 6"


def _against_cel(event: dict[str, Any]) -> Iterator[tuple[str, float, str]]:
    """The same 200 conditions in full, without the index, on both engines."""
    nodes = [_counted(number) for number in range(200)]
    facts, told = both(event["member"], event["payload"]["lines"])
    tests = [engine.promotion({**_promotion(0, wins=True), "when": node}).rules[0].when for node in nodes]
    env = cel.NewEnv(variables={"e": cel.Type.DYN})
    theirs = [env.compile(in_cel(node, "e")) for node in nodes]

    def by_cel() -> list[bool]:
        activation = {"e": told}
        return [one.eval(data=activation).value() for one in theirs]

    if by_cel() != [test(facts) for test in tests if test]:
        raise RuntimeError("the engines do not agree")
    rounds = measured(by_cel, lambda: [test(facts) for test in tests if test], times=3)
    yield "G4 cel-expr-python / ours, the same 200 conditions", ratio(rounds), ">= 5"


def _against_npm(event: dict[str, Any]) -> Iterator[tuple[str, float, str]]:
    """The same 200 conditions again; the other side's rounds are in a process of its own, and warm."""
    facts, told = both(event["member"], event["payload"]["lines"])
    nodes = [_counted(number) for number in range(200)]
    tests = [engine.promotion({**_promotion(0, wins=True), "when": node}).rules[0].when for node in nodes]
    given = {"tier": told["member"]["tier"], "lines": told["lines"]}
    asked = {"rules": [_npm(number) for number in range(200)], "facts": given, "rounds": 10 * ROUNDS}
    script = str(Path(__file__).with_name("json_rules_engine.cjs"))
    done = subprocess.run(["node", script], input=json.dumps(asked), capture_output=True, text=True, check=True)
    theirs = json.loads(done.stdout)
    if theirs["met"] != [at for at, test in enumerate(tests) if test and test(facts)]:
        raise RuntimeError("the engines do not agree")
    ours = median(one for (one,) in measured(lambda: [test(facts) for test in tests if test], times=3))
    yield "G4 json-rules-engine / ours, the same 200 conditions", median(theirs["seconds"][ROUNDS:]) / ours, ">= 15"


def _npm(number: int) -> list[dict[str, Any]]:
    """What `_counted` says, in the words of json-rules-engine."""
    params = {"category": f"c{number % 40}", "least": 300}
    return [
        {"fact": "tier", "operator": "in", "value": ["gold", "silver"]},
        {"fact": "count", "params": params, "operator": "greaterThanInclusive", "value": 1 + number % 2},
    ]


def _counted(number: int) -> dict[str, Any]:
    where = {"all": [{"f": "category", "op": "eq", "v": f"c{number % 40}"}, {"f": "amount", "op": "gte", "v": 300}]}
    return {
        "all": [
            {"f": "member.tier", "op": "in", "v": ["gold", "silver"]},
            {"lines": {"agg": "count", "op": "gte", "v": 1 + number % 2, "where": where}},
        ]
    }


def _publishing() -> Iterator[tuple[str, float, str]]:
    given = ruleset(1_000)
    tracemalloc.start()
    begun = time.process_time()
    index = engine.Index([engine.promotion(one) for one in given])
    seconds = time.process_time() - begun
    size = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    yield "G8 reading and indexing 1,000 promotions, s", seconds, "<= 1"
    yield "G8 KB a promotion", size / len(index.ordered) / 1024, "<= 5"


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    found = list(results())
    if options.json:
        print(json.dumps([{"what": what, "measured": value, "goal": goal} for what, value, goal in found], indent=2))
        return
    for what, value, goal in found:
        print(f"{what:<56}{value:>12,.2f}   {goal}")


if __name__ == "__main__":
    main()
