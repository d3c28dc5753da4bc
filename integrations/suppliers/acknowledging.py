"""A supplier's answer for each line, in the letters of X12 855."""

from __future__ import annotations

from catalog.ports import LineAnswer
from catalog.ports.outcomes import LineState
from integrations.suppliers.reading import mappings, whole, word

_MEANING: dict[str, LineState] = {
    "IA": "accepted",
    "IQ": "qty_changed",
    "IP": "price_changed",
    "IB": "backordered",
    "IR": "rejected",
    "R2": "rejected",
}


def answers(told: object) -> tuple[LineAnswer, ...] | None:
    """The answers, none if nothing is told; None if what is told cannot be understood."""
    if told is None:
        return ()
    lines = mappings(told)
    if not isinstance(told, list) or len(lines) != len(told):
        return None
    found = []
    for line in lines:
        sku, qty, answer = word(line.get("sku")), whole(line.get("qty")), _MEANING.get(word(line.get("ack"), 2))
        if not sku or qty is None or answer is None:
            return None
        cost = whole(line.get("cost_minor")) if answer == "price_changed" else None
        if answer == "price_changed" and cost is None:
            return None
        promised = 0 if answer == "rejected" else qty
        found.append(LineAnswer(sku, answer, promised, cost, word(line.get("code"), 80) or None))
    return tuple(found)
