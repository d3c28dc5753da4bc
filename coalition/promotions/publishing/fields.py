"""Whether the conditions of a document ask for fields that there are, each with what its type allows. Pure.

The registry of fields is that of `wording`. Attributes of members and products, and what an event of a partner's own
brings, have no entries there: names under their prefixes are taken as they come.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from coalition.kernel.errors import FieldError
from coalition.promotions import wording
from coalition.promotions.engine.checking import check, check_line
from coalition.promotions.publishing.documents import Document
from coalition.promotions.publishing.shapes import effects_of, rules_of
from coalition.promotions.publishing.sponsoring import meant

STATS = ("spend", "purchases")  # the features that are kept (`purchases.recording.features`)
OF_A_STAT = ("brand", "category", "category_path", "group", "partner", "sku")
OPEN = ("member.attrs.", "payload.", "store.attrs.", "partner.attrs.", "attrs.")


class _Fields(dict[str, str]):
    """The fields of the registry with their types; a name under an open prefix is known, its type is not."""

    def __contains__(self, name: object) -> bool:
        return super().__contains__(name) or (isinstance(name, str) and name.startswith(OPEN))


def field_problems(document: Document) -> Iterator[FieldError]:
    """Everything that the conditions of a document ask and the registry does not know, or not so."""
    of_events, of_lines = (_Fields(wording.types(line=line)) for line in (False, True))
    for pointer, node in _conditions(document):
        _, problems = check(node, of_events, of_lines)
        yield from (FieldError(pointer + one.pointer, one.code, one.detail) for one in problems)
        yield from _stat_problems(node, pointer)
    for pointer, node in _line_conditions(document):
        for one in check_line(node, of_lines):
            yield FieldError(pointer + one.pointer, one.code, one.detail)


def _stat_problems(node: Any, pointer: str) -> Iterator[FieldError]:
    """Features that nobody keeps, and what they are asked to be of."""
    if isinstance(node, dict) and isinstance(node.get("stat"), str):
        of = node.get("where")
        if node["stat"] not in STATS:
            yield FieldError(f"{pointer}/stat", "unknown_stat", meant(node["stat"], STATS))
        for name, value in of.items() if isinstance(of, dict) else ():
            if name not in OF_A_STAT:
                yield FieldError(f"{pointer}/where/{name}", "unknown_field", meant(name, OF_A_STAT))
            elif not isinstance(value, str) or not value:
                yield FieldError(f"{pointer}/where/{name}", "invalid", "A text.")
        return
    inner = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, one in inner:
        yield from _stat_problems(one, f"{pointer}/{key}")


def _conditions(document: Document) -> Iterator[tuple[str, Any]]:
    for pointer, rule in rules_of(document):
        if isinstance(rule, dict) and rule.get("when") is not None:
            yield f"{pointer}/when", rule["when"]


def _line_conditions(document: Document) -> Iterator[tuple[str, Any]]:
    for pointer, effect in effects_of(document):
        effect = effect if isinstance(effect, dict) else {}
        if effect.get("where") is not None:
            yield f"{pointer}/where", effect["where"]
        calc = effect.get("calc")
        parts = calc.get("items") if isinstance(calc, dict) else None
        for at, part in enumerate(parts if isinstance(parts, list) else []):
            if isinstance(part, dict) and part.get("where") is not None:
                yield f"{pointer}/calc/items/{at}/where", part["where"]
