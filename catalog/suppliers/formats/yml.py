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
_LIMITS = {"name": 1_000, "name.ru": 1_000, "description": 20_000, "description.ru": 20_000, "categoryId": 40}


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
        code, name = element.get("id"), _text(element, 200)
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
        first: dict[str, str | None] = {}
        params: dict[str, str] = {}
        pictures: list[str] = []
        for child in offer:
            tag = child.tag if isinstance(child.tag, str) else ""
            if tag == "param":
                _learn_param(child, params)
                continue
            text = _days(child) if tag == "delivery-options" else _text(child, _LIMITS.get(tag, 500))
            if tag == "picture" and text:
                pictures.append(text)
            if child.get(_LANGUAGE) == "ru":
                tag += ".ru"
            first.setdefault(tag, text)
        get = first.get
        description, russian = get("description"), get("description.ru")
        read = RawOffer(
            sku=trimmed(offer.get("id"), 100),
            title=get("name") or _named(get("typePrefix"), get("vendor"), get("model")),
            title_ru=get("name.ru"),
            description=description,
            description_ru=russian,
            brand=get("vendor"),
            mpn=get("vendorCode"),
            category=self._category(get("categoryId")),
            price=number(get("price")),
            old_price=number(get("oldprice")),
            currency=get("currencyId"),
            quantity=get("count"),
            available=(offer.get("available") or "true").strip().lower() != "false",
            electronic=get("downloadable") == "true",
            picture_url=pictures[0] if pictures else None,
            pictures=offers.pictures(pictures),
            attributes=offers.attributes(params),
            weight=number(get("weight")),
            gtin=get("barcode"),
            delivery_days=get("delivery-options"),
        )
        return offers.described(read) if description or russian else read


def _named(prefix: str | None, vendor: str | None, model: str | None) -> str | None:
    """The title of an offer of the type vendor.model."""
    return " ".join(part for part in (prefix, vendor, model) if part) if model else None


def _learn_param(param: etree._Element, params: dict[str, str]) -> None:
    name, value, unit = trimmed(param.get("name"), 80), _text(param, 300), trimmed(param.get("unit"), 20)
    if name and value and len(params) < offers.ATTRIBUTES_MAX:
        params.setdefault(name, f"{value} {unit}" if unit else value)


def _text(element: etree._Element, limit: int) -> str | None:
    if len(element) == 0:
        return trimmed(element.text, limit)
    return trimmed("".join(str(part) for part in element.itertext())[: limit * 2], limit)


def _days(options: etree._Element) -> str | None:
    option = next(iter(options), None)
    return trimmed(option.get("days"), 10) if option is not None else None
