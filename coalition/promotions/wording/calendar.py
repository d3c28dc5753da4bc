"""Names that every program shares: days, months, channels, languages, and what may happen (events)."""

from __future__ import annotations

from collections.abc import Mapping

Pair = tuple[str, str]

WEEKDAYS: Mapping[str, Pair] = {
    "1": ("Monday", "понедельник"),
    "2": ("Tuesday", "вторник"),
    "3": ("Wednesday", "среда"),
    "4": ("Thursday", "четверг"),
    "5": ("Friday", "пятница"),
    "6": ("Saturday", "суббота"),
    "7": ("Sunday", "воскресенье"),
}
# on Saturdays, по субботам
ON_WEEKDAYS: Mapping[str, Pair] = {
    "1": ("Mondays", "понедельникам"),
    "2": ("Tuesdays", "вторникам"),
    "3": ("Wednesdays", "средам"),
    "4": ("Thursdays", "четвергам"),
    "5": ("Fridays", "пятницам"),
    "6": ("Saturdays", "субботам"),
    "7": ("Sundays", "воскресеньям"),
}
_MONTHS = (
    ("January", "январь", "января"),
    ("February", "февраль", "февраля"),
    ("March", "март", "марта"),
    ("April", "апрель", "апреля"),
    ("May", "май", "мая"),
    ("June", "июнь", "июня"),
    ("July", "июль", "июля"),
    ("August", "август", "августа"),
    ("September", "сентябрь", "сентября"),
    ("October", "октябрь", "октября"),
    ("November", "ноябрь", "ноября"),
    ("December", "декабрь", "декабря"),
)
MONTHS: Mapping[str, Pair] = {str(at): (en, ru) for at, (en, ru, _) in enumerate(_MONTHS, 1)}
CHANNELS: Mapping[str, Pair] = {
    "pos": ("at the till", "на кассе"),
    "online": ("online", "онлайн"),
    "app": ("in the app", "в приложении"),
    "phone": ("by phone", "по телефону"),
}
LANGUAGES: Mapping[str, Pair] = {"en": ("English", "английский"), "ru": ("Russian", "русский")}
# What an event is called in a list.
EVENTS: Mapping[str, Pair] = {
    "receipt.closed": ("Purchase", "Покупка"),
    "receipt.returned": ("Return", "Возврат"),
    "receipt.cancelled": ("Voided receipt", "Отмена чека"),
    "bank.transaction": ("Payment by bank card", "Оплата банковской картой"),
    "member.enrolled": ("Joining the program", "Вступление в программу"),
    "member.profile_updated": ("Profile filled in", "Заполнение профиля"),
    "member.consent": ("Consent given", "Согласие участника"),
    "calendar.birthday": ("Birthday", "День рождения"),
    "calendar.anniversary": ("Anniversary of joining", "Годовщина вступления"),
    "calendar.tick": ("Once a day", "Раз в день"),
    "account.expiring": ("Points about to expire", "Скорое сгорание баллов"),
    "achievement.completed": ("Achievement completed", "Выполненное достижение"),
    "tier.changed": ("Tier changed", "Смена уровня"),
    "coupon.redeemed": ("Coupon used", "Использованный купон"),
    "order.placed": ("Order from the catalog", "Заказ из каталога"),
    "order.delivered": ("Order delivered", "Доставленный заказ"),
    "order.returned": ("Order returned", "Возврат заказа"),
    "survey.completed": ("Survey completed", "Пройденный опрос"),
    "referral.completed": ("A friend brought", "Приведённый друг"),
    "site.action": ("Action on the site", "Действие на сайте"),
    "social.action": ("Action in social media", "Действие в соцсетях"),
}
BUILT_IN: Mapping[str, Mapping[str, Pair]] = {
    "weekdays": WEEKDAYS,
    "months": MONTHS,
    "channels": CHANNELS,
    "languages": LANGUAGES,
    "events": EVENTS,
}


def months_of(language: str) -> tuple[str, ...]:
    """The months as they stand behind a day: 3 May, 3 мая."""
    return tuple(month[2] if language == "ru" else month[0] for month in _MONTHS)
