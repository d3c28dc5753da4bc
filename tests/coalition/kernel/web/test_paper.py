"""What is printed reads back whole: Cyrillic, both languages, headings and page numbers on every page, same bytes."""

from __future__ import annotations

import datetime as dt
from io import BytesIO

import time_machine
from flask import Flask
from pypdf import PdfReader

from coalition.kernel.web.language import spoken
from coalition.kernel.web.paper import Column, Paper

MADE = dt.datetime(2026, 11, 2, 4, 12, tzinfo=dt.UTC)
COLUMNS = [Column("Начисление", 3), Column("Сумма", 1, number=True)]


def _printed(rows: int = 3, title: str = "Отчёт ЁЖ-7") -> bytes:
    paper = Paper(title, made_at=MADE, author="Coral Club", note="ЁЖ-7")
    paper.head(title, "Октябрь 2026", mark="Coral Club")
    paper.facts([("Оператор", ["ООО «Коралл»", "LV"]), ("Компания", ["FreshMart SIA"])])
    paper.heading("Счёт", "v1")
    paper.table(COLUMNS, [[f"Строка {at}", "1 300,50"] for at in range(rows)], ["Итого", "9 999,99"])
    paper.signatures([("ООО «Коралл»", "Оператор")])
    return paper.pdf()


def _pages(pdf: bytes) -> list[str]:
    return [page.extract_text() for page in PdfReader(BytesIO(pdf)).pages]


def test_cyrillic_and_every_cell_can_be_read_back(app: Flask) -> None:
    text = _pages(_printed())[0]

    assert {"Отчёт ЁЖ-7", "Строка 2 1 300,50", "Итого 9 999,99"} <= set(text.splitlines())
    assert "ООО «Коралл»" in text


def test_every_page_repeats_the_headings_and_is_numbered_in_the_language_of_the_reader(app: Flask) -> None:
    with app.test_request_context(), spoken("ru"):
        russian = _pages(_printed(rows=90))
    with app.test_request_context(), spoken("en"):
        english = _pages(_printed(rows=90))

    assert len(russian) == len(english) == 3
    assert all("Начисление Сумма" in page for page in russian[:2])
    assert [page.splitlines()[-1] for page in english] == [f"ЁЖ-7 Page {at} of 3" for at in (1, 2, 3)]
    assert [page.splitlines()[-1] for page in russian] == [f"ЁЖ-7 Страница {at} из 3" for at in (1, 2, 3)]


def test_numbers_stand_to_the_right(app: Flask) -> None:
    reader = PdfReader(BytesIO(_printed()))
    found: dict[str, float] = {}

    def visit(text: str, _cm: object, place: list[float], _font: object, _size: object) -> None:
        found.setdefault(text.strip(), float(place[4]))

    reader.pages[0].extract_text(visitor_text=visit)

    assert found["Строка 1"] < 60 < 400 < found["1 300,50"]


def test_the_same_paper_is_the_same_bytes(app: Flask) -> None:
    first = _printed()
    with time_machine.travel(MADE + dt.timedelta(days=400)):
        second = _printed()

    assert first == second
    assert _printed(title="Другой") != first


def test_a_file_says_what_it_is(app: Flask) -> None:
    with app.test_request_context(), spoken("ru"):
        reader = PdfReader(BytesIO(_printed()))

    about = reader.xmp_metadata
    assert about is not None and about.dc_title is not None
    assert about.dc_title["x-default"] == "Отчёт ЁЖ-7"
    assert about.xmp_create_date is not None and about.xmp_create_date.replace(tzinfo=dt.UTC) == MADE
    assert reader.root_object["/Lang"] == "ru"
