"""Why a promotion gave what it gave, or nothing: sentences from the trace of an evaluation, in English and Russian.

The trace is what the engine tells (`effects` and `explain`), with `field`, `op`, `expected`, `actual` and `missing_by`
beside a rejected condition where the explanation has them. `title` is the promotion's name in the reader's language.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from coalition.promotions.wording.conditions import leaf
from coalition.promotions.wording.fields import found
from coalition.promotions.wording.voice import Voice, said, text

Entry = Mapping[str, Any]
_GATES: Mapping[str, tuple[str, str]] = {
    "dates": ("it was not running then", "она в это время не действовала"),
    "late": ("the receipt came too late for it", "чек передан для неё слишком поздно"),
    "coupon": ("its coupon was not used", "её купон не был предъявлен"),
    "audience": ("it is for other members", "она для других участников"),
    "control": ("the member is in its control group", "участник в её контрольной группе"),
    "condition": ("its conditions were not met", "её условия не выполнены"),
    "limit:uses": ("it was used as often as it may be", "она использована столько раз, сколько можно"),
    "event": ("it is for other events", "она для других событий"),
    "quote": ("money comes off through a quote alone", "скидка даётся только по предварительному расчёту"),
}


def given(effect: Entry, title: str, voice: Voice) -> str:
    """What a promotion gave: "+8 bonuses: Triple dairy"."""
    kind = effect.get("kind")
    if kind in ("points.credit", "cashback"):
        return f"+{voice.most(effect.get('currency'), effect.get('units'))}: {title}"
    if kind == "discount":
        return f"−{voice.money(effect.get('minor'))}: {title}"
    return title


def why_not(entry: Entry, title: str, voice: Voice) -> str:
    """Why a promotion gave nothing, or less than it would have."""
    outcome = entry.get("outcome")
    if outcome == "outcompeted":
        by = voice.either([voice.named("promotions", one) for one in entry.get("by") or ()])
        would = voice.number(entry.get("would"))
        return voice.t(
            f"{title}: another promotion was better ({by}); this one would have given {would}.",
            f"{title}: другая акция выгоднее ({by}); эта дала бы {would}.",
        )
    if outcome in ("zero", "limited"):
        return _short(entry, title, voice)
    gate = str(entry.get("why", "condition"))
    if gate == "condition" and entry.get("field"):
        return _condition(entry, title, voice)
    why = voice.t(*_GATES[gate]) if gate in _GATES else text(gate)
    return f"{title}: {why}."


def _short(entry: Entry, title: str, voice: Voice) -> str:
    """A limit stood in the way, or there was nothing to count."""
    if not entry.get("limits") and not entry.get("limit"):
        return voice.t(f"{title}: there was nothing to count.", f"{title}: нечего было учесть.")
    granted, wanted = entry.get("granted", 0), voice.number(entry.get("wanted"))
    if granted:
        return voice.t(
            f"{title}: its limit left {voice.number(granted)} of {wanted}.",
            f"{title}: по лимиту дано {voice.number(granted)} из {wanted}.",
        )
    return voice.t(f"{title}: its limit is used up.", f"{title}: её лимит исчерпан.")


def _condition(entry: Entry, title: str, voice: Voice) -> str:
    """Which comparison did not hold, what there was instead, and how much was missing."""
    about = found(str(entry["field"]), line=bool(entry.get("line")))
    node = {"f": str(entry["field"]), "op": str(entry.get("op", "eq")), "v": entry.get("expected")}
    asked = said(leaf(node, voice, line=bool(entry.get("line")))) if _told(node) else text(entry["field"])
    there = voice.value(about, entry["actual"]) if type(entry.get("actual")) in (int, str, bool) else ""
    sentence = voice.t(f"{title}: it asks that {asked}", f"{title}: условие — {asked}")
    if there:
        sentence += voice.t(f"; it was {there}", f"; было {there}")
    if type(entry.get("missing_by")) is int:
        missing = voice.value(about, entry["missing_by"])
        sentence += voice.t(f", {missing} more is needed", f", не хватает {missing}")
    return f"{sentence}."


def near_miss(entry: Entry, title: str, voice: Voice) -> str:
    """What would bring a promotion that was just missed: "buy 340.00 more for Triple dairy"."""
    missing = voice.value(found(str(entry.get("field")), line=False), entry.get("missing_by"))
    if str(entry.get("field", "")).startswith("receipt."):
        return voice.t(f"Buy for {missing} more: {title}.", f"Купите ещё на {missing}: {title}.")
    return voice.t(f"{missing} more is needed: {title}.", f"Не хватает {missing}: {title}.")


def _told(node: Entry) -> bool:
    """Whether the comparison is told whole."""
    value = node["v"]
    if isinstance(value, list):
        return bool(value) and (node["op"] != "between" or len(value) == 2)
    return value is not None and node["op"] != "between"
