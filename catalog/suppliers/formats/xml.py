"""A stranger's XML as a stream of elements: a DOCTYPE is allowed but inert, entities are refused, nothing is fetched.

A stretch in which nothing of interest ends is limited as an element itself is, and the tree never holds more than one
element of interest.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

from lxml import etree

from catalog.suppliers.formats.encodings import HEAD_BYTES, encoding_of
from catalog.suppliers.formats.offers import FeedRefused

SILENCE_BYTES = 16_000_000
_DECLARATION = re.compile(rb"<\?xml\s[^<>]*>")
_ENCODING = re.compile(rb"""encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")


class XmlSource:
    """A stream that can show its head, knows whether it was read to the end, and refuses long stretches of nothing."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._pushed_back = b""
        self._silence = 0
        self.read_bytes = 0
        self.exhausted = False

    def encoding(self) -> str:
        """The encoding, out of the head, which is read again afterwards. Raises FeedRefused."""
        head = self._stream.read(HEAD_BYTES)
        if not head.strip():
            raise FeedRefused("empty", "The file is empty.")
        start = head.removeprefix(codecs.BOM_UTF8).lstrip()
        declaration = _DECLARATION.match(start)
        declared = _ENCODING.search(declaration.group()) if declaration else None
        found = encoding_of(head, declared.group(1).decode() if declared else None)
        if declaration and not declaration.group().endswith(b"?>"):  # as one known generator writes it
            head = start[: declaration.end() - 1] + b"?>" + start[declaration.end() :]
        self._pushed_back = head
        return found

    def read(self, size: int = 65_536) -> bytes:
        """What the parser asks for."""
        chunk, self._pushed_back = self._pushed_back or self._stream.read(size), b""
        self.exhausted = not chunk
        self.read_bytes += len(chunk)
        self._silence += len(chunk)
        if self._silence > SILENCE_BYTES:
            raise FeedRefused("no_offers", f"There is no offer within {SILENCE_BYTES} bytes of the file.")
        return chunk

    def progressed(self) -> None:
        """Something of interest has ended."""
        self._silence = 0


def elements(source: XmlSource, items: Sequence[str], others: Sequence[str]) -> Iterator[tuple[str, etree._Element]]:
    """Each start and end of an item or of another element outside of items; what has ended is forgotten.

    Raises FeedRefused.
    """
    try:
        yield from _elements(source, items, others)
    except etree.XMLSyntaxError as error:
        if source.exhausted and getattr(error, "code", 0) != etree.ErrorTypes.ERR_DOCUMENT_EMPTY:
            raise FeedRefused("truncated", f"The file ends before it is complete: {error.msg}") from error
        code = "bad_encoding" if "encod" in str(error.msg).lower() else "broken"
        raise FeedRefused(code, f"The file is not well-formed: {error.msg}") from error


def refuse_entities(root: etree._Element) -> None:
    """Refuse a file that declares entities, at its root's start."""
    dtd: Any = root.getroottree().docinfo.internalDTD
    if dtd is not None and next(iter(dtd.iterentities()), None) is not None:
        raise FeedRefused("entities_forbidden", "The file declares entities of its own.")


def _elements(source: XmlSource, items: Sequence[str], others: Sequence[str]) -> Iterator[tuple[str, etree._Element]]:
    events = etree.iterparse(
        source,
        events=("start", "end"),
        tag=(*items, *others),
        encoding=source.encoding(),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    depth = 0  # of items: what stands inside of one belongs to it
    for event, element in events:
        item = element.tag in items
        depth += item if event == "start" else -item
        if depth - (event == "start" and item) > 0:
            continue
        yield event, element
        if event == "end":
            source.progressed()
            _forget(element)


def _forget(element: etree._Element) -> None:
    """Free an element and what stands before it."""
    element.clear()
    parent = element.getparent()
    while parent is not None and element.getprevious() is not None:
        del parent[0]
