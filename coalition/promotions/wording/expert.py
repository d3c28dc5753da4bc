"""The expert's view of a condition: text that says the same as the nodes, and reads like CEL.

    member.tier in ["gold", "platinum"] && event.weekday in [6, 7]
    lines.where(category == "dairy").sum(amount) >= 30000 || !has(member.attrs.children)
    stat("spend", "P30D", {"category": "dairy"}) >= 500000

`printed` writes what `engine.check` accepts, `understood` (parsing) reads it back into the same nodes; `plain` first
drops what says nothing (`where: null`, an `of` beside `count`). Numbers and texts are written as in JSON.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

Node = Mapping[str, Any]
SIGNS = {"eq": "==", "ne": "!=", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
METHODS = ("between", "starts", "has", "has_any", "has_all", "has_none")
AGGREGATES = ("count", "sum", "distinct", "max")
WORDS = frozenset({"all", "any", "has", "lines", "stat", "field", "in", "not", "true", "false", "null"})
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z0-9_]+)*")
_WIDE = 88


def printed(node: Node) -> str:
    """A condition as text, on several lines where it is long."""
    if "all" in node or "any" in node:
        key = "all" if "all" in node else "any"
        parts = [_inner(one) for one in node[key]]
        if len(parts) < 2:
            return f"{key}({printed(node[key][0]) if parts else ''})"
        sign = "&&" if key == "all" else "||"
        whole = f" {sign} ".join(parts)
        return whole if len(whole) <= _WIDE else f"\n{sign} ".join(parts)
    if "not" in node:
        return f"!{_inner(node['not'], negated=True)}"
    if "exists" in node:
        return f"has({_field(node['exists'])})"
    if "lines" in node:
        inner = node["lines"]
        where = f".where({printed(inner['where'])})" if inner.get("where") is not None else ""
        of = "" if inner["agg"] == "count" else _field(inner["of"])
        return _compared(f"lines{where}.{inner['agg']}({of})", inner)
    if "stat" in node:
        given = [node["stat"], node.get("window") or None, node.get("where") or None]
        while given[-1] is None:
            given.pop()
        return _compared(f"stat({', '.join(_value(one) for one in given)})", node)
    return _compared(_field(node["f"]), node)


def plain(node: Node) -> dict[str, Any]:
    """The same condition without what says nothing."""
    if "all" in node or "any" in node:
        key = "all" if "all" in node else "any"
        return {key: [plain(one) for one in node[key]]}
    if "not" in node:
        return {"not": plain(node["not"])}
    if "lines" in node:
        inner = {name: node["lines"][name] for name in ("agg", "op", "v")}
        if inner["agg"] != "count":
            inner["of"] = node["lines"]["of"]
        if node["lines"].get("where") is not None:
            inner["where"] = plain(node["lines"]["where"])
        return {"lines": inner}
    if "stat" in node:
        return {name: value for name, value in node.items() if value or name not in ("window", "where")}
    return dict(node)


def _inner(node: Node, *, negated: bool = False) -> str:
    """A condition inside another one: in brackets unless it is one word of it."""
    text = printed(node)
    several = any(len(node.get(key, ())) > 1 for key in ("all", "any"))
    leaf = not {"all", "any", "not", "exists"} & set(node)
    return f"({text})" if several or (negated and leaf) else text


def _compared(what: str, node: Node) -> str:
    op, value = node["op"], node["v"]
    if op in SIGNS:
        return f"{what} {SIGNS[op]} {_value(value)}"
    if op in ("in", "nin"):
        return f"{what} {'in' if op == 'in' else 'not in'} {_value(value)}"
    if op == "between":
        return f"{what}.between({value[0]}, {value[1]})"
    return f"{what}.{op}({_value(value)})"


def _field(name: str) -> str:
    """A field's name; one that would be read as something else is quoted."""
    if NAME.fullmatch(name) and name.partition(".")[0] not in WORDS:
        return name
    return f"field({_value(name)})"


def _value(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
