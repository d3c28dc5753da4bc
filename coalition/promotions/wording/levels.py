"""A multiplier by tier as one gift of the builder: the levels (`rules`) of a document, one for each tier, and back.

Levels of another shape are shown by no row and stay as they are. Tiers exclude each other, so that it does not matter
whether all levels are asked or the first that fits; beside other gifts, all are (`rules_mode` is dropped).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from coalition.promotions.wording import gifts
from coalition.promotions.wording.mechanics import LEVELS, PARTS_MOST, Gift, Money, Part
from coalition.promotions.wording.rows import Misread, typed

BY_TIER = "by_tier"
_TIER = "member.tier"
Document = Mapping[str, Any]


def level_gift(document: Document, money: Money) -> Gift | None:
    """The gift that the levels of a document are; None where there are none, or others."""
    rules = document.get("rules")
    mode = document.get("rules_mode") or "all"
    if not isinstance(rules, list) or not 1 <= len(rules) <= PARTS_MOST:
        return None
    if mode not in ("all", "first") or (mode == "first" and document.get("effects")):
        return None
    shown = [_level(one, money) for one in rules]
    alike = {repr(sorted(_beside(gift.raw).items())) for _, gift in shown if gift and gift.raw}
    tiers = [tier for tier, _ in shown]
    if len(alike) != 1 or None in tiers or len(set(tiers)) != len(tiers):
        return None
    first = shown[0][1]
    assert first is not None
    parts = tuple(
        Part(gift.value, tier or "", raw=rule) for rule, (tier, gift) in zip(rules, shown, strict=True) if gift
    )
    raw, life = {**(first.raw or {}), "kind": LEVELS}, (first.account, first.expire_days)
    return Gift(BY_TIER, "", "", first.currency, *life, raw, parts=parts, qualifying=first.qualifying)


def levels_of(gift: Gift, where: Any, own_lines: bool, money: Money) -> list[dict[str, Any]]:
    """The levels that such a gift says. `own_lines`: they keep the lines they have. Raises Misread."""
    if not gift.parts:
        raise Misread("mechanic:no_rows")
    if gift.currency not in money.points:
        raise Misread("currency:choose")
    beside = {name: value for name, value in _beside(gift.raw or {}).items() if name not in _SAID}
    beside |= {"kind": "points.credit", "currency": gift.currency} | gifts.life(gift)
    if not own_lines:
        beside.pop("where", None)
        beside |= {"where": where} if where is not None else {}
    found: list[dict[str, Any]] = []
    for at, part in enumerate(gift.parts):
        if not part.start:
            raise Misread(f"{at}-start:choose")
        if part.start in [one.start for one in gift.parts[:at]]:
            raise Misread(f"{at}-start:twice")
        calc = {"type": "multiply", "x_bp": typed(part.value, 4, f"{at}-value", least=1)}
        when = {"f": _TIER, "op": "eq", "v": part.start}
        found.append({"when": when, "effects": [{**beside, "calc": calc}]})
    return found


def _level(rule: Any, money: Money) -> tuple[str | None, Gift | None]:
    """The tier and the multiplier of a level; nothing where it is another one."""
    if not isinstance(rule, Mapping) or set(rule) != {"when", "effects"}:
        return None, None
    when, effects = rule["when"], rule["effects"]
    if not isinstance(when, Mapping) or (when.get("f"), when.get("op"), len(when)) != (_TIER, "eq", 3):
        return None, None
    if not isinstance(when["v"], str) or not isinstance(effects, list) or len(effects) != 1:
        return None, None
    gift = gifts.gift_of(effects[0], money)
    fits = gift.mechanic == "multiply" and gift.raw is not None and set(gift.raw["calc"]) == {"type", "x_bp"}
    return (when["v"], gift) if fits else (None, None)


def _beside(raw: Mapping[str, Any]) -> dict[str, Any]:
    """An effect without its factor."""
    return {name: value for name, value in raw.items() if name != "calc"}


_SAID = frozenset({"kind", "currency", "account", "expire_days"})
