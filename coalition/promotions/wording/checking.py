"""Whether a condition can be shown, and what is wrong with one that was just written, by the registry of fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from coalition.promotions.engine import Problem, check
from coalition.promotions.engine.checking import check_line
from coalition.promotions.wording.fields import types

_OPEN = ("payload.", "member.attrs.", "store.attrs.", "partner.attrs.", "attrs.")


def clear(node: Any, *, line: bool = False) -> bool:
    """Whether the engine would take this condition, of an event or of a line."""
    if not isinstance(node, Mapping):
        return False
    return not (check_line(node) if line else check(node)[1])


def wrong_with(node: Any, *, line: bool = False) -> list[Problem]:
    """What is wrong with a condition that was written: unknown fields ("did you mean"), types, depth, cost.

    A program's own facts (`payload.answers`, `member.attrs.children`) are in no registry; their type is that of use.
    """
    of_lines = {**_own(node), **types(line=True)}
    if line:
        return check_line(node, of_lines)
    return check(node, {**_own(node), **types(line=False)}, of_lines)[1]


def _own(node: Any) -> dict[str, str]:
    """Fields under the open prefixes, with the type of the value that they are compared with."""
    found: dict[str, str] = {}
    if isinstance(node, Mapping):
        name, value = node.get("f", node.get("exists")), node.get("v")
        if isinstance(name, str) and name.startswith(_OPEN):
            sample = value[0] if isinstance(value, list) and value else value
            kind = {bool: "bool", int: "int"}.get(type(sample), "str")
            found[name] = "set" if str(node.get("op", "")).startswith("has") else kind
        for inner in node.values():
            found |= _own(inner)
    elif isinstance(node, list):
        for inner in node:
            found |= _own(inner)
    return found
