"""How figures and moments are written, in both languages and in the program's zone."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from flask import Flask
from flask_babel import force_locale

from coalition.kernel.web import formats

NOON = dt.datetime(2026, 11, 19, 22, 30, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("locale", "written"),
    [
        ("en_GB", ["24,900", "+186", "−2,100", "−€5.94", "+€6,796.69", "0.010000", "61.2K", "+6.2%", "32%", "5.5%"]),
        (
            "ru_RU",
            ["24 900", "+186", "−2 100", "−5,94 €", "+6 796,69 €", "0,010000", "61,2 тыс.", "+6,2 %", "32 %", "5,5 %"],
        ),
    ],
)
def test_figures_are_written_as_the_viewer_writes_them(app: Flask, locale: str, written: list[str]) -> None:
    with app.test_request_context(), force_locale(locale):
        said = [
            formats.points(24900),
            formats.signed(186),
            formats.signed(-2100),
            formats.money(-594),
            formats.signed_money(679669),
            formats.exact(Decimal("0.01"), 6),
            formats.compact(61200),
            formats.percent(620),
            formats.share(32),
            formats.rate(Decimal("5.50")),
        ]

    assert [text.replace("\u00a0", " ").replace("\u202f", " ") for text in said] == written


def test_decimals_of_an_unrounded_amount_are_never_lost(app: Flask) -> None:
    with app.test_request_context():
        assert formats.exact(Decimal("0.12345")) == "0.12345"


def test_an_instant_is_shown_in_the_programs_zone(app: Flask) -> None:
    with app.test_request_context():
        formats.use_zone("Europe/Riga")

        assert formats.when(NOON, "full") == "20 November 2026, 00:30"
        assert formats.machine(NOON) == "2026-11-19T22:30:00Z"


def test_the_program_has_its_own_word_order_in_russian(app: Flask) -> None:
    with app.test_request_context(), force_locale("ru_RU"):
        assert formats.when(dt.date(2026, 11, 23), "weekday") == "23 ноября, понедельник"
        assert formats.month_title(dt.date(2026, 10, 1)) == "Октябрь 2026"
