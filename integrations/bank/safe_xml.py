"""XML from outside, read without doing what it says: no DTD, no entity, nothing fetched, nothing large. Pure.

A document type is refused before anything is parsed, so no entity can be declared that something could expand; and only
UTF-8 is taken, in which such a declaration cannot hide.
"""

from __future__ import annotations

import re

from lxml import etree

from coalition.kernel.errors import Invalid

MOST_BYTES = 16 << 20
_MOST_ELEMENTS = 1_000_000
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]*\sencoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
_FORBIDDEN = re.compile(rb"<!(DOCTYPE|ENTITY|ELEMENT|ATTLIST|NOTATION)", re.IGNORECASE)


def parse(data: bytes) -> etree._Element:
    """The root element. Raises Invalid: `bank_file_too_large`, `bank_file_forbidden` or `bank_file_unreadable`."""
    if len(data) > MOST_BYTES:
        raise Invalid("bank_file_too_large", f"A statement has at most {MOST_BYTES >> 20} megabytes.")
    encoding = _DECLARED.match(data.removeprefix(b"\xef\xbb\xbf"))
    if encoding is not None and encoding[1].lower() not in (b"utf-8", b"us-ascii", b"ascii"):
        raise _unreadable("it is not UTF-8")
    if b"\0" in data:  # UTF-16 without a mark is well-formed UTF-8, and would be read as UTF-16
        raise _unreadable("it is not UTF-8")
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _unreadable("it is not UTF-8") from error
    if _FORBIDDEN.search(data):
        raise Invalid("bank_file_forbidden", "A statement declares no document type and no entities.")
    parser = etree.XMLParser(
        resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise _unreadable("it is no well-formed XML") from error
    if sum(1 for _ in root.iter()) > _MOST_ELEMENTS:
        raise Invalid("bank_file_too_large", f"A statement has at most {_MOST_ELEMENTS} elements.")
    return root


def _unreadable(why: str) -> Invalid:
    return Invalid("bank_file_unreadable", f"The file cannot be read: {why}.")
