"""A promotion as the sheet that a marketer fills in, and back into its document.

The sheet has four sections of conditions (when, the receipt's lines, the member) and gifts, the limits and the facts
around them. What it cannot show stays in the document it came from: nodes and effects as rows that can only be read or
removed, every other part as it was. The lines that the sheet names are those of all its gifts; where gifts have lines
of their own the sheet leaves them alone (`own_lines`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from zoneinfo import ZoneInfo

from coalition.kernel import clock
from coalition.promotions.wording import gifts, levels, rows
from coalition.promotions.wording.commas import joined, parted
from coalition.promotions.wording.fields import LINE, MEMBER, WHEN
from coalition.promotions.wording.mechanics import LEVELS, Cap, Gift, Money
from coalition.promotions.wording.payers import Wrong, payers_of, sponsor_of
from coalition.promotions.wording.rows import Misread, Row

Document = Mapping[str, Any]
TEXTS = ("coupon", "group", "campaign", "notes")
FACTS = ("name_en", "name_ru", "event", *TEXTS, "from", "to", "priority", "exclusive", "segments", "control")


@dataclass(slots=True)
class Sheet:
    """What stands in the fields. `facts` are those around the rules; `payers` are (partner, share in percent).

    `places`: of each node at the top of the condition, the section and the place that show it. `kept_at`: of each limit
    that no row can show (`kept_caps`), where it stood in the draft.
    """

    facts: dict[str, str] = field(default_factory=dict)
    conditions: dict[str, list[Row]] = field(default_factory=lambda: {WHEN: [], LINE: [], MEMBER: []})
    gifts: list[Gift] = field(default_factory=list)
    caps: list[Cap] = field(default_factory=list)
    kept_caps: list[Any] = field(default_factory=list)
    kept_at: list[int] = field(default_factory=list)
    payers: list[tuple[str, str]] = field(default_factory=list)
    own_lines: bool = False
    places: list[tuple[str, int]] = field(default_factory=list)


def sheet_of(document: Document, zone: str, money: Money) -> Sheet:
    """The sheet of a document, whatever state it is in."""
    effects = document["effects"] if isinstance(document.get("effects"), list) else []
    found = Sheet(_facts(document, zone))
    level = levels.level_gift(document, money)
    raws = [*effects, *([level.raw] if level else [])]
    wheres = [one.get("where") for one in raws if gifts.takes_lines(one)]
    found.own_lines = any(one != wheres[0] for one in wheres)
    where = None if found.own_lines or not wheres else wheres[0]
    found.conditions[LINE] = rows.taken_apart(where, money.decimals, line=True)
    for row in rows.taken_apart(document.get("when"), money.decimals):
        same = None if row.kept is None or found.own_lines else rows.together(row.kept, where, money.decimals)
        section = LINE if same else row.about.section if row.about else WHEN
        found.places.append((section, len(found.conditions[section])))
        found.conditions[section].append(same or row)
    shown = [gifts.gift_of(one, money) for one in effects] + ([level] if level else [])
    found.gifts = [_with_places(at, one) for at, one in enumerate(shown)]
    found.conditions = {
        name: [replace(row, place=at) for at, row in enumerate(several)] for name, several in found.conditions.items()
    }
    currency = currency_of(found)
    for limit in document["limits"] if isinstance(document.get("limits"), list) else []:
        cap = gifts.cap_of(limit, currency, money)
        if cap is None:
            found.kept_caps.append(limit)
        else:
            found.caps.append(cap)
    found.kept_at = list(range(len(found.kept_caps)))
    found.payers = payers_of(document.get("sponsor"))
    return found


def _with_places(at: int, gift: Gift) -> Gift:
    """A gift that knows where it and its rows stood."""
    return replace(gift, place=at, parts=tuple(replace(part, place=no) for no, part in enumerate(gift.parts)))


def document_of(sheet: Sheet, was: Document, zone: str, money: Money) -> tuple[dict[str, Any], Wrong]:
    """The document that a sheet says, on top of the one that it was; and what cannot be read, by field and code."""
    wrong: Wrong = []
    found = {**was, **_around(sheet, was, zone, wrong)}
    where, own = _lines(sheet, money, wrong)
    nodes = [*_nodes(sheet, WHEN, money, wrong), *_nodes(sheet, MEMBER, money, wrong)]
    for at, row in own:
        with _tried(f"{LINE}-{at}-v", wrong):
            nodes.append(rows.node_of(row, money.decimals, where))
    found["when"] = rows.put_together(nodes)
    found["effects"] = _effects(sheet, where, money, wrong)
    found |= _levels(sheet, was, where, money, wrong)
    found["limits"] = [*_limits(sheet, money, wrong), *sheet.kept_caps]
    found["sponsor"] = sponsor_of(sheet.payers, was.get("sponsor"), wrong)
    return {name: value for name, value in found.items() if value not in (None, "", [], {})}, wrong


def currency_of(sheet: Sheet) -> str:
    """The currency in which limits on points are told: that of the first gift of points."""
    return next((one.currency for one in sheet.gifts if one.currency), "")


def _facts(document: Document, zone: str) -> dict[str, str]:
    name, audience = _object(document, "name"), _object(document, "audience")
    events = document["events"] if isinstance(document.get("events"), list) else []
    facts = {part: str(document.get(part) or "") for part in TEXTS}
    facts |= {"name_en": str(name.get("en") or ""), "name_ru": str(name.get("ru") or "")}
    facts["event"] = str(events[0]) if len(events) == 1 else "" if not events else KEPT
    facts |= {"from": day_of(document.get("from"), zone), "to": day_of(document.get("to"), zone, last=True)}
    facts |= {"priority": str(document.get("priority") or 0), "exclusive": "yes" if document.get("exclusive") else ""}
    segments = audience.get("segments_any")
    facts["segments"] = joined(map(str, segments)) if isinstance(segments, list) else ""
    control = audience.get("control_bp")
    facts["control"] = rows.plain_number(control, 2).removesuffix(".00") if type(control) is int and control else ""
    return facts


def _object(document: Document, name: str) -> Mapping[str, Any]:
    given = document.get(name)
    return given if isinstance(given, Mapping) else {}


def _around(sheet: Sheet, was: Document, zone: str, wrong: Wrong) -> dict[str, Any]:
    """The parts of the document beside conditions, gifts and limits."""
    facts = sheet.facts
    found: dict[str, Any] = {name: facts.get(name, "").strip() for name in TEXTS}
    found["name"] = {code: facts.get(f"name_{code}", "").strip() for code in ("en", "ru")}
    wrong += [(f"name_{code}", "required") for code, text in found["name"].items() if not text]
    if facts.get("event") not in ("", None, KEPT):
        found["events"] = [facts["event"]]
    for name, last in (("from", False), ("to", True)):
        with _tried(name, wrong):
            found[name] = _instant(facts, was, name, zone, last)
    with _tried("priority", wrong):
        found["priority"] = rows.number(facts.get("priority") or "0", 0) or None
    found["exclusive"] = True if facts.get("exclusive") else None
    audience = dict(_object(was, "audience"))
    audience["segments_any"] = parted(facts.get("segments", ""))
    with _tried("control", wrong):
        audience["control_bp"] = _control(facts.get("control", ""))
    found["audience"] = {name: value for name, value in audience.items() if value not in (None, "", [], 0)}
    return found


def _control(text: str) -> int:
    share = rows.number(text or "0", 2)
    if share > _CONTROL_MOST:
        raise Misread("percent")
    return share


def _lines(sheet: Sheet, money: Money, wrong: Wrong) -> tuple[Any, list[tuple[int, Row]]]:
    """The lines that the gifts are for, and the demands on these lines together, by their place among the rows."""
    nodes: list[Any] = []
    own = []
    for at, row in enumerate(sheet.conditions[LINE]):
        if row.field in (rows.TOGETHER, rows.COUNTED):
            own.append((at, row))
        else:
            with _tried(f"{LINE}-{at}-v", wrong):
                nodes.append(rows.node_of(row, money.decimals))
    return rows.put_together(nodes), own


def _nodes(sheet: Sheet, section: str, money: Money, wrong: Wrong) -> list[Any]:
    nodes: list[Any] = []
    for at, row in enumerate(sheet.conditions[section]):
        with _tried(f"{section}-{at}-v", wrong):
            nodes.append(rows.node_of(row, money.decimals))
    return nodes


def _effects(sheet: Sheet, where: Any, money: Money, wrong: Wrong) -> list[dict[str, Any]]:
    found = []
    for at, gift in enumerate(sheet.gifts):
        if gift.mechanic == levels.BY_TIER:
            continue
        with _placed(f"then-{at}", wrong):
            raw = gifts.raw_of(gift, money)
            if gifts.takes_lines(raw) and not sheet.own_lines:
                raw.pop("where", None)
                raw |= {"where": where} if where is not None else {}
            found.append(raw)
    return found


def _levels(sheet: Sheet, was: Document, where: Any, money: Money, wrong: Wrong) -> dict[str, Any]:
    """The levels, where a gift says them or said them before; others are left alone."""
    said = [(at, one) for at, one in enumerate(sheet.gifts) if one.mechanic == levels.BY_TIER]
    before = levels.level_gift(was, money)
    if not said and before is None:
        return {}
    if said and (len(said) > 1 or (was.get(LEVELS) and before is None)):
        wrong.append((f"then-{said[-1][0]}-mechanic", "levels"))
        return {}
    found: list[dict[str, Any]] = []
    for at, gift in said:
        with _placed(f"then-{at}", wrong):
            found.extend(levels.levels_of(gift, where, sheet.own_lines, money))
    mode = was.get("rules_mode") if found and len(sheet.gifts) == len(said) else None
    return {LEVELS: found, "rules_mode": mode}


def _limits(sheet: Sheet, money: Money, wrong: Wrong) -> list[dict[str, Any]]:
    found = []
    for at, cap in enumerate(sheet.caps):
        with _placed(f"most-{at}", wrong):
            found.append(gifts.limit_of(cap, currency_of(sheet), money))
    return found


@contextmanager
def _tried(name: str, wrong: Wrong) -> Iterator[None]:
    """What cannot be read inside is told of the field `name`."""
    try:
        yield
    except Misread as misread:
        wrong.append((name, str(misread)))


@contextmanager
def _placed(place: str, wrong: Wrong) -> Iterator[None]:
    """What cannot be read inside is told with its place and the field that is wrong there."""
    try:
        yield
    except Misread as misread:
        name, _, code = str(misread).partition(":")
        wrong.append((f"{place}-{name}", code))


def day_of(given: Any, zone: str, *, last: bool = False) -> str:
    """The first or the last day of a promotion in its program's zone."""
    try:
        at = dt.datetime.fromisoformat(str(given))
        local = (at if at.tzinfo else at.replace(tzinfo=dt.UTC)).astimezone(ZoneInfo(zone))
        return (local - dt.timedelta(microseconds=1) if last else local).date().isoformat()
    except (ValueError, OverflowError):
        return ""


def _instant(facts: Mapping[str, str], was: Document, name: str, zone: str, last: bool) -> str | None:
    """The instant at which a promotion begins or ends; as it was, while the day is."""
    text = facts.get(name, "").strip()
    if not text:
        return None
    if was.get(name) and day_of(was[name], zone, last=last) == text:
        return str(was[name])
    return clock.written(midnight(text, zone, last=last))


def midnight(text: str, zone: str, *, last: bool = False) -> dt.datetime:
    """The instant at which a day begins in a zone, or at which it is over (`last`). Raises Misread `day`."""
    try:
        day = dt.date.fromisoformat(text)
        return dt.datetime.combine(day + dt.timedelta(days=int(last)), dt.time(), ZoneInfo(zone)).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        raise Misread("day") from None


KEPT = "kept"
_CONTROL_MOST = 9_000
