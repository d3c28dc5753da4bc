"""Static warnings: what a document says that is probably not meant. None stands in the way of publishing. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from coalition.kernel.errors import Invalid
from coalition.promotions import engine
from coalition.promotions.engine.facts import instant
from coalition.promotions.engine.terms import DISCOUNT, MONEY
from coalition.promotions.publishing.contradicting import contradiction
from coalition.promotions.publishing.documents import Document
from coalition.promotions.publishing.types import Warned

_BP = 10_000


def warnings(document: Document, others: Iterable[Document]) -> list[Warned]:
    """What may be wrong with a document that is ready to be evaluated, beside `others` that are published.

    None for a document that the engine cannot take: that has problems instead.
    """
    try:
        promotion = engine.promotion(document)
    except Invalid:
        return []
    return [
        *_dates(promotion),
        *_conditions(promotion),
        *_liability(promotion),
        *_funding(promotion, document),
        *_amounts(promotion),
        *_lives(promotion),
        *_limits(promotion),
        *_overlaps(promotion, others),
    ]


def _dates(promotion: engine.Promotion) -> Iterator[Warned]:
    begins, ends = promotion.begins, promotion.ends
    if begins and ends and begins >= ends:
        yield Warned(
            "never_in_force", "/to", "It ends before it begins, its campaign's dates considered.",
            "Акция кончается раньше, чем начинается (с учётом дат кампании).",
        )  # fmt: skip
    elif ends is None:
        yield Warned("no_end", "/to", "It has no end.", "У акции нет даты окончания.")


def _conditions(promotion: engine.Promotion) -> Iterator[Warned]:
    for at, rule in enumerate(promotion.rules):
        found = contradiction(rule.node) if rule.node is not None else None
        if found is not None:
            pointer = "/when" if len(promotion.rules) == 1 else f"/rules/{at}/when"
            yield Warned("never_true", pointer + found, "This can never be true.", "Это условие никогда не выполнится.")
    if promotion.segments_any and promotion.segments_any <= promotion.segments_none:
        yield Warned(
            "never_true", "/audience", "Every segment that is meant is also left out.",
            "Каждый выбранный сегмент одновременно исключён.",
        )  # fmt: skip


def _liability(promotion: engine.Promotion) -> Iterator[Warned]:
    gives = any(effect.kind in MONEY or effect.kind == DISCOUNT for effect in promotion.effects)
    if gives and not any(limit.metric in ("uses", "units", "money") for limit in promotion.limits):
        yield Warned(
            "unbounded", "/limits", "Nothing limits what it may give: no limit, no budget.",
            "Размер выплат ничем не ограничен: нет ни лимита, ни бюджета.",
        )  # fmt: skip


def _funding(promotion: engine.Promotion, document: Document) -> Iterator[Warned]:
    """A discount somebody is to pay for: its legs are kept, and no statement asks for it."""
    if promotion.discounts and document.get("sponsor") is not None:
        yield Warned(
            "discount_not_settled", "/sponsor", "Discounts are not settled: who sells bears them, whoever is named.",
            "Скидки не входят во взаиморасчёты: их несёт продавец, кто бы здесь ни был указан.",
        )  # fmt: skip


def _amounts(promotion: engine.Promotion) -> Iterator[Warned]:
    for effect in promotion.effects:
        calc: Mapping[str, Any] = effect.calc or {}
        if calc.get("type") == "percent" and calc["bp"] >= _BP:
            yield Warned(
                "above_spend", f"/effects/{effect.index}/calc/bp", "It gives as much as is spent, or more.",
                "Награда не меньше самой покупки.",
            )  # fmt: skip
        if effect.multiplies and calc["x_bp"] <= _BP:
            yield Warned(
                "multiplies_by_one", f"/effects/{effect.index}/calc/x_bp", "Times one or less adds nothing.",
                "Множитель не больше единицы ничего не добавляет.",
            )  # fmt: skip


def _lives(promotion: engine.Promotion) -> Iterator[Warned]:
    """Points that would be born after their end: a fixed end that lies before the promotion's own."""
    for effect in promotion.effects:
        end = effect.raw.get("expire_at")
        if end is None or effect.kind not in MONEY:
            continue
        pointer = f"/effects/{effect.index}/expire_at"
        if promotion.begins and instant(end) <= promotion.begins:
            yield Warned(
                "born_expired", pointer, "The points end before the promotion begins: nobody could spend them.",
                "Баллы сгорают раньше, чем начинается акция: потратить их нельзя.",
            )  # fmt: skip
        elif promotion.ends is None or instant(end) < promotion.ends:
            yield Warned(
                "expires_within", pointer, "The points end before the promotion does: later ones are gone at once.",
                "Баллы сгорают раньше, чем кончается акция: начисленные позже сгорят сразу.",
            )  # fmt: skip


def _limits(promotion: engine.Promotion) -> Iterator[Warned]:
    kinds = {effect.kind for effect in promotion.effects}
    counted = {
        "units": bool(kinds & MONEY),
        "money": bool(kinds & (MONEY | {DISCOUNT})),
        "coupons": "coupon.issue" in kinds,
        "prizes": "chance" in kinds,
    }
    for at, limit in enumerate(promotion.limits):
        if limit.per != "campaign" and not counted.get(limit.metric, True):
            yield Warned(
                "limit_of_nothing", f"/limits/{at}/metric", "It gives nothing that this limit counts.",
                "Акция не даёт ничего, что считает этот лимит.",
            )  # fmt: skip
        if limit.value == 0:
            yield Warned("limit_of_zero", f"/limits/{at}/value", "Nothing is left of it.", "Лимит равен нулю.")


def _overlaps(promotion: engine.Promotion, others: Iterable[Document]) -> Iterator[Warned]:
    for other in others:
        if promotion.group is None or other.get("group") != promotion.group or other.get("id") == promotion.id:
            continue
        rival = engine.promotion(other)
        apart = (promotion.ends and rival.begins and promotion.ends <= rival.begins) or (
            rival.ends and promotion.begins and rival.ends <= promotion.begins
        )
        if not apart and promotion.events & rival.events:
            yield Warned(
                "overlap", "/group", f"It competes with {rival.id} in the group {promotion.group}.",
                f"В группе {promotion.group} соперничает с акцией {rival.id}.",
            )  # fmt: skip
