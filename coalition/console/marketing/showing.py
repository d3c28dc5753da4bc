"""A sheet as templates want it: every field with its words, its choices and its place, in the viewer's language."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from coalition import partners, programs, promotions
from coalition.programs import Program
from coalition.promotions.wording import (
    BUILT_IN,
    KEPT,
    LINE,
    MECHANICS,
    PER,
    PERIOD,
    PERIODS,
    PERS,
    SECTIONS,
    Cap,
    Field,
    Gift,
    Row,
    Sheet,
    Voice,
    called,
    clear,
    effect,
    in_words,
    line_fields,
    of_section,
    offered,
    printed,
    said,
    text,
)

Choices = list[tuple[str, str]]
_OFFERED_AT_ONCE = 60
_UNITS = {"percent": "%", "factor": "×"}
_OF_EFFECTS = ("currency", "account", "expire_days", "value", "each", "mechanic")
_MANY = frozenset({"in", "nin", "has_any", "has_all", "has_none"})
_METRICS = {
    "units": ("points", "баллов"),
    "uses": ("times", "раз"),
    "money": ("money", "денег"),
    "coupons": ("coupons", "купонов"),
}
_FACTS = {"/name": "name_en", "/events": "event", "/audience": "segments", "/sponsor": "payer-0"}
_POINTER = re.compile(r"/(when|effects|limits)(?:/all)?(?:/(\d+))?(.*)")


def title(document: Mapping[str, Any], code: str, language: str) -> str:
    """What a promotion is called; its code while it has no name."""
    name = document.get("name")
    given = name if isinstance(name, Mapping) else {}
    return str(given.get(language) or given.get("en") or given.get("ru") or code)


def sheet(program: Program, given: Sheet, voice: Voice) -> dict[str, Any]:
    """The sections, gifts, limits and facts of a sheet with everything that can be chosen."""
    return {
        "sections": [_section(one, given, voice) for one in SECTIONS],
        "gifts": [_gift(at, one, program, voice) for at, one in enumerate(given.gifts)],
        "mechanics": [(one.code, one.label(voice.language)) for one in MECHANICS.values()],
        "caps": [_cap(at, one) for at, one in enumerate(given.caps)],
        "kept_caps": [json.dumps(one, ensure_ascii=False)[:300] for one in given.kept_caps],
        "facts": given.facts,
        "own_lines": given.own_lines,
        "payers": [*given.payers, ("", "")][:3] if len(given.payers) > 1 else [*given.payers, ("", ""), ("", "")][:2],
        "options": _options(program, given, voice),
        "lists": {f"list-{source}": list(voice.names.listed(source)) for source in ("categories", "brands")},
    }


def _section(section: str, given: Sheet, voice: Voice) -> dict[str, Any]:
    about = [*of_section(section), *(line_fields() if section == LINE else ())]
    kept = 0
    shown = []
    for at, row in enumerate(given.conditions[section]):
        if row.kept is not None:
            shown.append({"id": f"{section}-{at}", "kept": kept, **_kept(row.kept, section == LINE, voice)})
            kept += 1
        else:
            shown.append(_row(f"{section}-{at}", row, voice))
    return {"code": section, "rows": shown, "fields": [(one.name, _upper(one.label(voice.language))) for one in about]}


def _kept(node: Any, line: bool, voice: Voice) -> dict[str, Any]:
    """A node that no row shows, in words and as the expert's text."""
    if not clear(node, line=line):
        return {"words": json.dumps(node, ensure_ascii=False)[:300], "text": ""}
    return {"words": _upper(said(in_words(node, voice, line=line))), "text": printed(node)}


def _row(name: str, row: Row, voice: Voice) -> dict[str, Any]:
    about = row.about
    if about is None:
        return {"id": name, "field": "", "op": "", "ops": [], "sort": "none", "values": []}
    ops = [(op, called(op, voice.language)) for op in offered(about)]
    choices = _choices(about, row, voice)
    many = row.op in _MANY
    sort = "choices" if choices and many else "choice" if choices else "day" if about.unit == "date" else "text"
    chosen = [words for value, words in choices if value in row.values]
    return {
        "id": name,
        "field": about.name,
        "label": _upper(about.label(voice.language)),
        "op": row.op,
        "ops": ops,
        "sort": sort,
        "between": row.op == "between",
        "values": list(row.values),
        "joined": ", ".join(row.values),
        "choices": choices,
        "chosen": ", ".join(chosen),
        "unit": voice.names.money if about.unit == "money" else _UNITS.get(about.unit, ""),
        "list": f"list-{about.source}" if len(voice.names.listed(about.source)) > _OFFERED_AT_ONCE else "",
        "numeric": about.type == "int" and not choices and about.unit != "clock",
    }


def _choices(about: Field, row: Row, voice: Voice) -> Choices:
    """The values to choose from, with those that the row has; none where there are too many, or nobody knows them."""
    listed = voice.names.listed(about.source) if about.source else {}
    if not listed or len(listed) > _OFFERED_AT_ONCE:
        return []
    own = about.source in ("categories", "brands")
    known = [(value, value if own else _upper(voice.t(*pair))) for value, pair in listed.items()]
    return known + [(one, one) for one in row.values if one not in listed]


def _gift(at: int, gift: Gift, program: Program, voice: Voice) -> dict[str, Any]:
    found: dict[str, Any] = {"id": f"then-{at}", "was": at if gift.raw is not None else ""}
    if gift.kept or gift.mechanic not in MECHANICS:
        raw = gift.raw if isinstance(gift.raw, Mapping) else {}
        where = raw.get("where")
        safe = raw if where is None or clear(where, line=True) else {**raw, "where": None}
        return found | {"kept": True, "words": _upper(said(effect(safe, voice))) if raw else text(gift.raw)}
    known = MECHANICS[gift.mechanic]
    units = {"money": program.currency, "quantity": voice.t("pcs", "шт."), **_UNITS}
    return found | {
        "kept": False,
        "mechanic": known.code,
        "value": gift.value,
        "each": gift.each,
        "currency": gift.currency or _main(program),
        "account": gift.account,
        "expire_days": gift.expire_days,
        "points": known.points,
        "has_each": bool(known.each),
        "textual": known.value == "text",
        "unit": units.get(known.value, ""),
        "each_unit": units.get(known.each.rstrip("?"), ""),
        "value_kind": known.value,
    }


def _cap(at: int, cap: Cap) -> dict[str, Any]:
    return {
        "id": f"most-{at}",
        "value": cap.value,
        "metric": cap.metric,
        "per": cap.per,
        "period": cap.period,
        "skip": cap.skip,
    }


def _options(program: Program, given: Sheet, voice: Voice) -> dict[str, Choices]:
    """What the facts can be chosen from."""
    names = voice.names
    events = [(code, voice.t(*pair)) for code, pair in BUILT_IN["events"].items()]
    if given.facts.get("event") == KEPT:
        events.insert(0, (KEPT, voice.t("Several, see the expert’s text", "Несколько, см. текст эксперта")))
    payers = [("operator", voice.t("The operator", "Оператор"))]
    payers += [(one.code, one.name) for one in partners.list_partners(program.id) if one.kind != "operator"]
    accounts = [(code, voice.t(*pair)) for code, pair in names.listed("accounts").items()]
    campaigns = promotions.list_campaigns(program.id)
    return {
        "events": events,
        "payers": payers,
        "currencies": [
            (one.code, _upper(voice.t(one.name_en, one.name_ru))) for one in programs.currencies(program.id)
        ],
        "accounts": accounts,
        "groups": [(code, code) for code in promotions.groups_of(program.id)],
        "campaigns": [(one.code, voice.t(one.name_en, one.name_ru)) for one in campaigns],
        "metrics": [(code, voice.t(*pair)) for code, pair in _METRICS.items()],
        "pers": [(code, voice.t(*PER[code]).strip()) for code in PERS],
        "periods": [
            (code, voice.t(*PERIOD[code]).strip() or voice.t("at any time", "за всё время")) for code in PERIODS
        ],
    }


def _main(program: Program) -> str:
    return next((one.code for one in programs.currencies(program.id) if one.spendable), "")


def _upper(words: str) -> str:
    return words[:1].upper() + words[1:]


def field_at(pointer: str, given: Sheet) -> str:
    """The field of the builder that a JSON pointer of the document is about; "" for the whole."""
    found = _POINTER.fullmatch(pointer)
    if found is None:
        return next((name for start, name in _FACTS.items() if pointer.startswith(start)), pointer.strip("/"))
    part, place, rest = found[1], int(found[2] or 0), found[3]
    if part == "when":
        if place >= len(given.places):
            return ""
        section, at = given.places[place]
        return f"{section}-{at}-{'op' if rest.endswith('/op') else 'v'}"
    if part == "limits":
        return f"most-{place}-value"
    if rest.startswith("/where"):
        return "line-0-v" if given.conditions[LINE] else f"then-{place}-value"
    last = rest.rpartition("/")[2]
    return f"then-{place}-{last if last in _OF_EFFECTS else 'value'}"


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> Sequence[tuple[str, str, str]]:
    """What two documents say differently, part by part: its name, as it was, as it is."""
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    return [(name, _told(before.get(name)), _told(after.get(name))) for name in names if name not in ("version", "id")]


def _told(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Mapping) and {"all", "any", "not", "f", "exists", "lines", "stat"} & set(value):
        return printed(value) if clear(value) else json.dumps(value, ensure_ascii=False)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=1)


__all__ = ["differences", "field_at", "sheet", "title"]
