"""Reading a YML file (`yml_catalog`) as a stream of offers: pure, no database, memory that does not grow with the file.

The file is a stranger's: a DOCTYPE is allowed but inert, entities are refused, nothing is fetched, and a stretch
without any offer is as limited as an offer itself. What cannot be read whole is refused with a stable code; how good
the single rows are, is not asked here.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import Any, BinaryIO, NamedTuple

from lxml import etree

_HEAD_BYTES = 65_536
_SILENCE_BYTES = 16_000_000
_MAX_CATEGORIES = 50_000
_MAX_CATEGORY_DEPTH = 12
_DECLARED = re.compile(rb"""<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_ENCODINGS = {"utf-8": "utf-8", "utf8": "utf-8", "windows-1251": "windows-1251", "cp1251": "windows-1251"}
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"


class FeedRefused(Exception):
    """This file, as a whole, cannot become the catalog; `code` is stable. What was there before stays."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


class RawOffer(NamedTuple):
    """One offer as its file writes it: texts without judgement, None for what is absent, in the stage's order."""

    sku: str | None
    title: str | None
    title_ru: str | None
    description: str | None
    description_ru: str | None
    brand: str | None
    category: str | None
    price: str | None
    old_price: str | None
    currency: str | None
    quantity: str | None
    available: bool
    electronic: bool
    picture_url: str | None
    weight: str | None
    gtin: str | None
    delivery_days: str | None


class YmlFile:
    """An open YML file, to iterate once; `written_at` (the file's own date, as it stands) is set by the first offer."""

    def __init__(self, stream: BinaryIO) -> None:
        self.written_at: str | None = None
        self._source = _Metered(stream)
        self._categories: dict[str, tuple[str, str | None]] = {}
        self._paths: dict[str, str] = {}

    def __iter__(self) -> Iterator[RawOffer]:
        """Every offer in the file's order. Raises FeedRefused as soon as the file proves unusable."""
        try:
            yield from self._read()
        except etree.XMLSyntaxError as error:
            if self._source.exhausted and getattr(error, "code", 0) != etree.ErrorTypes.ERR_DOCUMENT_EMPTY:
                raise FeedRefused("truncated", f"The file ends before it is complete: {error.msg}") from error
            code = "bad_encoding" if "encod" in str(error.msg).lower() else "broken"
            raise FeedRefused(code, f"The file is not well-formed: {error.msg}") from error

    def _read(self) -> Iterator[RawOffer]:
        encoding = _encoding(self._source.head())
        events = etree.iterparse(
            self._source,
            events=("start", "end"),
            tag=("yml_catalog", "category", "offer"),
            encoding=encoding,
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            huge_tree=False,
            remove_comments=True,
            remove_pis=True,
        )
        opened = False
        for event, element in events:
            if event == "start":
                if element.tag == "yml_catalog" and element.getparent() is None:
                    opened = True
                    self._open(element)
                continue
            if not opened:
                break
            if element.tag == "category":
                self._learn(element)
            elif element.tag == "offer":
                yield self._offer(element)
            self._source.progressed()
            _forget(element)
        if not opened:
            raise FeedRefused("not_yml", "The file's root element is not yml_catalog.")

    def _open(self, root: etree._Element) -> None:
        dtd: Any = root.getroottree().docinfo.internalDTD
        if dtd is not None and next(iter(dtd.iterentities()), None) is not None:
            raise FeedRefused("entities_forbidden", "The file declares entities of its own.")
        self.written_at = root.get("date")

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
        for child in offer:
            tag = child.tag if isinstance(child.tag, str) else ""
            if child.get(_LANGUAGE) == "ru":
                tag += ".ru"
            if tag and tag not in first:
                first[tag] = _days(child) if tag == "delivery-options" else _text(child, _LIMITS.get(tag, 500))
        get = first.get
        named = " ".join(part for part in (get("typePrefix"), get("vendor"), get("model")) if part)
        return RawOffer(
            sku=_trimmed(offer.get("id"), 100),
            title=get("name") or (named if get("model") else None),
            title_ru=get("name.ru"),
            description=get("description"),
            description_ru=get("description.ru"),
            brand=get("vendor"),
            category=self._category(get("categoryId")),
            price=_number(get("price")),
            old_price=_number(get("oldprice")),
            currency=get("currencyId"),
            quantity=get("count"),
            available=(offer.get("available") or "true").strip().lower() != "false",
            electronic=get("downloadable") == "true",
            picture_url=get("picture"),
            weight=get("weight"),
            gtin=get("barcode"),
            delivery_days=get("delivery-options"),
        )


_LIMITS = {"name": 1_000, "name.ru": 1_000, "description": 20_000, "description.ru": 20_000, "categoryId": 40}


class _Metered:
    """A stream that can show its head, knows whether it was read to the end, and refuses long stretches of nothing."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._pushed_back = b""
        self._silence = 0
        self.exhausted = False

    def head(self) -> bytes:
        self._pushed_back = self._stream.read(_HEAD_BYTES)
        if not self._pushed_back.strip():
            raise FeedRefused("empty", "The file is empty.")
        return self._pushed_back

    def read(self, size: int = 65_536) -> bytes:
        chunk, self._pushed_back = self._pushed_back or self._stream.read(size), b""
        self.exhausted = not chunk
        self._silence += len(chunk)
        if self._silence > _SILENCE_BYTES:
            raise FeedRefused("no_offers", f"There is no offer within {_SILENCE_BYTES} bytes of the file.")
        return chunk

    def progressed(self) -> None:
        self._silence = 0


def _encoding(head: bytes) -> str | None:
    """What the parser is to assume: None where the file says it itself; else found from its content."""
    if head.startswith((codecs.BOM_UTF16_BE, codecs.BOM_UTF16_LE)) or b"\x00" in head[:200]:
        raise FeedRefused("encoding_unsupported", "Write the file in UTF-8 or windows-1251.")
    declared = _DECLARED.match(head.removeprefix(codecs.BOM_UTF8).lstrip())
    if declared:
        if declared.group(1).decode().lower() not in _ENCODINGS:
            raise FeedRefused("encoding_unsupported", "Write the file in UTF-8 or windows-1251.")
        return None
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return "windows-1251"
    return None


def _forget(element: etree._Element) -> None:
    """Free an element and what stands before it, so that the tree never holds more than one offer."""
    element.clear()
    parent = element.getparent()
    while parent is not None and element.getprevious() is not None:
        del parent[0]


def _text(element: etree._Element, limit: int) -> str | None:
    if len(element) == 0:
        return _trimmed(element.text, limit)
    return _trimmed("".join(str(part) for part in element.itertext())[: limit * 2], limit)


def _trimmed(text: str | None, limit: int) -> str | None:
    return (text.strip()[:limit].rstrip() or None) if text else None


def _number(text: str | None) -> str | None:
    """A number's text without the spaces, thin or not, that group its digits."""
    return "".join(text.split()) if text else None


def _days(options: etree._Element) -> str | None:
    option = next(iter(options), None)
    return _trimmed(option.get("days"), 10) if option is not None else None
