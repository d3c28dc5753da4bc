"""Why a promotion gave what it gave, or nothing: sentences from the trace of an evaluation, in English and Russian.

The trace is what the engine tells (`effects` and `explain`), with `field`, `op`, `expected`, `actual` and `missing_by`
beside a rejected condition where the explanation has them. `title` is the promotion's name in the reader's language.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from coalition.promotions.wording.conditions import leaf, of_lines
from coalition.promotions.wording.fields import Field, found
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
    if entry["field"] == "lines" and entry.get("agg"):
        return _lines(entry, title, voice)
    node = {"f": str(entry["field"]), "op": str(entry.get("op", "eq")), "v": entry.get("expected")}
    asked = said(leaf(node, voice, line=bool(entry.get("line")))) if _told(node) else text(entry["field"])
    return _asked(entry, asked, about, title, voice)


def _lines(entry: Entry, title: str, voice: Voice) -> str:
    """The same of a comparison of several lines together: how many there are, or what they come to."""
    agg, of = entry["agg"], str(entry.get("of"))
    inner = {"agg": agg, "of": of, "op": entry.get("op"), "v": entry.get("expected"), "where": entry.get("where")}
    asked = said(of_lines(inner, voice))
    if agg == "count" and (inner["op"], inner["v"]) in (("gte", 1), ("gt", 0)):
        entry = {**entry, "actual": None, "missing_by": None}  # there is none: that says it all
    return _asked(entry, asked, found(of, line=True) if agg in ("sum", "max") else None, title, voice)


def _asked(entry: Entry, asked: str, about: Field | None, title: str, voice: Voice) -> str:
    there = voice.value(about, entry["actual"]) if type(entry.get("actual")) in (int, str, bool) else ""
    sentence = voice.t(f"{title}: it asks that {asked}", f"{title}: условие — {asked}")
    if there:
        sentence += voice.t(f"; it was {there}", f"; было {there}")
    if type(entry.get("missing_by")) is int:
        missing = voice.value(about, entry["missing_by"])
        sentence += voice.t(f", {missing} more is needed", f", не хватает {missing}")
    return f"{sentence}."


def near_miss(entry: Entry, title: str, voice: Voice) -> str:
    """What more would bring a promotion that was just missed, and what it would give for what is bought already:
    "Buy for 340.00 EUR more to get 200 bonuses: Triple dairy."
    """
    about = found(str(entry.get("field")), line=False)
    gain = _gain(entry.get("gain") or (), voice)
    brings = voice.t(f" to get {gain}", f" и получите {gain}") if gain else ""
    if entry.get("field") == "lines" and (entry.get("agg"), entry.get("of")) == ("sum", "amount"):
        missing = voice.money(entry.get("missing_by"))
        return voice.t(f"Buy such goods for {missing} more{brings}: {title}.",
                       f"Купите таких товаров ещё на {missing}{brings}: {title}.")  # fmt: skip
    missing = voice.value(about, entry.get("missing_by"))
    if about is not None and about.unit == "money":
        return voice.t(f"Buy for {missing} more{brings}: {title}.", f"Купите ещё на {missing}{brings}: {title}.")
    brings = voice.t(brings, f", чтобы получить {gain}") if gain else ""
    return voice.t(f"{missing} more is needed{brings}: {title}.", f"Не хватает {missing}{brings}: {title}.")


def _gain(effects: Iterable[Entry], voice: Voice) -> str:
    """Points and money that would be given; nothing where it is neither."""
    points, minor = dict[str, int](), 0
    for one in effects:
        if one.get("kind") in ("points.credit", "cashback") and not one.get("counts"):
            points[one["currency"]] = points.get(one["currency"], 0) + one["units"]
        elif one.get("kind") == "discount":
            minor += one["minor"]
    told = [voice.most(code, units) for code, units in points.items()]
    if minor:
        told.append(voice.t(f"{voice.money(minor)} off", f"скидку {voice.money(minor)}"))
    return voice.t(" and ", " и ").join(told)


def _told(node: Entry) -> bool:
    """Whether the comparison is told whole."""
    value = node["v"]
    if isinstance(value, list):
        return bool(value) and (node["op"] != "between" or len(value) == 2)
    return value is not None and node["op"] != "between"
