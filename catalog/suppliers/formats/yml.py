"""Reading a YML file (`yml_catalog`) as a stream of offers: pure, no database, memory that does not grow with the file.

What cannot be read whole is refused with a stable code; how good the single rows are, is not asked here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from lxml import etree

from catalog.suppliers.formats import offers
from catalog.suppliers.formats.offers import FeedRefused, RawOffer, number, trimmed
from catalog.suppliers.formats.xml import XmlSource, elements, refuse_entities

_MAX_CATEGORIES = 50_000
_MAX_CATEGORY_DEPTH = 12
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
_TRANSLATED = ("name", "description")


class YmlFile:
    """An open YML file, to iterate once; `written_at` (the file's own date, as it stands) is set by the first offer."""

    def __init__(self, stream: BinaryIO) -> None:
        self.written_at: str | None = None
        self._source = XmlSource(stream)
        self._categories: dict[str, tuple[str, str | None]] = {}
        self._paths: dict[str, str] = {}

    @property
    def read_bytes(self) -> int:
        """How much was read."""
        return self._source.read_bytes

    def __iter__(self) -> Iterator[RawOffer]:
        """Every offer in the file's order. Raises FeedRefused as soon as the file proves unusable."""
        opened = False
        for event, element in elements(self._source, ("offer",), ("yml_catalog", "category")):
            if event == "start":
                if element.tag == "yml_catalog" and element.getparent() is None:
                    opened = True
                    refuse_entities(element)
                    self.written_at = element.get("date")
                continue
            if not opened:
                break
            if element.tag == "category":
                self._learn(element)
            elif element.tag == "offer":
                yield self._offer(element)
        if not opened:
            raise FeedRefused("not_yml", "The file's root element is not yml_catalog.")

    def _learn(self, element: etree._Element) -> None:
        code, name = element.get("id"), _inner(element, 200)
        if code and name and len(self._categories) < _MAX_CATEGORIES:
            self._categories[code[:40]] = (name.replace("/", "|"), element.get("parentId"))

    def _category(self, code: str | None) -> str | None:
        """The names from the root category down to `code`, joined by slashes; an unknown code is its own path."""
        if code is None:
            return None
        if code not in self._paths:
            names: list[str] = []
            at: str | None = code
            while at in self._categories and len(names) < _MAX_CATEGORY_DEPTH:
                name, at = self._categories[at]
                names.append(name)
            self._paths[code] = "/".join(reversed(names)) or code
            if len(self._paths) > _MAX_CATEGORIES:
                raise FeedRefused("too_many_categories", "The file's offers name too many categories.")
        return self._paths[code]

    def _offer(self, offer: etree._Element) -> RawOffer:
        first, params, pictures = _children(offer)
        get = first.get
        description, russian = _inner(get("description"), 20_000), _inner(get("description.ru"), 20_000)
        name = _inner(get("name"), 1_000)
        read = RawOffer(
            trimmed(offer.get("id"), 100),
            name or _named(_short(get("typePrefix")), _short(get("vendor")), _short(get("model"))),
            _inner(get("name.ru"), 1_000),
            description,
            russian,
            _short(get("vendor")),
            _short(get("vendorCode")),
            self._category(trimmed(_text(get("categoryId")), 40)),
            number(_short(get("price"))),
            number(_short(get("oldprice"))),
            _short(get("currencyId")),
            _short(get("count")),
            (offer.get("available") or "true").strip().lower() != "false",
            _short(get("downloadable")) == "true",
            pictures[0] if pictures else None,
            offers.pictures(pictures),
            offers.attributes(params),
            number(_short(get("weight"))),
            _short(get("barcode")),
            _days(get("delivery-options")),
        )
        return offers.described(read) if description or russian else read


def _children(offer: etree._Element) -> tuple[dict[str, etree._Element], dict[str, str], list[str]]:
    """The first child of each name (`name.ru` for one in Russian), the parameters, and the addresses of pictures."""
    first: dict[str, etree._Element] = {}
    params: dict[str, str] = {}
    pictures: list[str] = []
    for child in offer:
        tag = child.tag
        if tag == "param":
            _learn_param(child, params)
        elif tag == "picture":
            if link := _short(child):
                pictures.append(link)
        else:
            if tag in _TRANSLATED and child.get(_LANGUAGE) == "ru":
                tag += ".ru"
            if tag not in first:
                first[tag] = child
    return first, params, pictures


def _named(prefix: str | None, vendor: str | None, model: str | None) -> str | None:
    """The title of an offer of the type vendor.model."""
    return " ".join(part for part in (prefix, vendor, model) if part) if model else None


def _learn_param(param: etree._Element, params: dict[str, str]) -> None:
    name, value = param.get("name"), param.text
    if name and value and len(params) < offers.ATTRIBUTES_MAX and (value := value.strip()):
        unit = param.get("unit")
        params.setdefault(name.strip()[:80] or "-", f"{value[:300]} {unit[:20]}" if unit else value[:300])


def _text(element: etree._Element | None) -> str | None:
    return None if element is None else element.text


def _short(element: etree._Element | None) -> str | None:
    """The text of an element in which no other stands, without blanks around it, cut; None for nothing."""
    text = None if element is None else element.text
    return (text.strip()[:500] or None) if text else None


def _inner(element: etree._Element | None, limit: int) -> str | None:
    """The text of an element, with that of the elements in it."""
    if element is None:
        return None
    if len(element) == 0:
        return trimmed(element.text, limit)
    return trimmed("".join(str(part) for part in element.itertext())[: limit * 2], limit)


def _days(options: etree._Element | None) -> str | None:
    option = next(iter(options), None) if options is not None else None
    return trimmed(option.get("days"), 10) if option is not None else None
