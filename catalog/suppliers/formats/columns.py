"""A column mapping bound to a table's header: one row of cells into the canonical row. Pure.

Cells are texts and nothing else: a formula is never worked out, neither here nor by whoever opens what we write.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from catalog.suppliers.formats import offers
from catalog.suppliers.formats.mapping import TableMapping
from catalog.suppliers.formats.merchant import merchant_offer, split_pictures
from catalog.suppliers.formats.offers import LIMITS, FeedRefused, RawOffer, number, trimmed, unreadable

_YES = frozenset(("true", "1", "yes", "y", "да", "есть", "+", "in stock", "in_stock", "available"))
_NO = frozenset(("false", "0", "no", "n", "нет", "-", "out of stock", "out_of_stock", "preorder", "backorder"))
_FLAGS = ("available", "electronic")
_NUMBERS = ("price", "old_price")
Rows = Callable[[Sequence[str]], RawOffer]


def mapped(mapping: TableMapping, header: Sequence[str] | None, width: int) -> Rows:
    """How to read a row of a mapped table. Raises FeedRefused `columns_missing` if the table lacks a column."""
    titles = [title.strip() for title in header] if header is not None else None
    places = {name: _places(parts, titles, width) for name, parts in mapping.columns.items()}
    details = {name: _places((part,), titles, width)[0] for name, part in mapping.attributes.items()}
    needed = max((*(place for of in places.values() for place in of), *details.values()), default=0)

    def read(cells: Sequence[str]) -> RawOffer:
        if len(cells) <= needed or any("\0" in cell for cell in cells):
            return unreadable(shown=" ".join(cells))
        texts: dict[str, Any] = dict(mapping.fixed)
        for name, at in places.items():
            joint = "/" if name == "category" else " "
            texts[name] = joint.join(text for place in at if (text := cells[place].strip())) or texts.get(name)
        found = {name: text[:300] for name, place in details.items() if (text := cells[place].strip())}
        return _canonical(texts, found, mapping)

    return read


def merchant(header: Sequence[str]) -> Rows:
    """How to read a row of a Google Merchant table. Raises FeedRefused `columns_missing`."""
    names = [title.strip().lower().removeprefix("g:").replace(" ", "_") for title in header]
    if missing := [name for name in ("id", "title", "price") if name not in names]:
        raise FeedRefused("columns_missing", f"The table has no column {missing[0]!r}.")

    def read(cells: Sequence[str]) -> RawOffer:
        if len(cells) != len(names) or any("\0" in cell for cell in cells):
            return unreadable(shown=" ".join(cells))
        values = dict(zip(names, cells, strict=True))
        return merchant_offer(values, split_pictures(values.get("additional_image_link")))

    return read


def _canonical(texts: dict[str, Any], found: Mapping[str, str], mapping: TableMapping) -> RawOffer:
    named = {name: trimmed(text, LIMITS.get(name, 500)) for name, text in texts.items() if name not in _FLAGS}
    for name in _NUMBERS:
        named[name] = _decimal(named.get(name), mapping.decimal)
    named["weight"] = _kilograms(_decimal(named.get("weight"), mapping.decimal), mapping.weight_unit)
    if named.get("category") and mapping.category_separator != "/":
        path = str(named["category"]).replace("/", "|").split(mapping.category_separator)
        named["category"] = "/".join(part.strip() for part in path)
    links = split_pictures(named.pop("pictures", None)) or [one for one in (named.get("picture_url"),) if one]
    named["picture_url"] = named.get("picture_url") or (links[0] if links else None)
    flags = {name: _flag(texts[name], name == "available") for name in _FLAGS if texts.get(name) is not None}
    read = RawOffer(**named, **flags)  # type: ignore[arg-type]
    return offers.described(read._replace(attributes=offers.attributes(found), pictures=offers.pictures(links)))


def _places(parts: Sequence[str | int], titles: Sequence[str] | None, width: int) -> tuple[int, ...]:
    if titles is None:
        if any(int(part) > width for part in parts):
            raise FeedRefused("columns_missing", f"The table has only {width} columns.")
        return tuple(int(part) - 1 for part in parts)
    for part in parts:
        if titles.count(str(part)) != 1:
            raise FeedRefused("columns_missing", f"The table has no column {str(part)[:80]!r}, or several.")
    return tuple(titles.index(str(part)) for part in parts)


def _decimal(text: str | None, mark: str) -> str | None:
    """The number's text with a point. A mark that is not the table's own makes it no number, which is named later."""
    plain = number(text)
    if plain is None or mark == "auto":
        return plain
    if mark == ",":
        return plain.replace(".", "#").replace(",", ".")
    return plain.replace(",", "#")


def _kilograms(text: str | None, unit: str) -> str | None:
    if text is None or unit == "kg":
        return text
    try:
        return f"{Decimal(text.replace(',', '.')) / 1000:f}"
    except InvalidOperation:
        return text


def _flag(text: str, available: bool) -> bool:
    """A yes or a no; for what is neither: what cannot be promised is not available."""
    word = str(text).strip().lower()
    return word in _YES or (available and word.isdigit() and word not in _NO)
