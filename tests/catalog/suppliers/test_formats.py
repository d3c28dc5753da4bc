"""Every format into the one canonical row, packed or not, and what is refused with a code."""

from __future__ import annotations

import bz2
import datetime as dt
import gzip
import io
import json
import zipfile
from typing import Any

import pytest

from catalog.suppliers import FeedRefused, RawOffer, open_feed, read_mapping
from coalition.kernel.errors import Invalid
from tests.books import a_book, with_rows
from tests.catalog.builders import a_file, an_offer

_MAPPING = read_mapping(
    {
        "columns": {
            "sku": "Артикул",
            "title": ["Тип", "Название"],
            "price": "Цена",
            "quantity": "Остаток",
            "available": "Наличие",
            "category": ["Раздел", "Группа"],
        },
        "attributes": {"Color": "Цвет"},
        "fixed": {"currency": "EUR"},
        "decimal": ",",
    }
)
_TABLE = (
    "Артикул;Тип;Название;Цена;Остаток;Наличие;Раздел;Группа;Цвет\r\n"
    'A1;Чайник;"Заря ""Люкс""";1 234,50;7;да;Дом;Кухня;красный\r\n'
    "A2;Лампа;Луч;10;0;нет;Дом;;\r\n"
)


def _read(form: str, content: bytes, mapping: Any = None) -> list[RawOffer]:
    return list(open_feed(form, io.BytesIO(content), mapping))


def _refusal(form: str, content: bytes, mapping: Any = None) -> str:
    with pytest.raises(FeedRefused) as refused:
        _read(form, content, mapping)
    return refused.value.code


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "windows-1251"])
@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_a_table_is_read_by_its_mapping_whatever_its_encoding_and_delimiter(encoding: str, delimiter: str) -> None:
    first, second = _read("csv", _TABLE.replace(";", delimiter).encode(encoding), _MAPPING)

    assert (first.sku, first.title, first.price) == ("A1", 'Чайник Заря "Люкс"', "1234.50")
    assert (first.currency, first.quantity, first.available) == ("EUR", "7", True)
    assert (first.category, second.category) == ("Дом/Кухня", "Дом")
    assert json.loads(first.attributes or "") == {"Color": "красный"}
    assert (second.available, second.attributes) == (False, None)


def test_a_workbook_gives_the_same_rows_as_the_table() -> None:
    rows = [line.split(";") for line in _TABLE.replace('"Заря ""Люкс"""', 'Заря "Люкс"').splitlines()]

    assert _read("xlsx", a_book(*rows), _MAPPING) == _read("csv", _TABLE.encode(), _MAPPING)


def test_numbers_and_dates_of_a_workbook_are_texts_as_a_table_has_them() -> None:
    content = a_book(["sku", "title", "price", "gtin"], [17, dt.date(2026, 11, 20), 12.5, 4006381333931])

    (read,) = _read("xlsx", content)

    assert (read.sku, read.price, read.gtin) == ("17", "12.5", "4006381333931")


def test_a_formula_is_neither_worked_out_nor_taken_for_a_value() -> None:
    content = a_book(["sku", "title", "price"], ["A1", '=HYPERLINK("http://evil.example","x")', "=1+1"])

    (read,) = _read("xlsx", content)

    assert (read.sku, read.title, read.price) == ("A1", None, None)


def test_a_workbook_leaves_out_the_empty_cells_at_the_end_of_a_row_and_its_errors_are_empty() -> None:
    text = "<c t='inlineStr'><is><t>%s</t></is></c>"
    header = "".join(text % title for title in ("sku", "title", "price", "quantity"))
    rows = f"<row>{header}</row><row>{text % 'A1'}{text % 'x'}<c><v>5</v></c></row>"
    content = with_rows(a_book(), f"{rows}<row>{text % 'A2'}<c t='e'><v>#N/A</v></c><c><v>5</v></c></row>")

    assert [(row.sku, row.title, row.price, row.codes) for row in _read("xlsx", content)] == [
        ("A1", "x", "5", "{}"),
        ("A2", None, "5", "{}"),
    ]


def test_a_table_without_a_mapping_has_our_own_field_names() -> None:
    content = b"\xef\xbb\xbfsku,title,price,currency,weight,unknown\nA1,Kettle,12.50,EUR,0.5,x\n"

    (read,) = _read("csv", content)

    assert (read.sku, read.price, read.currency, read.weight) == ("A1", "12.50", "EUR", "0.5")


@pytest.mark.parametrize(("mark", "text"), [(",", "12,5"), (".", "12.5")])
def test_the_numbers_of_a_workbook_are_right_whichever_mark_its_texts_have(mark: str, text: str) -> None:
    mapping = read_mapping({"columns": {"sku": "sku", "title": "title", "price": "price"}, "decimal": mark})
    content = a_book(["sku", "title", "price"], ["A1", "x", 12.5], ["A2", "x", text])

    assert [offer.price for offer in _read("xlsx", content, mapping)] == ["12.5", "12.5"]


def test_a_workbook_without_a_header_is_as_wide_as_its_mapping_says() -> None:
    mapping = read_mapping({"header": False, "columns": {"sku": 1, "title": 2, "price": 3, "category": 4}})

    read = _read("xlsx", a_book(["A1", "x", 5], ["A2", "x", 6, "Tea"]), mapping)

    assert [(one.sku, one.category) for one in read] == [("A1", None), ("A2", "Tea")]


def test_a_table_without_a_header_is_read_by_places() -> None:
    mapping = read_mapping({"header": False, "columns": {"sku": 1, "title": 3, "price": 2}})

    assert [offer.title for offer in _read("csv", b"A1,5,Kettle\nA2,6,Lamp\n", mapping)] == ["Kettle", "Lamp"]


@pytest.mark.parametrize(
    ("mark", "text", "price"),
    [
        (".", "1234.50", "1234.50"),
        (".", "1 234.50", "1234.50"),
        (".", "1,234", "1#234"),
        (",", "1234,50", "1234.50"),
        (",", "1.234", "1#234"),
        ("auto", "12,5", "12,5"),
        ("auto", "1,234", "1,234"),
    ],
)
def test_a_mark_that_is_not_the_tables_own_makes_no_number(mark: str, text: str, price: str) -> None:
    mapping = read_mapping({"columns": {"sku": "id", "title": "id", "price": "price"}, "decimal": mark})

    (read,) = _read("csv", f"id;price\nA1;{text}\n".encode(), mapping)

    assert read.price == price


def test_a_row_that_lacks_cells_is_one_bad_row() -> None:
    rows = _read("csv", b"sku;title;price\nA1\nA2;Lamp;5\n")

    assert [(row.sku, row.codes) for row in rows] == [(None, "{E09}"), ("A2", "{}")]


@pytest.mark.parametrize(
    "definition",
    [
        {},
        {"columns": {}},
        {"columns": {"sku": "a", "title": "b"}},
        {"columns": {"sku": "a", "title": "b", "price": "c", "points": "d"}},
        {"columns": {"sku": 1, "title": "b", "price": "c"}},
        {"columns": {"sku": "a", "title": "b", "price": "c"}, "header": 1},
        {"columns": {"sku": "a", "title": "b", "price": "c"}, "encoding": "koi8-r"},
        {"columns": {"sku": "a", "title": "b", "price": "c"}, "delimiter": "x"},
        {"columns": {"sku": "a", "title": "b", "price": "c"}, "fixed": {"sku": 5}},
        {"columns": {"sku": "a", "title": "b", "price": "c"}, "attributes": ["Color"]},
        {"columns": {"sku": "a", "title": "b", "price": "c"}, "more": 1},
    ],
)
def test_a_mapping_that_cannot_be_used_is_not_saved(definition: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        read_mapping(definition)


_GOOGLE = {
    "id": "A1",
    "title": "Kettle",
    "description": "Boils <b>fast</b>",
    "price": "29.99 EUR",
    "sale_price": "19.99 EUR",
    "availability": "in stock",
    "product_type": "Home > Kitchen",
    "image_link": "https://shop.example/1.jpg",
    "gtin": "4006381333931",
    "brand": "Zarya",
    "mpn": "Z-1",
    "shipping_weight": "500 g",
    "color": "red",
}
_SPACE = 'xmlns:g="http://base.google.com/ns/1.0"'


def _rss(**changes: str) -> bytes:
    fields = "".join(
        f"<g:{name}>{text.replace('<', '&lt;').replace('>', '&gt;')}</g:{name}>"
        for name, text in {**_GOOGLE, **changes}.items()
    )
    pictures = "".join(
        f"<g:additional_image_link>https://shop.example/{at}.jpg</g:additional_image_link>" for at in (2, 3)
    )
    head = "<lastBuildDate>Fri, 20 Nov 2026 09:00:00 +0000</lastBuildDate>"
    item = f"<item>{fields}{pictures}<pubDate>never</pubDate></item>"
    return f'<?xml version="1.0"?><rss version="2.0" {_SPACE}><channel>{head}{item}</channel></rss>'.encode()


def _tsv(**changes: str) -> bytes:
    values = {**_GOOGLE, **changes}
    pictures = "https://shop.example/2.jpg,https://shop.example/3.jpg"
    titles = "\t".join([name.replace("_", " ") for name in values] + ["additional image link"])
    return f"{titles}\n{chr(9).join([*values.values(), pictures])}\n".encode()


def test_googles_xml_and_googles_table_are_the_same_row() -> None:
    source = open_feed("google_xml", io.BytesIO(_rss()))
    (from_xml,) = source
    (from_table,) = _read("google_tsv", _tsv())

    assert from_xml == from_table
    assert source.written_at == "Fri, 20 Nov 2026 09:00:00 +0000"
    assert (from_xml.price, from_xml.old_price, from_xml.currency) == ("19.99", "29.99", "EUR")
    assert (from_xml.category, from_xml.weight, from_xml.description) == ("Home/Kitchen", "0.500", "Boils fast")
    assert (from_xml.pictures or "").count("\n") == 2
    assert json.loads(from_xml.attributes or "") == {"color": "red"}


def test_an_atom_feed_is_read_as_well() -> None:
    entry = "<entry><g:id>A1</g:id><title>Kettle</title><link href='x'/><g:price>5 USD</g:price></entry>"
    content = (
        f'<feed xmlns="http://www.w3.org/2005/Atom" {_SPACE}><updated>2026-11-20T09:00:00Z</updated>{entry}</feed>'
    )

    (read,) = _read("google_xml", content.encode())

    assert (read.sku, read.title, read.price, read.currency) == ("A1", "Kettle", "5", "USD")


@pytest.mark.parametrize(
    ("word", "available"),
    [
        ("in stock", True),
        ("in_stock", True),
        ("In Stock", True),
        ("out of stock", False),
        ("out_of_stock", False),
        ("preorder", False),
        ("backorder", False),
        ("", False),
    ],
)
def test_what_is_not_in_stock_now_is_not_available(word: str, available: bool) -> None:
    assert _read("google_tsv", _tsv(availability=word))[0].available is available


def test_our_own_lines_are_offers_and_say_when_they_were_written() -> None:
    rows = [
        {"written_at": "2026-11-20T09:00:00Z"},
        {"sku": "A1", "title": "Kettle", "price": 12.50, "quantity": 5, "attributes": {"Color": "red"}},
        {"sku": "A2", "title": "Lamp", "price": "7", "available": False, "pictures": ["https://x.example/1.png"]},
    ]
    source = open_feed("ndjson", io.BytesIO("\n".join(json.dumps(row) for row in rows).encode()))

    first, second = source

    assert source.written_at == "2026-11-20T09:00:00Z"
    assert (first.sku, first.price, first.quantity) == ("A1", "12.5", "5")
    assert (second.available, second.picture_url) == (False, "https://x.example/1.png")


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "[]",
        "null",
        '{"sku": ["A1"]}',
        '{"sku": "A1", "available": "yes"}',
        '{"sku": "A1", "attributes": {"a": []}}',
        '{"sku": "A1", "title": "a\\u0000b"}',
        '{"sku": "A1", "title": "\\ud800"}',
        "[" * 100_000,
    ],
)
def test_a_line_that_is_no_offer_is_one_bad_row(line: str) -> None:
    rows = _read("ndjson", f'{line}\n{{"sku": "A2"}}\n'.encode())

    assert [row.codes for row in rows] == ["{E09}", "{}"]


def _zipped(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


_YML = a_file(an_offer("A1"))


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lambda content: _zipped(**{"a/feed.yml": content})])
def test_a_packed_file_is_read_like_a_plain_one(pack: Any) -> None:
    assert _read("yml", pack(_YML)) == _read("yml", _YML)


def _link() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        member = zipfile.ZipInfo("feed.yml")
        member.external_attr = 0o120777 << 16
        archive.writestr(member, "/etc/passwd")
    return out.getvalue()


@pytest.mark.parametrize(
    ("form", "content", "code"),
    [
        ("yml", gzip.compress(_YML)[:-20], "truncated"),
        ("yml", bz2.compress(_YML)[:-20], "truncated"),
        ("yml", gzip.compress(_YML)[:-8] + b"\x00" * 8, "archive_damaged"),
        ("csv", gzip.compress(b"sku;title;price\n" + b"A1;%b;5\n" % (b"x" * 100_000) * 450), "archive_bomb"),
        ("yml", _zipped(**{"../../feed.yml": _YML}), "archive_unsafe"),
        ("yml", _zipped(**{"/etc/feed.yml": _YML}), "archive_unsafe"),
        ("yml", _zipped(**{"..\\feed.yml": _YML}), "archive_unsafe"),
        ("yml", _zipped(**{"c:feed.yml": _YML}), "archive_unsafe"),
        ("yml", _zipped(**{"a.yml": _YML, "b.yml": _YML}), "archive_unsafe"),
        ("yml", _zipped(), "archive_unsafe"),
        ("yml", _link(), "archive_unsafe"),
        ("yml", _zipped(**{f"{at}": b"" for at in range(100)}), "archive_unsafe"),
        ("yml", _zipped(**{"a.yml": _YML})[:-30], "truncated"),
        ("xlsx", b"", "not_xlsx"),
        ("xlsx", _YML, "not_xlsx"),
        ("xlsx", _zipped(**{"a.txt": b"x"}), "not_xlsx"),
        ("xlsx", a_book(["a"])[:-30], "truncated"),
        ("xlsx", _zipped(**{"xl/workbook.xml": b"<!DOCTYPE a [<!ENTITY b 'c'>]><a/>"}), "entities_forbidden"),
        ("xlsx", _zipped(**{"xl/sharedStrings.xml": b"<a>" + b"x" * 50_000_000}), "archive_bomb"),
        ("csv", b"", "empty"),
        ("csv", b"\n\n", "empty"),
        ("csv", b"sku;price\nA1;5\n", "columns_missing"),
        ("csv", b"sku;sku;title;price\nA1;A1;x;5\n", "columns_missing"),
        ("csv", b'sku;title;price\nA1;"Kettle;5\n', "broken"),
        ("csv", "sku;title;price\nA1;Чайник;5\n".encode("utf-16"), "encoding_unsupported"),
        ("csv", b"sku;title;price\n" + b"A1;x;5\n" * 12_000 + "A2;Чайник;5\n".encode("cp1251"), "bad_encoding"),
        ("google_tsv", b"id\ttitle\n1\tx\n", "columns_missing"),
        ("google_xml", b"<rss><channel>", "truncated"),
        ("google_xml", _YML, "not_merchant"),
        (
            "google_xml",
            b"<!DOCTYPE r [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><rss><item/></rss>",
            "entities_forbidden",
        ),
        ("ndjson", b"", "empty"),
        ("ndjson", b'{"sku": "A1", "title": "' + b"x" * 2_000_000, "line_too_long"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_file_that_cannot_be_trusted_is_refused(form: str, content: bytes, code: str) -> None:
    assert _refusal(form, content) == code


def test_utf8_that_is_labelled_windows_1251_is_read_right_and_the_reverse_is_refused() -> None:
    utf8 = a_file(an_offer("A1", name="Чайник")).replace(b'encoding="utf-8"', b'encoding="windows-1251"')

    assert _read("yml", utf8)[0].title == "Чайник"
    assert _refusal("csv", "sku;title;price\nA1;Чайник;5\n".encode("cp1251"), read_mapping(_DECLARED)) == "bad_encoding"


_DECLARED = {"columns": {"sku": "sku", "title": "title", "price": "price"}, "encoding": "utf-8"}


def test_a_declaration_without_its_question_mark_is_put_right() -> None:
    assert _read("yml", _YML.replace(b"?>", b">", 1))[0].sku == "A1"


def test_what_stands_inside_an_offer_belongs_to_it() -> None:
    nested = an_offer("A1").replace(
        "</offer>", '<category type="Own">Tea</category><param name="Color">red</param></offer>'
    )

    (read,) = _read("yml", a_file(nested))

    assert (read.title, read.category) == ("Thing A1", "Home")
    assert json.loads(read.attributes or "") == {"Color": "red"}
