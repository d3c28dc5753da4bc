"""Reading the builder's form: rows by their place, and what a button adds or takes away. Nothing is saved here.

Fields are `<section>-<place>-<part>`: `f`, `op`, `v`, `v2` of a condition, `kept` for a node that the form only shows
(its place among the nodes of the draft), the parts of a gift (`then-0-value`) and of a limit (`most-0-value`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from werkzeug.datastructures import MultiDict

from coalition.promotions.wording import (
    FACTS,
    FOLLOWING,
    MECHANICS,
    METRICS,
    PARTS_MOST,
    PAYERS,
    PERIODS,
    PERS,
    SECTIONS,
    Cap,
    Gift,
    Part,
    Row,
    Sheet,
    field_of,
    offered,
)

Form = MultiDict[str, str]
_MOST, _LONG = 100, 2_000
_PLACE = re.compile(r"(when|line|member|then|most)-(\d{1,3})-[a-z0-9_]{1,12}")
_INSIDE = re.compile(r"then-(\d{1,3})")


def sheet_in(form: Form, stored: Sheet) -> Sheet:
    """The sheet as it was sent; what the form only shows comes from the `stored` one."""
    facts = {name: form.get(name, "").strip()[:_LONG] for name in FACTS}
    facts["segments"] = ", ".join(form.getlist("segments"))[:_LONG]
    found = Sheet(facts | {"notes": stored.facts.get("notes", "")} if "notes" not in form else facts)
    found.own_lines = stored.own_lines
    for section in SECTIONS:
        found.conditions[section] = [
            row for at in _places(form, section) if (row := _row(form, section, at, stored)) is not None
        ]
    found.gifts = [gift for at in _places(form, "then") if (gift := _gift(form, at, stored)) is not None]
    found.caps = [_cap(form, at) for at in _places(form, "most")]
    dropped = {int(one) for one in form.getlist("drop-kept") if one.isdecimal()}
    sent = [int(one) for one in form.getlist("kept-cap") if one.isdecimal()]
    found.kept_at = [at for at in stored.kept_at if at in sent and at not in dropped]
    found.kept_caps = [stored.kept_caps[at] for at in found.kept_at]
    payers = [(form.get(f"payer-{at}", ""), form.get(f"share-{at}", "").strip()[:20]) for at in range(PAYERS)]
    found.payers = [(partner[:100], share) for partner, share in payers if partner]
    return found


def pressed(sheet: Sheet, button: str, form: Form) -> Sheet:
    """The sheet after a button: `add:when` adds a row of what `add-when` names, `drop:then:0` takes one away."""
    deed, _, about = button.partition(":")
    where, _, what = about.partition(":")
    if deed == "add":
        _add(sheet, where, form.get(f"add-{where}", ""))
    elif deed == "drop" and what.isdecimal():
        several: Mapping[str, list[Any]] = {
            **sheet.conditions,
            "then": sheet.gifts,
            "most": sheet.caps,
        }
        listed = several.get(where, [])
        if int(what) < len(listed):
            del listed[int(what)]
        elif (at := _gift_at(sheet, where)) is not None:
            gift, no = sheet.gifts[at], int(what)
            sheet.gifts[at] = replace(gift, parts=gift.parts[:no] + gift.parts[no + 1 :])
    return sheet


def _add(sheet: Sheet, where: str, what: str) -> None:
    if where in sheet.conditions and len(sheet.conditions[where]) < _MOST:
        about = field_of(what)
        sheet.conditions[where].append(Row(what, offered(about)[0]) if about else Row())
    elif where == "then" and len(sheet.gifts) < _MOST:
        currency = next((one.currency for one in sheet.gifts if one.currency), "")
        mechanic = what if what in MECHANICS else "multiply"
        sheet.gifts.append(_begun(Gift(mechanic, currency=currency)))
    elif (at := _gift_at(sheet, where)) is not None and len(sheet.gifts[at].parts) < PARTS_MOST:
        gift = sheet.gifts[at]
        part = Part(mechanic=what if what in FOLLOWING else "", currency=gift.currency)
        sheet.gifts[at] = replace(gift, parts=(*gift.parts, part))
    elif where == "most" and len(sheet.caps) < _MOST:
        sheet.caps.append(Cap())


def _gift_at(sheet: Sheet, where: str) -> int | None:
    """The gift inside which a button stands (`then-0`); None for another place."""
    found = _INSIDE.fullmatch(where)
    return int(found[1]) if found and int(found[1]) < len(sheet.gifts) else None


def _places(form: Form, section: str) -> list[int]:
    """The places of a section's rows, in order."""
    found = {int(match[2]) for name in form if (match := _PLACE.fullmatch(name)) and match[1] == section}
    return sorted(found)[:_MOST]


def _row(form: Form, section: str, at: int, stored: Sheet) -> Row | None:
    kept = form.get(f"{section}-{at}-kept", "")
    if kept:
        rows = stored.conditions.get(section, [])
        return rows[int(kept)] if kept.isdecimal() and int(kept) < len(rows) and rows[int(kept)].kept else None
    name, op = form.get(f"{section}-{at}-f", "")[:200], form.get(f"{section}-{at}-op", "")[:20]
    about = field_of(name)
    values = [one.strip()[:_LONG] for one in form.getlist(f"{section}-{at}-v")]
    second = form.get(f"{section}-{at}-v2", "").strip()[:_LONG]
    if about is None:
        return Row(name, op)
    changed = form.get(f"{section}-{at}-was", name) != name
    op = op if op in offered(about) else offered(about)[0]
    given = tuple(one for one in [*values, *([second] if op == "between" else [])] if one)
    return Row(name, op, () if changed else given[:5_000])


def _gift(form: Form, at: int, stored: Sheet) -> Gift | None:
    was = form.get(f"then-{at}-was", "")
    before = stored.gifts[int(was)] if was.isdecimal() and int(was) < len(stored.gifts) else None
    if form.get(f"then-{at}-kept"):
        return before

    def sent(name: str) -> str:
        return form.get(f"then-{at}-{name}", "").strip()[:_LONG]

    mechanic = form.get(f"then-{at}-mechanic", "")[:20]
    same = before is not None and before.mechanic == mechanic
    known = before.parts if before and same else ()
    found = Gift(
        mechanic,
        sent("value"),
        sent("each"),
        sent("currency"),
        sent("account"),
        sent("expire_days"),
        parts=tuple(_part(form, f"then-{at}", no, known) for no in _rows(form, f"then-{at}")),
        mode=sent("mode"),
        on=sent("on"),
        by=sent("by"),
        target=sent("target"),
        repeat=form.get(f"then-{at}-repeat") == "yes",
        within=sent("within"),
        qualifying=form.get(f"then-{at}-qualifying") == "yes",
    )
    if form.get(f"then-{at}-chosen", mechanic) != mechanic:
        found = _begun(replace(found, parts=()))
    return replace(found, raw=before.raw, place=before.place) if before and before.raw and not before.kept else found


def _begun(gift: Gift) -> Gift:
    """A gift whose mechanic was just chosen: one that needs rows has a first one."""
    known = MECHANICS.get(gift.mechanic)
    return replace(gift, parts=(Part(),)) if known and known.parts not in ("", "follow") else gift


def _rows(form: Form, gift: str) -> list[int]:
    """The places of the rows inside a gift, in order."""
    inside = re.compile(rf"{gift}-(\d{{1,3}})-[a-z0-9_]{{1,12}}")
    return sorted({int(match[1]) for name in form if (match := inside.fullmatch(name))})[:PARTS_MOST]


def _part(form: Form, gift: str, no: int, known: tuple[Part, ...]) -> Part:
    """A row inside a gift; what it does not show comes from the one that it was (`known`)."""
    was = form.get(f"{gift}-{no}-part", "")
    before = known[int(was)] if was.isdecimal() and int(was) < len(known) else Part()
    if before.kept:
        return before
    value, start, currency = (
        form.get(f"{gift}-{no}-{name}", "").strip()[:_LONG] for name in ("value", "start", "currency")
    )
    mechanic = form.get(f"{gift}-{no}-mechanic", "")[:20]
    asked = before.asked if before.asked.kept else _asked(form, gift, no)
    chosen = mechanic if mechanic in FOLLOWING else ""
    return Part(value, start, chosen, currency, asked, before.raw, place=before.place)


def _asked(form: Form, gift: str, no: int) -> Row:
    return _row(form, gift, no, Sheet()) or Row()


def _cap(form: Form, at: int) -> Cap:
    def chosen(name: str, known: tuple[str, ...]) -> str:
        value = form.get(f"most-{at}-{name}", "")
        return value if value in known else known[0]

    value, skip = form.get(f"most-{at}-value", "").strip()[:40], form.get(f"most-{at}-skip") == "yes"
    return Cap(value, chosen("metric", METRICS), chosen("per", PERS), chosen("period", PERIODS), skip)
