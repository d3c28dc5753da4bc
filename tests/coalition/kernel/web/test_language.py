"""Every string of every template exists in Russian, with the right plural, and the viewer's choice is honoured."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from flask import Flask
from flask_babel import ngettext

from coalition.kernel.config import ROOT
from coalition.kernel.web.language import LOCALES, choose_locale

FLOORS = ("coalition", "catalog", "settlement")
PO = ROOT / "coalition" / "translations" / "ru" / "LC_MESSAGES" / "messages.po"
PLACE = re.compile(r"%\(\w+\)s")
SOURCES = [("**/templates/**.html", "jinja2"), ("**.py", "python")]


def used() -> Iterator[tuple[str, str | tuple[str, ...]]]:
    for floor in FLOORS:
        found = extract_from_dir(ROOT / floor, SOURCES, keywords={"_": None, "ngettext": (1, 2), "gettext": None})
        for filename, _, message, _, _ in found:
            yield f"{floor}/{filename}", message


def russian() -> dict[str, Message]:
    with PO.open("rb") as text:
        catalog = read_po(text)
    return {message.id if isinstance(message.id, str) else message.id[0]: message for message in catalog if message.id}


def test_every_string_of_the_templates_and_doors_is_in_the_russian_catalog() -> None:
    known = russian()

    missing = {
        (where, message)
        for where, message in used()
        if (message if isinstance(message, str) else message[0]) not in known
    }
    assert not missing


def test_no_russian_string_is_empty_fuzzy_or_short_of_a_plural_form() -> None:
    poor = [
        message.id
        for message in russian().values()
        if message.fuzzy
        or (not all(message.string) or len(message.string) != 3 if message.pluralizable else not message.string)
    ]
    assert not poor


def test_a_translation_names_the_same_places_as_its_source() -> None:
    unlike = []
    for message in russian().values():
        sources = message.id if message.pluralizable else (message.id,)
        strings = message.string if message.pluralizable else (message.string,)
        places = {place for source in sources for place in PLACE.findall(source)}
        unlike += [message.id for string in strings if set(PLACE.findall(string)) != places]
    assert not unlike


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (1, "1 балл"),
        (2, "2 балла"),
        (5, "5 баллов"),
        (11, "11 баллов"),
        (21, "21 балл"),
        (22, "22 балла"),
        (112, "112 баллов"),
    ],
)
def test_russian_counts_in_three_forms(app: Flask, count: int, words: str) -> None:
    with app.test_request_context(headers={"Cookie": "language=ru"}):
        assert ngettext("%(amount)s point", "%(amount)s points", count, amount=count) == words


@pytest.mark.parametrize(
    ("headers", "language"),
    [
        ({}, "en"),
        ({"Accept-Language": "ru-RU,ru;q=0.9,en;q=0.5"}, "ru"),
        ({"Accept-Language": "de"}, "en"),
        ({"Accept-Language": "ru", "Cookie": "language=en"}, "en"),
        ({"Cookie": "language=<script>"}, "en"),
    ],
)
def test_the_cookie_wins_over_the_browser_and_nonsense_over_neither(app: Flask, headers: dict, language: str) -> None:
    with app.test_request_context(headers=headers):
        assert choose_locale() == LOCALES[language]


def test_no_compiled_catalog_lies_beside_the_source() -> None:
    assert not list(Path(PO).parent.glob("*.mo"))
