"""Why each promotion gave a purchase what it gave, or nothing: run again with what was known then, told in words.

The ruleset of its time, the facts and counters that were kept and the awards of base rules are all there, so that
nothing else has to be stored and the answer never changes. The lines for the slip come from the same trace.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from coalition import partners, promotions
from coalition.kernel.db import raw
from coalition.promotions import granting, wording
from coalition.promotions.granting import keeping
from coalition.purchases.counter import Counter
from coalition.purchases.receipts import Line
from coalition.purchases.returning.bought import Bought

_LINES = """
    SELECT no, amount_minor, qty_m, price_minor, sku, name, category FROM purchase_line
     WHERE purchase_id = %s ORDER BY no"""
_PARTNER = "partner.id"
Named = Mapping[str, Mapping[str, tuple[str, str]]]
_TOLD = ("why", "group", "by", "would", "limit", "wanted", "left", "path", "field", "op", "expected", "actual")


@dataclass(frozen=True, slots=True)
class ExplainedPromotion:
    """A promotion's outcome with a sentence; `facts` are the outcome's own (see `granting.explained`)."""

    promotion: str
    version: int
    name: str
    outcome: str
    reason: str
    facts: Mapping[str, Any]


def explained_promotions(at: Counter, of: Bought, language: str) -> tuple[ExplainedPromotion, ...]:
    """Every promotion of the ruleset that a purchase went by; nothing for one that went by none."""
    evaluation = keeping.read(granting.PURCHASE, [of.id]).get(of.id)
    if evaluation is None:
        return ()
    ruleset = promotions.kept_ruleset(evaluation.ruleset_id)
    lines = [Line(*row) for row in raw().execute(_LINES.encode(), (of.id,)).fetchall()]
    event = evaluation.event(lines)
    entries = granting.explained(
        ruleset,
        event,
        evaluation.before,
        base=base_of(at, of, event),
        discounts=bool(of.discounts),
    )
    return told(at, ruleset, entries, language)


def told(
    at: Counter, ruleset: promotions.Ruleset, entries: Sequence[Mapping[str, Any]], language: str
) -> tuple[ExplainedPromotion, ...]:
    """Outcomes in words."""
    named = {"partners": _partners(at)} if any(entry.get("field") == _PARTNER for entry in entries) else {}
    speaking = voice(at, ruleset, language, named)
    return tuple(_told(ruleset, entry, speaking) for entry in entries)


def told_near(
    at: Counter, ruleset: promotions.Ruleset, entries: Sequence[Mapping[str, Any]], language: str
) -> tuple[ExplainedPromotion, ...]:
    """Promotions that were just missed (see `granting.near_misses`): what more would bring what."""
    speaking = voice(at, ruleset, language)
    found = []
    for entry in entries:
        one = _told(ruleset, entry, speaking)
        reason = wording.near_miss(entry, one.name, speaking)
        found.append(replace(one, reason=reason, facts={**one.facts, "gain": entry["gain"]}))
    return tuple(found)


def voice(at: Counter, ruleset: promotions.Ruleset, language: str, named: Named | None = None) -> wording.Voice:
    """One language, with the program's names of currencies, promotions and what else is `named`."""
    currencies = {one.code: (one.name_en, one.name_ru, one.decimals) for one in at.currencies.values()}
    names = {code: _names(document, code) for code, document in ruleset.documents.items()}
    money = (at.program.currency, at.program.currency_decimals, at.program.zone)
    return wording.Voice(wording.Names(*money, currencies, {"promotions": names, **(named or {})}), language)


def _partners(at: Counter) -> dict[str, tuple[str, str]]:
    return {one.code: (one.name, one.name) for one in partners.list_partners(at.program.id)}


def slip(entries: Sequence[ExplainedPromotion]) -> list[str]:
    """What the slip says of promotions: what each has given, and the texts that they print."""
    found = []
    for one in entries:
        if one.outcome == "applied":
            found += one.reason.split("\n")
            found += [str(effect["text"]) for effect in one.facts["effects"] if effect["kind"] == "receipt.text"]
    return found


def base_of(at: Counter, of: Bought, event: Mapping[str, Any]) -> list[tuple[str, dict[int, int]]]:
    """The base credits of a purchase as the engine takes them."""
    whole, found = "lines" not in event["payload"], list[tuple[str, dict[int, int]]]()
    for one in of.awards:
        if one.effect is None:
            lines = {int(no): units for no, units in one.award.lines.items()}
            code = at.currencies[one.award.currency_id].code
            found.append((code, {0: one.award.units} if whole else lines))
    return found


def _told(ruleset: promotions.Ruleset, entry: Mapping[str, Any], speaking: wording.Voice) -> ExplainedPromotion:
    code = entry["promotion"]
    title = speaking.t(*_names(ruleset.documents[code], code))
    if entry["outcome"] == "applied":
        said = dict.fromkeys(wording.given(effect, title, speaking) for effect in entry["effects"])
        reason, facts = "\n".join(said), {"effects": entry["effects"], "limited": entry.get("limited", [])}
    else:
        reason = wording.why_not(entry, title, speaking)
        facts = {name: entry[name] for name in (*_TOLD, "missing_by") if name in entry}
    return ExplainedPromotion(code, entry["version"], title, entry["outcome"], reason, facts)


def _names(document: Mapping[str, Any], code: str) -> tuple[str, str]:
    """A promotion's name in English and in Russian; its code where it has none."""
    named = document.get("name") or {}
    english = named.get("en") or code
    return english, named.get("ru") or english
