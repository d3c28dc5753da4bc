"""Reading a stranger's YML: what is accepted, and what is refused with a code."""

from __future__ import annotations

import io

import pytest

from catalog.suppliers import FeedRefused, RawOffer, YmlFile
from tests.catalog.builders import a_file, an_offer


def _read(content: bytes) -> list[RawOffer]:
    return list(YmlFile(io.BytesIO(content)))


def _refusal(content: bytes) -> str:
    with pytest.raises(FeedRefused) as refused:
        _read(content)
    return refused.value.code


@pytest.mark.parametrize("encoding", ["utf-8", "windows-1251"])
def test_a_file_reads_the_same_in_both_encodings_despite_its_doctype(encoding: str) -> None:
    offer = an_offer("A1", name="Чайник", price="1 234,50", vendor="Заря")

    (read,) = _read(a_file(offer, encoding=encoding))

    assert (read.sku, read.title, read.price, read.brand, read.category) == ("A1", "Чайник", "1234,50", "Заря", "Home")


def test_an_undeclared_windows_1251_is_recognised_by_its_content() -> None:
    content = a_file(an_offer("A1", name="Чайник"), encoding="windows-1251").split(b"\n", 1)[1]

    assert _read(content)[0].title == "Чайник"


def test_the_category_is_the_path_of_names_even_in_a_circle() -> None:
    content = a_file(an_offer("A1", categoryId="3"), an_offer("A2", categoryId="9")).replace(
        b"</categories>",
        b'<category id="2" parentId="1">Tea</category><category id="3" parentId="2">Pots</category></categories>',
    )
    circle = content.replace(b'<category id="1">', b'<category id="1" parentId="3">')

    assert [offer.category for offer in _read(content)] == ["Home/Tea/Pots", "9"]
    assert _read(circle)[0].category.endswith("Home/Tea/Pots")


def test_russian_names_stand_beside_english_ones() -> None:
    offer = an_offer("A1", name="Kettle").replace("</name>", '</name><name xml:lang="ru">Чайник</name>')

    (read,) = _read(a_file(offer))

    assert (read.title, read.title_ru) == ("Kettle", "Чайник")


_WHOLE = a_file(*(an_offer(f"A{at}") for at in range(400)))
_BOMB = '<!DOCTYPE y [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b"  \n ", "empty"),
        (_WHOLE[: len(_WHOLE) // 2], "truncated"),
        (_WHOLE[:-3], "truncated"),
        (_WHOLE.replace(b"</name>", b"</nome>", 1), "broken"),
        (b"\x89PNG\r\n\x1a\n" + b"\x01" * 500, "broken"),
        (b"{}", "broken"),
        (b"<html><body>Sorry, maintenance</body></html>", "not_yml"),
        (b"<rss><yml_catalog/></rss>", "not_yml"),
        (
            a_file(an_offer("A1", name="Чайник"), encoding="windows-1251").replace(b"windows-1251", b"utf-8"),
            "bad_encoding",
        ),
        (a_file(an_offer()).decode().replace("utf-8", "utf-16").encode("utf-16"), "encoding_unsupported"),
        (a_file(an_offer()).replace(b"utf-8", b"utf-7"), "encoding_unsupported"),
        (_BOMB.encode() + b"<yml_catalog><offer id='&b;'/></yml_catalog>", "entities_forbidden"),
        (
            b"<!DOCTYPE y [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><yml_catalog><offer id='1'>"
            b"<name>&x;</name></offer></yml_catalog>",
            "entities_forbidden",
        ),
        (b"<yml_catalog>" + b"<a>" * 10_000, "broken"),
        (b"<yml_catalog>" + b"<junk>1</junk>\n" * 1_200_000, "no_offers"),
        (b"<yml_catalog><offer id='1'><name>" + b"x" * 11_000_000, "broken"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_file_that_cannot_be_read_whole_is_refused(content: bytes, code: str) -> None:
    assert _refusal(content) == code
