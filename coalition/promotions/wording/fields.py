"""The registry of fields: what a condition may ask, what it is called in English and Russian, and what it may be.

The same entries drive the builder, the sentence and the checker's types. `unit` says how a number is written (money in
minor units, quantities in thousandths); `source` names the list of values that a program offers; a field of `member`,
`event`, `receipt`, `payload`, `partner` or `store` is asked of the event, one without a dot of a receipt's line.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

WHEN, LINE, MEMBER = "when", "line", "member"
SECTIONS = (WHEN, LINE, MEMBER)


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its name in conditions, its type for the checker (`int`, `str`, `bool`, `set`), where the builder
    has it, its label, how its numbers are written and which list its values come from."""

    name: str
    type: str
    section: str
    en: str
    ru: str
    unit: str = ""
    source: str = ""

    def label(self, language: str) -> str:
        """What it is called, in the middle of a sentence."""
        return self.ru if language == "ru" else self.en


FIELDS: tuple[Field, ...] = (
    Field("event.weekday", "int", WHEN, "day of the week", "день недели", source="weekdays"),
    Field("event.minutes", "int", WHEN, "time of the day", "время дня", unit="clock"),
    Field("event.hour", "int", WHEN, "hour of the day", "час дня"),
    Field("event.date", "int", WHEN, "date", "дата", unit="date"),
    Field("event.month", "int", WHEN, "month", "месяц", source="months"),
    Field("event.day", "int", WHEN, "day of the month", "день месяца"),
    Field("event.year", "int", WHEN, "year", "год", unit="plain"),
    Field("event.channel", "str", WHEN, "channel", "канал", source="channels"),
    Field("partner.id", "str", WHEN, "partner", "партнёр", source="partners"),
    Field("partner.kind", "str", WHEN, "kind of partner", "вид партнёра"),
    Field("store.id", "str", WHEN, "outlet", "торговая точка", source="outlets"),
    Field("store.city", "str", WHEN, "city", "город"),
    Field("receipt.total", "int", WHEN, "receipt total", "сумма чека", unit="money"),
    Field("receipt.eligible_total", "int", WHEN, "total that counts", "сумма, которая учитывается", unit="money"),
    Field("receipt.current_total", "int", WHEN, "total after discounts", "сумма после скидок", unit="money"),
    Field("receipt.lines", "int", WHEN, "number of lines", "число строк чека"),
    Field("receipt.qty_m", "int", WHEN, "quantity on the receipt", "количество в чеке", unit="quantity"),
    Field("receipt.points_paid", "int", WHEN, "amount paid with points", "сумма, оплаченная баллами", unit="money"),
    Field("receipt.currency", "str", WHEN, "currency of the receipt", "валюта чека"),
    Field("receipt.coupons", "set", WHEN, "coupons", "купоны"),
    Field("payload.amount", "int", WHEN, "amount of the payment", "сумма платежа", unit="money"),
    Field("payload.mcc", "str", WHEN, "merchant category (MCC)", "категория торговца (MCC)"),
    Field("category", "str", LINE, "category", "категория", source="categories"),
    Field("category_path", "str", LINE, "category path", "путь категории"),
    Field("groups", "set", LINE, "product groups", "группы товаров", source="groups"),
    Field("brand", "str", LINE, "brand", "бренд", source="brands"),
    Field("sku", "str", LINE, "product (SKU)", "товар (артикул)"),
    Field("name", "str", LINE, "name on the receipt", "название в чеке"),
    Field("amount", "int", LINE, "line amount", "сумма строки", unit="money"),
    Field("price", "int", LINE, "price", "цена", unit="money"),
    Field("qty_m", "int", LINE, "quantity", "количество", unit="quantity"),
    Field("vat_bp", "int", LINE, "VAT rate", "ставка НДС", unit="percent"),
    Field("member.tier", "str", MEMBER, "tier", "уровень", source="tiers"),
    Field("member.segments", "set", MEMBER, "segments", "сегменты", source="segments"),
    Field("member.household", "str", MEMBER, "family", "семья"),
    Field("member.purchases", "int", MEMBER, "number of earlier purchases", "число прежних покупок"),
    Field("member.days_to_birthday", "int", MEMBER, "number of days until the birthday", "дней до дня рождения"),
    Field("member.days_since_birthday", "int", MEMBER, "number of days since the birthday", "дней после дня рождения"),
    Field("member.enrolled_days", "int", MEMBER, "number of days since joining", "дней с регистрации"),
    Field("member.locale", "str", MEMBER, "language", "язык", source="languages"),
)
_EVENT: Mapping[str, Field] = {one.name: one for one in FIELDS if one.section != LINE}
_LINE: Mapping[str, Field] = {one.name: one for one in FIELDS if one.section == LINE}


def found(name: str, *, line: bool) -> Field | None:
    """The field of this name of an event, or of a line; None for one that the registry does not know."""
    return (_LINE if line else _EVENT).get(name)


def of_section(section: str) -> tuple[Field, ...]:
    """The fields that a section of the builder offers."""
    return tuple(one for one in FIELDS if one.section == section)


def types(*, line: bool) -> dict[str, str]:
    """Names and types as the checker wants them."""
    return {one.name: one.type for one in (_LINE if line else _EVENT).values()}


# How comparisons are called where they are chosen, and which a type offers there, the likeliest first.
OPERATORS: Mapping[str, tuple[str, str]] = {
    "eq": ("is", "равно"),
    "ne": ("is not", "не равно"),
    "in": ("is any of", "любое из"),
    "nin": ("is none of", "ни одно из"),
    "gte": ("is at least", "не меньше"),
    "gt": ("is more than", "больше"),
    "lte": ("is at most", "не больше"),
    "lt": ("is less than", "меньше"),
    "between": ("is between", "в пределах"),
    "starts": ("begins with", "начинается с"),
    "has": ("has", "есть"),
    "has_any": ("has any of", "есть любое из"),
    "has_all": ("has all of", "есть все из"),
    "has_none": ("has none of", "нет ни одного из"),
}
_OFFERED: Mapping[str, tuple[str, ...]] = {
    "int": ("gte", "gt", "lte", "lt", "eq", "ne", "between", "in", "nin"),
    "str": ("in", "nin", "eq", "ne", "starts"),
    "set": ("has_any", "has_all", "has_none", "has"),
    "bool": ("eq",),
}


def offered(field: Field) -> tuple[str, ...]:
    """The comparisons that the builder offers for a field, the likeliest first."""
    if field.type == "int" and field.source:
        return ("in", "nin", "eq", "ne")
    return _OFFERED[field.type]


def called(op: str, language: str) -> str:
    """What a comparison is called where it is chosen."""
    en, ru = OPERATORS[op]
    return ru if language == "ru" else en
