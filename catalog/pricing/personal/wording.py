"""Why a price is what it is, in words: one template a sentence, in English and Russian. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from coalition.promotions import number

_SENTENCES = {
    ("base", "en"): "The price for everybody is {points}.",
    ("base", "ru"): "Цена для всех: {points}.",
    ("applied_percent", "en"): "“{name}” takes {value}% off.",
    ("applied_percent", "ru"): "«{name}»: скидка {value}%.",
    ("applied_multiplier", "en"): "“{name}” asks {value}% of the price.",
    ("applied_multiplier", "ru"): "«{name}»: {value}% от цены.",
    ("applied_fixed", "en"): "“{name}” sets the price to {value}.",
    ("applied_fixed", "ru"): "«{name}»: цена {value}.",
    ("floor", "en"): " It goes no lower than {points}.",
    ("floor", "ru"): " Но не ниже {points}.",
    ("together", "en"): "They count together, rounded up once at the end.",
    ("together", "ru"): "Предложения действуют вместе, цена округляется вверх один раз.",
    ("result", "en"): "So the price is {points}.",
    ("result", "ru"): "Итоговая цена: {points}.",
    ("beaten", "en"): "“{name}” would make it {points}: another offer is better.",
    ("beaten", "ru"): "«{name}»: было бы {points}, другое предложение выгоднее.",
    ("no_lower", "en"): "“{name}” makes it no lower.",
    ("no_lower", "ru"): "«{name}»: цену не снижает.",
    ("segment", "en"): "“{name}” would make it {points}: it is for {group}.",
    ("segment", "ru"): "«{name}»: было бы {points}, только для «{group}».",
    ("not_begun", "en"): "“{name}” begins on {at}.",
    ("not_begun", "ru"): "«{name}» начнётся {at}.",
    ("ended", "en"): "“{name}” ended on {at}.",
    ("ended", "ru"): "«{name}» закончилось {at}.",
    ("budget", "en"): "“{name}” is used up.",
    ("budget", "ru"): "«{name}»: предложение исчерпано.",
    ("grant_ended", "en"): "“{name}” was yours until {at}.",
    ("grant_ended", "ru"): "«{name}» действовало для вас до {at}.",
    ("grant_used", "en"): "“{name}” was good for {uses} pieces, and all are used.",
    ("grant_used", "ru"): "«{name}»: использовано для всех штук ({uses}).",
}


@dataclass(frozen=True, slots=True)
class Words:
    """How a program writes: the decimals of its points, and its tiers and plans by segment in both languages."""

    decimals: int
    groups: Mapping[str, tuple[str, str]]

    def number(self, points: int, language: str) -> str:
        """Points as the language writes them."""
        return number(points, self.decimals, language)

    def group(self, segment: str | None, language: str) -> str:
        """A segment's name, or its code if the program does not know it any more."""
        code = segment or ""
        return self.groups.get(code, (code, code))[language == "ru"]


def say(key: str, language: str, **values: object) -> str:
    """The sentence `key` with its values; `language` is en or ru."""
    return _SENTENCES[key, language].format(**values)


def percent(basis_points: int, language: str) -> str:
    """Ten-thousandths as a percentage without needless zeros: 1250 is 12.5, or 12,5 in Russian."""
    return number(basis_points, 2, language).rstrip("0").rstrip(".,")
