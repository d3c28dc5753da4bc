"""Why an award was made, in words: a sentence from a stored key and its numbers, in English or Russian."""

from __future__ import annotations

from collections.abc import Mapping

from coalition.kernel.money import format_minor

_EVENTS = {
    "review": ("a review", "отзыв"),
    "visit": ("a visit", "посещение"),
    "referral": ("bringing a friend", "приведённого друга"),
    "referral.completed": ("the first purchase of a friend", "первую покупку друга"),
    "survey": ("a survey", "опрос"),
    "course": ("a course", "обучение"),
    "member.enrolled": ("joining the program", "вступление в программу"),
    "calendar.birthday": ("your birthday", "день рождения"),
    "calendar.anniversary": ("an anniversary with us", "годовщину вступления"),
}
_SENTENCES = {
    ("base.per_amount", "en"): "{units} {name} for {base} {money} of purchases ({points} per {each} {money}).",
    ("base.per_amount", "ru"): "{name}: {units} за покупки на {base} {money} ({points} за каждые {each} {money}).",
    ("base.per_amount_tier", "en"): (
        "{units} {name} for {base} {money} of purchases ({points} per {each} {money}, times {factor} for your tier)."
    ),
    ("base.per_amount_tier", "ru"): (
        "{name}: {units} за покупки на {base} {money} ({points} за каждые {each} {money}, умножено на {factor} за ваш"
        " уровень)."
    ),
    ("promotion.points", "en"): "{units} {name} by the promotion “{about}”.",
    ("promotion.points", "ru"): "{name}: {units} по акции «{about}».",
    ("promotion.cashback", "en"): "{units} {name} back by the promotion “{about}”.",
    ("promotion.cashback", "ru"): "{name}: {units} кешбэка по акции «{about}».",
    ("event.fixed", "en"): "{units} {name} for {about}.",
    ("event.fixed", "ru"): "{name}: {units} за {about}.",
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

    `about` is the type of an event, or the name of a promotion.
    """
    return _SENTENCES[key, language].format(
        units=number(params["units"], points_decimals, language),
        points=number(params.get("points", 0), points_decimals, language),
        base=number(params.get("base_minor", 0), money_decimals, language),
        each=number(params.get("each_minor", 0), money_decimals, language),
        about=_EVENTS.get(about, (about, about))[language == "ru"],
        factor=_factor(params.get("factor_bp", 10_000), language),
        name=called(name, language),
        money=money,
    )


def number(units: int, decimals: int, language: str) -> str:
    """Minor units as the language writes them: 1.50, or 1,50 in Russian."""
    text = format_minor(units, decimals)
    return text.replace(".", ",") if language == "ru" else text


def called(name: str, language: str) -> str:
    """A currency's name where its sentences have it: they begin with it in Russian, so that it need not be declined."""
    return name[:1].upper() + name[1:] if language == "ru" else name


def _factor(basis_points: int, language: str) -> str:
    """15,000 basis points as 1.5, or 1,5 in Russian."""
    whole, rest = divmod(basis_points, 10_000)
    decimals = f"{rest:04}".rstrip("0")
    return f"{whole}{',' if language == 'ru' else '.'}{decimals}" if decimals else str(whole)
