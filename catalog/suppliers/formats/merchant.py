"""Google Merchant files: RSS 2.0 or Atom with the `g:` namespace, and the words that both it and the table use.

The XML and the tab-separated form have the same attributes; both become the canonical row here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import BinaryIO

from lxml import etree

from catalog.suppliers.formats import offers
from catalog.suppliers.formats.offers import LIMITS, FeedRefused, RawOffer, number, trimmed
from catalog.suppliers.formats.xml import XmlSource, elements, refuse_entities

_ATOM = "{http://www.w3.org/2005/Atom}"
_ROOTS = ("rss", f"{_ATOM}feed")
_ITEMS = ("item", f"{_ATOM}entry")
_DATES = ("lastBuildDate", "pubDate", f"{_ATOM}updated")
_MONEY = re.compile(r"\s*([0-9][0-9\s\u00a0\u202f.,']*?)\s*([A-Za-z]{3})?\s*")
_WEIGHT = re.compile(r"([0-9]+(?:[.,][0-9]+)?)\s*(kg|g|lb|oz)?", re.IGNORECASE)
_GRAMS = {"kg": Decimal(1000), "g": Decimal(1), "lb": Decimal("453.59237"), "oz": Decimal("28.349523125")}
_ATTRIBUTES = ("color", "size", "material", "pattern", "gender", "age_group", "size_system", "condition")
_PICTURE_SEPARATOR = re.compile(r",(?=https?://)")


class MerchantFile:
    """An open RSS or Atom file, to iterate once."""

    def __init__(self, stream: BinaryIO) -> None:
        self.written_at: str | None = None
        self._source = XmlSource(stream)

    @property
    def read_bytes(self) -> int:
        """How much was read."""
        return self._source.read_bytes

    def __iter__(self) -> Iterator[RawOffer]:
        """Every item in the file's order. Raises FeedRefused as soon as the file proves unusable."""
        opened = False
        for event, element in elements(self._source, _ITEMS, (*_ROOTS, *_DATES)):
            if event == "start":
                if element.tag in _ROOTS and element.getparent() is None:
                    opened = True
                    refuse_entities(element)
                continue
            if not opened:
                break
            if element.tag in _ITEMS:
                yield _item(element)
            elif element.tag in _DATES and self.written_at is None:
                self.written_at = trimmed(element.text, 60)
        if not opened:
            raise FeedRefused("not_merchant", "The file's root element is neither rss nor an Atom feed.")


def merchant_offer(values: Mapping[str, str], more_pictures: list[str] | None = None) -> RawOffer:
    """The canonical row out of Google's attributes, of which the names are in lower case with underscores."""
    get = values.get
    price, currency = _money(get("price"))
    old_price = None
    if get("sale_price"):
        old_price, (price, currency) = price, _money(get("sale_price"))
    picture = trimmed(get("image_link"), LIMITS["picture_url"])
    category = get("product_type") or get("google_product_category")
    details = {name: text[:300] for name in _ATTRIBUTES if (text := (get(name) or "").strip())}
    read = RawOffer(
        sku=trimmed(get("id"), LIMITS["sku"]),
        title=trimmed(get("title"), LIMITS["title"]),
        description=trimmed(get("description"), LIMITS["description"]),
        brand=trimmed(get("brand"), 500),
        mpn=trimmed(get("mpn"), 100),
        category="/".join(part.strip().replace("/", "|") for part in category.split(">")) if category else None,
        price=price,
        old_price=old_price,
        currency=currency,
        quantity=trimmed(get("quantity") or get("sell_on_google_quantity"), 20),
        available=(get("availability") or "").strip().lower().replace(" ", "_") == "in_stock",
        picture_url=picture,
        pictures=offers.pictures([one for one in (picture, *(more_pictures or [])) if one]),
        attributes=offers.attributes(details),
        weight=_kilograms(get("shipping_weight")),
        gtin=trimmed(get("gtin"), 50),
    )
    return offers.described(read)


def split_pictures(text: str | None) -> list[str]:
    """The addresses that a table writes into one cell."""
    return [one.strip() for one in _PICTURE_SEPARATOR.split(text)] if text else []


def _item(item: etree._Element) -> RawOffer:
    values: dict[str, str] = {}
    more: list[str] = []
    for child in item:
        name = etree.QName(child).localname if isinstance(child.tag, str) else ""
        text = child.text or ""
        if name == "additional_image_link":
            more += [text.strip()] if len(more) < offers.PICTURES_MAX else []
        elif name == "link" and child.get("href"):
            continue
        else:
            values.setdefault(name, text)
    return merchant_offer(values, more)


def _money(text: str | None) -> tuple[str | None, str | None]:
    """`29.99 USD` as a number's text and a currency; what is no such thing stays as it is, to be named as wrong."""
    if not text or not text.strip():
        return None, None
    found = _MONEY.fullmatch(text[:60])
    if found is None:
        return trimmed(text, 60), None
    return number(found.group(1)), found.group(2) and found.group(2).upper()


def _kilograms(text: str | None) -> str | None:
    found = _WEIGHT.fullmatch((text or "").strip())
    if found is None:
        return trimmed(text, 40)
    value = Decimal(found.group(1).replace(",", "."))
    grams = value * _GRAMS[(found.group(2) or "kg").lower()]
    return f"{(grams / 1000).quantize(Decimal('0.001')):f}"
