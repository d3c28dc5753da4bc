"""A gift of the builder as its templates want it, with the rows inside it: steps, goods, tiers, what follows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from coalition import programs
from coalition.console.marketing.row_view import UNITS, condition_row, kept_row, upper
from coalition.programs import Program
from coalition.promotions.wording import (
    MECHANICS,
    Gift,
    Mechanic,
    Part,
    Voice,
    clear,
    effect,
    said,
    text,
)

_BY = {
    "event": ("purchases", "покупки"),
    "qty": ("pieces", "штуки"),
    "amount": ("amount", "сумму"),
    "points": ("points earned", "начисленные баллы"),
    "distinct_days": ("days with a purchase", "дни с покупками"),
}
_WITHIN = {
    "": ("with no time limit", "без срока"),
    "day": ("within a day", "за один день"),
    "week": ("within a calendar week", "за календарную неделю"),
    "month": ("within a calendar month", "за календарный месяц"),
    "year": ("within a calendar year", "за календарный год"),
}
_ON = {"amount": ("by amount", "по сумме"), "qty_m": ("by quantity", "по количеству")}
_MODE = {
    "step": ("the step reached, for all of it", "достигнутая ступень — на всё"),
    "slice": ("each part by its step", "каждая часть — по своей ступени"),
}


def gift_row(at: int, gift: Gift, program: Program, voice: Voice) -> dict[str, Any]:
    """A gift with what it can be changed to; of one that no row shows, its words."""
    found: dict[str, Any] = {"id": f"then-{at}", "was": gift.place if gift.place >= 0 else ""}
    if gift.kept or gift.mechanic not in MECHANICS:
        raw = gift.raw if isinstance(gift.raw, Mapping) else {}
        where = raw.get("where")
        safe = raw if where is None or clear(where, line=True) else {**raw, "where": None}
        return found | {"kept": True, "words": upper(said(effect(safe, voice))) if raw else text(gift.raw)}
    known = MECHANICS[gift.mechanic]
    units = {"money": program.currency, "quantity": voice.t("pcs", "шт."), **UNITS}
    return (
        found
        | _inside(found["id"], gift, known, program, voice)
        | {
            "kept": False,
            "mechanic": known.code,
            "value": gift.value,
            "each": gift.each,
            "currency": gift.currency or _main(program),
            "account": gift.account,
            "expire_days": gift.expire_days,
            "points": known.points,
            "qualifying": gift.qualifying,
            "has_each": bool(known.each),
            "textual": known.value == "text",
            "unit": units.get(known.value, ""),
            "each_unit": units.get(known.each.rstrip("?"), ""),
            "value_kind": known.value,
        }
    )


def _inside(name: str, gift: Gift, known: Mechanic, program: Program, voice: Voice) -> dict[str, Any]:
    """The rows inside a gift, and what is chosen for all of them."""
    by_quantity = gift.on == "qty_m"
    goods = known.parts == "goods"
    return {
        "sort": known.parts,
        "parts": [_part(f"{name}-{at}", one, goods, program, voice) for at, one in enumerate(gift.parts)],
        "mode": gift.mode,
        "modes": [(code, voice.t(*pair)) for code, pair in _MODE.items()],
        "on": gift.on,
        "ons": [(code, voice.t(*pair)) for code, pair in _ON.items()],
        "by": gift.by,
        "bys": [(code, voice.t(*pair)) for code, pair in _BY.items()],
        "target": gift.target,
        "target_unit": program.currency if gift.by == "amount" else "",
        "repeat": gift.repeat,
        "within": gift.within,
        "withins": [(code, voice.t(*pair)) for code, pair in _WITHIN.items()],
        "start_unit": voice.t("pcs", "шт.") if by_quantity else program.currency,
        "part_unit": {"table_percent": "%", "by_tier": "×"}.get(known.code, ""),
    }


def _part(name: str, part: Part, goods: bool, program: Program, voice: Voice) -> dict[str, Any]:
    found: dict[str, Any] = {"id": name, "was": part.place if part.place >= 0 else "", "kept": part.kept}
    if part.kept:
        raw = part.raw if isinstance(part.raw, Mapping) else {}
        return found | {"words": upper(said(effect({**raw, "where": None}, voice)))}
    found |= {"value": part.value, "start": part.start, "mechanic": part.mechanic}
    found |= {"currency": part.currency or _main(program), "points": part.mechanic == "fixed"}
    if goods:
        fixed = part.asked.kept is not None
        found["row"] = kept_row(part.asked.kept, True, voice) if fixed else condition_row(name, part.asked, voice)
        found["fixed"] = fixed
    return found


def _main(program: Program) -> str:
    return next((one.code for one in programs.currencies(program.id) if one.spendable), "")
