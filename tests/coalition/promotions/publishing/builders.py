"""Promotions to publish: documents of a program in Riga whose points are BON."""

from __future__ import annotations

from typing import Any

ACTOR = "user:1"


def a_document(code: str = "five", *effects: dict[str, Any], **facts: Any) -> dict[str, Any]:
    """A promotion for receipts: five percent, unless it says otherwise."""
    return {
        "id": code,
        "name": {"en": "Five percent", "ru": "Пять процентов"},
        "events": ["receipt.closed"],
        "effects": list(effects) or [a_credit()],
        **facts,
    }


def a_credit(calc: str = "percent", **facts: Any) -> dict[str, Any]:
    """A credit of BON; the fields of the calculation stand beside the others."""
    facts = facts or {"bp": 500}
    own = {name: facts.pop(name) for name in ("where", "role", "currency", "qualifying") if name in facts}
    return {"kind": "points.credit", "currency": "BON", "calc": {"type": calc, **facts}, **own}
