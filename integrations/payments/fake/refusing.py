"""Refusals in Stripe's shape, and the reading of its form encoding."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

_PART = re.compile(r"\[([^\[\]]*+)\]")


class Refused(Exception):
    """An error as Stripe tells it."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        type: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        decline_code: str | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        facts = {"type": type, "message": message, "code": code, "param": param, "decline_code": decline_code}
        self.body = {"error": {name: value for name, value in facts.items() if value is not None}}


def missing(kind: str, number: str) -> Refused:
    """There is no such object."""
    return Refused(f"No such {kind}: '{number}'", status=404, code="resource_missing", param="id")


def read_form(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """`a[b][0][c]=1` as nested dictionaries and lists."""
    tree: dict[str, Any] = {}
    for name, value in pairs:
        head, *_ = name.split("[", 1)
        _put(tree, [head, *_PART.findall(name)], value)
    return {name: _listed(inner) for name, inner in tree.items()}


def integer(form: dict[str, Any], name: str, default: int | None = None) -> int:
    """A whole number. Refused, as Stripe does, for anything else."""
    value = form.get(name)
    if value is None and default is not None:
        return default
    if value is None:
        raise Refused(f"Missing required param: {name}.", code="parameter_missing", param=name)
    if not re.fullmatch(r"-?[0-9]{1,12}", str(value)):
        raise Refused(f"Invalid integer: {value}", code="parameter_invalid_integer", param=name)
    return int(value)


def _put(tree: dict[str, Any], path: list[str], value: str) -> None:
    for part in path[:-1]:
        tree = tree.setdefault(part or str(len(tree)), {})
    tree[path[-1] or str(len(tree))] = value


def _listed(inner: Any) -> Any:
    if not isinstance(inner, dict):
        return inner
    parts = {name: _listed(one) for name, one in inner.items()}
    if parts and all(name.isdecimal() for name in parts):
        return [parts[name] for name in sorted(parts, key=int)]
    return parts
