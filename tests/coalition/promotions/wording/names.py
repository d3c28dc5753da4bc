"""A program's names for the tests of words."""

from coalition.promotions.wording import Names, Voice

NAMES = Names(
    money="EUR",
    money_decimals=2,
    zone="Europe/Moscow",
    currencies={"BON": ("bonuses", "бонусы", 0), "CASH": ("cashback", "кешбэк", 2)},
    values={
        "partners": {"freshmart": ("FreshMart", "FreshMart"), "homeline": ("HomeLine", "HomeLine")},
        "categories": {"coffee": ("coffee", "кофе"), "tea": ("tea", "чай")},
        "tiers": {"gold": ("Gold", "Золотой")},
        "segments": {"lapsing": ("Lapsing, 60–90 days", "Уходящие, 60–90 дней")},
    },
)
EN, RU = Voice(NAMES, "en"), Voice(NAMES, "ru")
