"""A sheet as templates want it: every field with its words, its choices and its place, in the viewer's language."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from coalition import partners, programs, promotions
from coalition.console.marketing.gift_view import gift_row
from coalition.console.marketing.row_view import OFFERED_AT_ONCE, condition_row, kept_row, upper
from coalition.programs import Program
from coalition.promotions.wording import (
    BUILT_IN,
    FOLLOWING,
    KEPT,
    LINE,
    MECHANICS,
    PER,
    PERIOD,
    PERIODS,
    PERS,
    SECTIONS,
    Cap,
    Sheet,
    Voice,
    clear,
    joined,
    line_fields,
    of_section,
    parted,
    printed,
)

_OF_EFFECTS = ("currency", "account", "expire_days", "qualifying", "value", "each", "mechanic")
_METRICS = {
    "units": ("points", "баллов"),
    "uses": ("times", "раз"),
    "money": ("money", "денег"),
    "coupons": ("coupons", "купонов"),
    "prizes": ("prizes", "призов"),
}
_FACTS = {"/name": "name_en", "/events": "event", "/audience": "segments", "/sponsor": "payer-0"}
_POINTER = re.compile(r"/(when|effects|limits)(?:/all)?(?:/(\d+))?(.*)")
_LEVEL = re.compile(r"/rules/(\d+)")
_INSIDE = re.compile(r"/(?:calc/(?:rows|items)|on_complete|on_win)/(\d+)(/where|/from)?.*")


def title(document: Mapping[str, Any], code: str, language: str) -> str:
    """What a promotion is called; its code while it has no name."""
    name = document.get("name")
    given = name if isinstance(name, Mapping) else {}
    return str(given.get(language) or given.get("en") or given.get("ru") or code)


def sheet(program: Program, given: Sheet, voice: Voice) -> dict[str, Any]:
    """The sections, gifts, limits and facts of a sheet with everything that can be chosen."""
    return {
        "sections": [_section(one, given, voice) for one in SECTIONS],
        "gifts": [gift_row(at, one, program, voice) for at, one in enumerate(given.gifts)],
        "following": [(one, MECHANICS[one].label(voice.language)) for one in FOLLOWING],
        "mechanics": [(one.code, one.label(voice.language)) for one in MECHANICS.values()],
        "caps": [_cap(at, one) for at, one in enumerate(given.caps)],
        "kept_caps": [
            (at, json.dumps(one, ensure_ascii=False)[:300])
            for at, one in zip(given.kept_at, given.kept_caps, strict=True)
        ],
        "facts": given.facts,
        "own_lines": given.own_lines,
        "payers": [*given.payers, ("", "")][:3] if len(given.payers) > 1 else [*given.payers, ("", ""), ("", "")][:2],
        "options": _options(program, given, voice),
        "lists": {f"list-{source}": list(voice.names.listed(source)) for source in ("categories", "brands")},
    }


def _section(section: str, given: Sheet, voice: Voice) -> dict[str, Any]:
    about = [*of_section(section), *(line_fields() if section == LINE else ())]
    shown = []
    for at, row in enumerate(given.conditions[section]):
        if row.kept is not None:
            shown.append({"id": f"{section}-{at}", "kept": row.place, **kept_row(row.kept, section == LINE, voice)})
        else:
            shown.append(condition_row(f"{section}-{at}", row, voice))
    return {"code": section, "rows": shown, "fields": [(one.name, upper(one.label(voice.language))) for one in about]}


def _cap(at: int, cap: Cap) -> dict[str, Any]:
    return {
        "id": f"most-{at}",
        "value": cap.value,
        "metric": cap.metric,
        "per": cap.per,
        "period": cap.period,
        "skip": cap.skip,
    }


def _options(program: Program, given: Sheet, voice: Voice) -> dict[str, Any]:
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
        "currencies": [(one.code, upper(voice.t(one.name_en, one.name_ru))) for one in programs.currencies(program.id)],
        "accounts": accounts,
        "tiers": [(code, upper(voice.t(*pair))) for code, pair in names.listed("tiers").items()],
        "segments": segment_choices(given.facts.get("segments", ""), list(names.listed("segments"))),
        "line_fields": [(one.name, upper(one.label(voice.language))) for one in of_section(LINE)],
        "groups": [(code, code) for code in promotions.groups_of(program.id)],
        "campaigns": [(one.code, voice.t(one.name_en, one.name_ru)) for one in campaigns],
        "metrics": [(code, voice.t(*pair)) for code, pair in _METRICS.items()],
        "pers": [(code, voice.t(*PER[code]).strip()) for code in PERS],
        "periods": [
            (code, voice.t(*PERIOD[code]).strip() or voice.t("at any time", "за всё время")) for code in PERIODS
        ],
    }


def segment_choices(given: str, known: Sequence[str]) -> list[tuple[str, str, bool]]:
    """The segments to choose from, with those that are named already: how each is typed, its code, whether it is named.

    None where there are too many to choose from.
    """
    if not known or len(known) > OFFERED_AT_ONCE:
        return []
    named = parted(given)
    return [(joined([one]), one, one in named) for one in [*known, *(one for one in named if one not in known)]]


def field_at(pointer: str, given: Sheet) -> str:
    """The field of the builder that a JSON pointer of the document is about; "" for the whole."""
    if level := _LEVEL.match(pointer):
        gift = next((at for at, one in enumerate(given.gifts) if one.mechanic == "by_tier"), None)
        return "" if gift is None else f"then-{gift}-{level[1]}-value"
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
    inner = _INSIDE.fullmatch(rest)
    if inner and not given.gifts[place].kept:
        return f"then-{place}-{inner[1]}-{({'/where': 'v', '/from': 'start'}).get(inner[2] or '', 'value')}"
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
        return printed(value) if clear(value) else json.dumps(value, ensure_ascii=False, sort_keys=True)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True)


__all__ = ["differences", "field_at", "segment_choices", "sheet", "title"]
