"""Why an award was made, in words: a sentence from a stored key and its numbers, in English or Russian."""

from __future__ import annotations

from collections.abc import Mapping

from coalition.kernel.money import format_minor

_EVENTS = {
    "review": ("a review", "отзыв"),
    "visit": ("a visit", "посещение"),
    "referral": ("bringing a friend", "приведённого друга"),
    "survey": ("a survey", "опрос"),
    "course": ("a course", "обучение"),
}
_SENTENCES = {
    ("base.per_amount", "en"): "{units} {name} for {base} {money} of purchases ({points} per {each} {money}).",
    ("base.per_amount", "ru"): "{units} {name} за покупки на {base} {money} ({points} за каждые {each} {money}).",
    ("base.per_amount_tier", "en"): (
        "{units} {name} for {base} {money} of purchases ({points} per {each} {money}, times {factor} for your tier)."
    ),
    ("base.per_amount_tier", "ru"): (
        "{units} {name} за покупки на {base} {money} ({points} за каждые {each} {money}, умножено на {factor} за ваш"
        " уровень)."
    ),
    ("event.fixed", "en"): "{units} {name} for {about}.",
    ("event.fixed", "ru"): "{units} {name} за {about}.",
}


def sentence(
    key: str,
    params: Mapping[str, int],
    *,
    name: str,
    points_decimals: int,
    money: str,
    money_decimals: int,
    language: str = "en",
    about: str = "",
) -> str:
    """The reason `key` with its numbers, as one sentence; `name` is the points currency's name in that language.

    `about` is the type of an event.
    """
    return _SENTENCES[key, language].format(
        units=format_minor(params["units"], points_decimals),
        points=format_minor(params.get("points", 0), points_decimals),
        base=format_minor(params.get("base_minor", 0), money_decimals),
        each=format_minor(params.get("each_minor", 0), money_decimals),
        about=_EVENTS.get(about, (about, about))[language == "ru"],
        factor=_factor(params.get("factor_bp", 10_000), language),
        name=name,
        money=money,
    )


def _factor(basis_points: int, language: str) -> str:
    """15,000 basis points as 1.5, or 1,5 in Russian."""
    whole, rest = divmod(basis_points, 10_000)
    decimals = f"{rest:04}".rstrip("0")
    return f"{whole}{',' if language == 'ru' else '.'}{decimals}" if decimals else str(whole)
