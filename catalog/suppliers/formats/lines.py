"""NDJSON, our own format: one offer a line, with the names of the canonical row; numbers may be texts.

`{"sku": "A1", "title": "Kettle", "price": "12.50", "currency": "EUR", "quantity": 5, "category": "Home/Kitchen",
"attributes": {"Color": "red"}, "pictures": ["https://..."]}`. A first line `{"written_at": "2026-11-20T09:00Z"}` says
as of when the stock was counted. A line that is no such object is one bad row, not a bad file.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any, BinaryIO, cast

from catalog.suppliers.formats import offers
from catalog.suppliers.formats.encodings import HEAD_BYTES, encoding_of
from catalog.suppliers.formats.offers import LIMITS, FeedRefused, RawOffer, number, trimmed, unreadable

LINE_MAX = 1 << 20
_FLAGS = ("available", "electronic")
_NUMBERS = ("price", "old_price", "weight")
_TEXTS = tuple(name for name in RawOffer._fields if name not in (*_FLAGS, "pictures", "attributes", "codes"))


class JsonLines:
    """An open NDJSON file, to iterate once."""

    def __init__(self, stream: BinaryIO) -> None:
        self.written_at: str | None = None
        self.read_bytes = 0
        self._stream = stream

    def __iter__(self) -> Iterator[RawOffer]:
        """Every offer in the file's order. Raises FeedRefused `line_too_long`, `bad_encoding`, `empty`."""
        lines = text_lines(self._stream)
        for no, line in enumerate(lines):
            self.read_bytes += len(line)
            if not line.strip():
                continue
            found = _object(line)
            if no == 0 and found is not None and set(found) == {"written_at"}:
                self.written_at = trimmed(str(found["written_at"]), 60)
                continue
            yield _offer(found) if found is not None else unreadable(shown=line)


def text_lines(stream: BinaryIO, encoding: str = "auto") -> Iterator[str]:
    """The file's lines, each with its end, of at most a megabyte. Raises FeedRefused."""
    buffered = io.BufferedReader(cast(io.RawIOBase, stream), HEAD_BYTES)
    head = buffered.peek(HEAD_BYTES)
    if not head.strip():
        raise FeedRefused("empty", "The file is empty.")
    found = encoding_of(head, None if encoding == "auto" else encoding)
    no = 0
    while line := buffered.readline(LINE_MAX + 1):
        no += 1
        if len(line) > LINE_MAX:
            raise FeedRefused("line_too_long", f"Line {no} is longer than {LINE_MAX} bytes.")
        try:
            text = line.decode(found)
        except UnicodeDecodeError as error:
            raise FeedRefused("bad_encoding", f"Line {no} is not written in {found}.") from error
        yield text.removeprefix("\ufeff") if no == 1 else text


def _object(line: str) -> dict[str, Any] | None:
    try:
        found = json.loads(line, parse_float=str, parse_int=str, parse_constant=str)
        line.encode() if "\\u" not in line else json.dumps(found, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and "\\u0000" not in line and "\0" not in line else None


def _offer(found: dict[str, Any]) -> RawOffer:
    texts = {name: found.get(name) for name in _TEXTS}
    flags = {name: found[name] for name in _FLAGS if name in found}
    details, links = found.get("attributes") or {}, found.get("pictures") or []
    sku = found.get("sku")
    if (
        not all(value is None or isinstance(value, str) for value in texts.values())
        or not all(isinstance(value, bool) for value in flags.values())
        or not (isinstance(details, dict) and all(isinstance(value, str) for value in details.values()))
        or not (isinstance(links, list) and all(isinstance(one, str) for one in links))
    ):
        return unreadable(trimmed(sku, 100) if isinstance(sku, str) else None)
    named = {name: trimmed(text, LIMITS.get(name, 500)) for name, text in texts.items()}
    named |= {name: number(named[name]) for name in _NUMBERS}
    picture = named["picture_url"] or trimmed(links[0] if links else None, LIMITS["picture_url"])
    read = RawOffer(**{**named, "picture_url": picture}, **flags)  # type: ignore[arg-type]
    short = {trimmed(name, 80) or "-": value[:300] for name, value in details.items()}
    shown = [one[: LIMITS["picture_url"]] for one in links] or ([picture] if picture else [])
    return offers.described(read._replace(attributes=offers.attributes(short), pictures=offers.pictures(shown)))
