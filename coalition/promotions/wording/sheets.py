"""A promotion as the sheet that a marketer fills in, and back into its document.

The sheet has four sections of conditions (when, the receipt's lines, the member) and gifts, the limits and the facts
around them. What it cannot show stays in the document it came from: nodes and effects as rows that can only be read or
removed, every other part as it was. The lines that the sheet names are those of all its gifts; where gifts have lines
of their own the sheet leaves them alone (`own_lines`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from coalition.promotions.wording import gifts, rows
from coalition.promotions.wording.fields import LINE, MEMBER, WHEN
from coalition.promotions.wording.gifts import Cap, Gift, Money
from coalition.promotions.wording.rows import Misread, Row
from coalition.promotions.wording.sentences import sponsors

Document = Mapping[str, Any]
TEXTS = ("coupon", "group", "campaign", "notes")
FACTS = ("name_en", "name_ru", "event", *TEXTS, "from", "to", "priority", "exclusive", "segments", "control")
PAYERS = 3


@dataclass(slots=True)
class Sheet:
    """What stands in the fields. `facts` are those around the rules; `payers` are (partner, share in percent).

    `places`: of each node at the top of the condition, the section and the place that show it.
    """

    facts: dict[str, str] = field(default_factory=dict)
    conditions: dict[str, list[Row]] = field(default_factory=lambda: {WHEN: [], LINE: [], MEMBER: []})
    gifts: list[Gift] = field(default_factory=list)
    caps: list[Cap] = field(default_factory=list)
    kept_caps: list[Any] = field(default_factory=list)
    payers: list[tuple[str, str]] = field(default_factory=list)
    own_lines: bool = False
    places: list[tuple[str, int]] = field(default_factory=list)


Wrong = list[tuple[str, str]]


def sheet_of(document: Document, zone: str, money: Money) -> Sheet:
    """The sheet of a document, whatever state it is in."""
    effects = document["effects"] if isinstance(document.get("effects"), list) else []
    found = Sheet(_facts(document, zone))
    wheres = [one.get("where") for one in effects if gifts.takes_lines(one)]
    found.own_lines = any(one != wheres[0] for one in wheres)
    where = None if found.own_lines or not wheres else wheres[0]
    found.conditions[LINE] = rows.taken_apart(where, money.decimals, line=True)
    for row in rows.taken_apart(document.get("when"), money.decimals):
        same = None if row.kept is None or found.own_lines else rows.together(row.kept, where, money.decimals)
        section = LINE if same else row.about.section if row.about else WHEN
        found.places.append((section, len(found.conditions[section])))
        found.conditions[section].append(same or row)
    found.gifts = [gifts.gift_of(one, money) for one in effects]
    currency = currency_of(found)
    for limit in document["limits"] if isinstance(document.get("limits"), list) else []:
        cap = gifts.cap_of(limit, currency, money)
        if cap is None:
            found.kept_caps.append(limit)
        else:
            found.caps.append(cap)
    found.payers = payers_of(document.get("sponsor"))
    return found


def document_of(sheet: Sheet, was: Document, zone: str, money: Money) -> tuple[dict[str, Any], Wrong]:
    """The document that a sheet says, on top of the one that it was; and what cannot be read, by field and code."""
    wrong: Wrong = []
    found = {**was, **_around(sheet, was, zone, wrong)}
    where, own = _lines(sheet, money, wrong)
    nodes = [*_nodes(sheet, WHEN, money, wrong), *_nodes(sheet, MEMBER, money, wrong)]
    for at, row in own:
        _tried(lambda row=row: nodes.append(rows.node_of(row, money.decimals, where)), f"{LINE}-{at}-v", wrong)
    found["when"] = rows.put_together(nodes)
    found["effects"] = _effects(sheet, where, money, wrong)
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
    facts["segments"] = ", ".join(map(str, segments)) if isinstance(segments, list) else ""
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
        _tried(lambda name=name, last=last: found.update({name: _instant(facts, was, name, zone, last)}), name, wrong)
    _tried(lambda: found.update(priority=rows.number(facts.get("priority") or "0", 0) or None), "priority", wrong)
    found["exclusive"] = True if facts.get("exclusive") else None
    audience = dict(_object(was, "audience"))
    audience["segments_any"] = [part.strip() for part in facts.get("segments", "").split(",") if part.strip()]
    _tried(lambda: audience.update(control_bp=_control(facts.get("control", ""))), "control", wrong)
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
            _tried(lambda row=row: nodes.append(rows.node_of(row, money.decimals)), f"{LINE}-{at}-v", wrong)
    return rows.put_together(nodes), own


def _nodes(sheet: Sheet, section: str, money: Money, wrong: Wrong) -> list[Any]:
    nodes: list[Any] = []
    for at, row in enumerate(sheet.conditions[section]):
        _tried(lambda row=row: nodes.append(rows.node_of(row, money.decimals)), f"{section}-{at}-v", wrong)
    return nodes


def _effects(sheet: Sheet, where: Any, money: Money, wrong: Wrong) -> list[dict[str, Any]]:
    found = []
    for at, gift in enumerate(sheet.gifts):
        try:
            raw = gifts.raw_of(gift, money)
        except Misread as misread:
            name, _, code = str(misread).partition(":")
            wrong.append((f"then-{at}-{name}", code))
            continue
        if gifts.takes_lines(raw) and not sheet.own_lines:
            raw.pop("where", None)
            raw |= {"where": where} if where is not None else {}
        found.append(raw)
    return found


def _limits(sheet: Sheet, money: Money, wrong: Wrong) -> list[dict[str, Any]]:
    found = []
    for at, cap in enumerate(sheet.caps):
        try:
            found.append(gifts.limit_of(cap, currency_of(sheet), money))
        except Misread as misread:
            name, _, code = str(misread).partition(":")
            wrong.append((f"most-{at}-{name}", code))
    return found


def sponsor_of(given: Sequence[tuple[str, str]], was: Any, wrong: Wrong) -> Any:
    """Who pays, as a document says it; left as it `was` where nothing about it has changed."""
    payers = [(partner, share) for partner, share in given if partner]
    if payers == payers_of(was):
        return was
    if payers == [("operator", "")] or not payers:
        return "operator" if payers else None
    found, whole = [], 0
    for at, (partner, share) in enumerate(payers):
        try:
            part = rows.number(share or ("100" if len(payers) == 1 else ""), 2)
            if not 1 <= part <= _WHOLE:
                raise Misread("percent")
            found.append({"partner": partner, "share_bp": part})
        except Misread as misread:
            wrong.append((f"share-{at}", str(misread)))
        else:
            whole += part
    if len({partner for partner, _ in payers}) < len(payers):
        wrong.append(("payer-0", "twice"))
    if len(found) == len(payers) and whole != _WHOLE:
        wrong.append(("share-0", "shares"))
    return found[0] if len(found) == 1 else found


def payers_of(sponsor: Any) -> list[tuple[str, str]]:
    """Who pays and which share in percent, as the sheet shows it."""
    given = sponsors(sponsor) if sponsor else []
    return [
        (partner, rows.plain_number(share, 2).removesuffix(".00") if type(share) is int else "")
        for partner, share in given
    ]


def _tried(work: Any, name: str, wrong: Wrong) -> None:
    try:
        work()
    except Misread as misread:
        wrong.append((name, str(misread)))


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
    return midnight(text, zone, last=last).isoformat().replace("+00:00", "Z")


def midnight(text: str, zone: str, *, last: bool = False) -> dt.datetime:
    """The instant at which a day begins in a zone, or at which it is over (`last`). Raises Misread `day`."""
    try:
        day = dt.date.fromisoformat(text)
        return dt.datetime.combine(day + dt.timedelta(days=int(last)), dt.time(), ZoneInfo(zone)).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        raise Misread("day") from None


KEPT = "kept"
_WHOLE, _CONTROL_MOST = 10_000, 9_000
