"""The one canonical row that every format is read into, and the refusal of a file as a whole."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple, Protocol

import nh3

from coalition.kernel.unpacking import FileRefused

LIMITS = {
    "sku": 100,
    "title": 1_000,
    "title_ru": 1_000,
    "description": 20_000,
    "description_ru": 20_000,
    "category": 1_000,
    "picture_url": 600,
    "pictures": 6_000,
    "delivery_days": 10,
}
ATTRIBUTES_MAX = 50
PICTURES_MAX = 10
UNREADABLE = "E09"
_UNSAFE = "W05"
_STRANGE = re.compile(r"<(?!/?(?:p|br|ul|ol|li|b|i|strong|em)\b)[a-z/!]", re.IGNORECASE)
_BREAK = re.compile(r"<br\s*/?>|</(?:p|li|div|h[1-6]|tr|ul|ol)>", re.IGNORECASE)
_BLANK_LINES = re.compile(r"(?<![^\S\n])[^\S\n]*+\n\s*+")
_NO_TAGS: set[str] = set()
_encode = json.JSONEncoder(ensure_ascii=False).encode


FeedRefused = FileRefused  # this file, as a whole, cannot become the catalog; what was there before stays


class RawOffer(NamedTuple):
    """One offer as its file writes it: texts without judgement, None for what is absent, in the stage's order.

    `pictures` are addresses, one a line; `attributes` a JSON object of texts; `codes` what only the reader could see,
    as PostgreSQL writes an array.
    """

    sku: str | None = None
    title: str | None = None
    title_ru: str | None = None
    description: str | None = None
    description_ru: str | None = None
    brand: str | None = None
    mpn: str | None = None
    category: str | None = None
    price: str | None = None
    old_price: str | None = None
    currency: str | None = None
    quantity: str | None = None
    available: bool = True
    electronic: bool = False
    picture_url: str | None = None
    pictures: str | None = None
    attributes: str | None = None
    weight: str | None = None
    gtin: str | None = None
    delivery_days: str | None = None
    codes: str = "{}"


class FeedFile(Protocol):
    """An open feed file, to iterate once. `written_at` (the file's own date, as it stands) is set by the first offer.

    `read_bytes` says how much of the file was read, unpacked.
    """

    written_at: str | None

    @property
    def read_bytes(self) -> int: ...

    def __iter__(self) -> Iterator[RawOffer]:
        """Every offer in the file's order. Raises FeedRefused as soon as the file proves unusable."""
        ...


def unreadable(sku: str | None = None, shown: str | None = None) -> RawOffer:
    """The row that stands for one that cannot be read; `shown` is a piece of it for people to find it by."""
    return RawOffer(sku, title=shown and trimmed(shown.replace("\0", " "), 200), codes=f"{{{UNREADABLE}}}")


def trimmed(text: str | None, limit: int) -> str | None:
    """The text without blanks around it, cut; None for nothing."""
    return (text.strip()[:limit].rstrip() or None) if text else None


def number(text: str | None) -> str | None:
    """A number's text without the blanks and apostrophes that group its digits."""
    return "".join(text.split()).replace("'", "") if text else None


def plain(text: str | None) -> tuple[str | None, bool]:
    """A description as plain text with its line breaks, and whether it held tags beyond the few that are usual.

    The HTML is a stranger's: nh3 takes it apart as a browser would, scripts and styles go with all they hold.
    """
    if text is None or ("<" not in text and "&" not in text):
        return text, False
    strange = _STRANGE.search(text) is not None
    bare = html.unescape(nh3.clean(_BREAK.sub("\n", text), tags=_NO_TAGS, clean_content_tags={"script", "style"}))
    return _BLANK_LINES.sub("\n", bare.replace("\0", " ")).strip() or None, strange


def described(offer: RawOffer) -> RawOffer:
    """The offer with its descriptions as plain text; what they held beyond that is noted."""
    english, strange = plain(offer.description)
    russian, also = plain(offer.description_ru)
    if not (strange or also):
        return offer._replace(description=english, description_ru=russian)
    codes = f"{{{_UNSAFE}}}" if offer.codes == "{}" else offer.codes[:-1] + f",{_UNSAFE}}}"
    return offer._replace(description=english, description_ru=russian, codes=codes)


def attributes(found: Mapping[str, str]) -> str | None:
    """The attributes as a JSON object of at most fifty texts; None for none."""
    if not found:
        return None
    return _encode(found if len(found) <= ATTRIBUTES_MAX else dict(list(found.items())[:ATTRIBUTES_MAX]))


def pictures(found: list[str]) -> str | None:
    """Up to ten addresses, one a line; None for none."""
    return "\n".join(found[:PICTURES_MAX]) or None
