"""Our conditions and two foreign engines, Google's CEL and a JsonLogic in Rust: the same answer to random questions.

The others differ where ours is stricter (missing fields, mixed types), so every field asked for is there, and numbers
are whole. CEL cannot sum: of sums only JsonLogic is asked.
"""

from __future__ import annotations

import json
from typing import Any

from cel_expr_python import cel
from datalogic_py import Engine
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from coalition.promotions.engine.checking import check
from coalition.promotions.engine.compiling import compiled
from coalition.promotions.engine.conditions import holds
from coalition.promotions.engine.facts import Facts
from tests.coalition.promotions.engine.builders import a_receipt

_ENV = cel.NewEnv(variables={"e": cel.Type.DYN, "l": cel.Type.DYN})
_LOGIC = Engine()
_SIGNS = {"eq": "==", "ne": "!=", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
_TIERS, _SEGMENTS, _CATEGORIES = ("gold", "base", ""), ("vip", "new", "old"), ("dairy", "bread")


def compared(field: str, values: st.SearchStrategy[Any], *, ordered: bool) -> st.SearchStrategy[Any]:
    singles = ["eq", "ne", *(["gt", "gte", "lt", "lte"] if ordered else [])]
    one = st.fixed_dictionaries({"f": st.just(field), "op": st.sampled_from(singles), "v": values})
    many = st.fixed_dictionaries(
        {"f": st.just(field), "op": st.sampled_from(["in", "nin"]), "v": st.lists(values, min_size=1, max_size=3)}
    )
    between = st.tuples(values, values).map(lambda two: {"f": field, "op": "between", "v": sorted(two)})
    return one | many | between if ordered else one | many


def trees(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.recursive(
        inner,
        lambda node: st.one_of(
            st.fixed_dictionaries({"all": st.lists(node, min_size=1, max_size=3)}),
            st.fixed_dictionaries({"any": st.lists(node, min_size=1, max_size=3)}),
            st.fixed_dictionaries({"not": node}),
        ),
        max_leaves=6,
    )


AMOUNTS = st.integers(0, 2_000)
SETS = st.one_of(
    st.sampled_from(_SEGMENTS).map(lambda one: {"f": "member.segments", "op": "has", "v": one}),
    st.fixed_dictionaries(
        {
            "f": st.just("member.segments"),
            "op": st.sampled_from(["has_any", "has_all", "has_none"]),
            "v": st.lists(st.sampled_from(_SEGMENTS), min_size=1, max_size=2),
        }
    ),
)
OF_LINES = trees(
    compared("amount", AMOUNTS, ordered=True) | compared("category", st.sampled_from(_CATEGORIES), ordered=False)
)


def loops(*aggregates: str) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries(
        {"agg": st.sampled_from(aggregates), "where": OF_LINES, "op": st.sampled_from(["gte", "lt"]), "v": AMOUNTS}
    ).map(lambda one: {"lines": one if one["agg"] == "count" else {**one, "of": "amount"}})


FLAT = (
    compared("member.tier", st.sampled_from(_TIERS), ordered=False)
    | compared("event.weekday", st.integers(1, 7), ordered=True)
    | SETS
)
MEMBERS = st.fixed_dictionaries(
    {"tier": st.sampled_from(_TIERS), "segments": st.lists(st.sampled_from(_SEGMENTS), max_size=3)}
)
LINES = st.lists(st.fixed_dictionaries({"amount": AMOUNTS, "category": st.sampled_from(_CATEGORIES)}), max_size=4)


@settings(max_examples=300)
@given(trees(FLAT | loops("count")), MEMBERS, LINES)
def test_cel_gives_the_same_answer(node: Any, member: dict[str, Any], lines: list[dict[str, Any]]) -> None:
    problems = check(node)[1]
    assume([one.code for one in problems] != ["too_costly"])
    assert problems == []
    facts, told = both(member, lines)

    answer = _ENV.compile(in_cel(node, "e")).eval(data={"e": told})

    assert answer.value() is compiled(node)(facts) is holds(node, facts)


@settings(max_examples=300)
@given(trees(FLAT | loops("count", "sum")), MEMBERS, LINES)
def test_json_logic_gives_the_same_answer(node: Any, member: dict[str, Any], lines: list[dict[str, Any]]) -> None:
    facts, told = both(member, lines)

    answer = _LOGIC.compile(in_logic(node)).evaluate(told)

    assert answer is compiled(node)(facts) is holds(node, facts)


def both(member: dict[str, Any], lines: list[dict[str, Any]]) -> tuple[Facts, dict[str, Any]]:
    """An event as our conditions see it, and as a plain mapping with the fields that are asked for."""
    numbered = [{**line, "no": no} for no, line in enumerate(lines, 1)]
    facts = Facts(a_receipt(*numbered, member=member), "Europe/Moscow", numbered, numbered)
    return facts, {"member": member, "event": {"weekday": facts.get("event.weekday")}, "lines": numbered}


def in_cel(node: Any, of: str) -> str:
    for key, sign in (("all", " && "), ("any", " || ")):
        if key in node:
            return f"({sign.join(in_cel(one, of) for one in node[key])})"
    if "not" in node:
        return f"!{in_cel(node['not'], of)}"
    if "lines" in node:
        inner = node["lines"]
        return f"(size(e.lines.filter(l, {in_cel(inner['where'], 'l')})) {_SIGNS[inner['op']]} {inner['v']})"
    field, op, value = f"{of}.{node['f']}", node["op"], json.dumps(node["v"])
    if op in _SIGNS:
        return f"({field} {_SIGNS[op]} {value})"
    if op == "between":
        return f"({field} >= {node['v'][0]} && {field} <= {node['v'][1]})"
    if op in ("in", "nin"):
        return f"({'!' if op == 'nin' else ''}({field} in {value}))"
    if op == "has":
        return f"({value} in {field})"
    whole = f"{value}.{'all' if op == 'has_all' else 'exists'}(v, v in {field})"
    return f"(!{whole})" if op == "has_none" else f"({whole})"


def in_logic(node: Any) -> Any:
    for key, word in (("all", "and"), ("any", "or")):
        if key in node:
            return {word: [in_logic(one) for one in node[key]]}
    if "not" in node:
        return {"!": [in_logic(node["not"])]}
    if "lines" in node:
        inner = node["lines"]
        fitting = {"filter": [{"var": "lines"}, in_logic(inner["where"])]}
        step = {"+": [{"var": "accumulator"}, {"var": "current.amount"} if inner["agg"] == "sum" else 1]}
        return {_SIGNS[inner["op"]]: [{"reduce": [fitting, step, 0]}, inner["v"]]}
    field, op, value = {"var": node["f"]}, node["op"], node["v"]
    if op in ("eq", "ne"):
        return {"===" if op == "eq" else "!==": [field, value]}
    if op in _SIGNS:
        return {_SIGNS[op]: [field, value]}
    if op == "between":
        return {"<=": [value[0], field, value[1]]}
    if op in ("in", "nin"):
        return {"in": [field, value]} if op == "in" else {"!": [{"in": [field, value]}]}
    if op == "has":
        return {"in": [value, field]}
    each = [{"in": [one, field]} for one in value]
    return {"and": each} if op == "has_all" else {"or": each} if op == "has_any" else {"!": [{"or": each}]}
