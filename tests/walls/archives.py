"""Archives and workbooks that nobody honest sends: bombs, names that lead out, links, directories without end.

Each is a few kilobytes long, whatever it unpacks to. Sources: the reliability plan 4.4, Fifield's zip bombs, zip-slip.
"""

from __future__ import annotations

import bz2
import gzip
import io
import zipfile
from functools import cache

from tests.catalog.builders import a_file, an_offer

_FEED = a_file(an_offer("zq-evil"))
_MANY = 33 << 20  # bytes that a bomb unpacks to: more than the free 32 MB of any door
_BOOK = {
    "[Content_Types].xml": b'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
    "xl/workbook.xml": b"<workbook/>",
}
_DTD = b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"
_XXE = b"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>"
_WAYS_OUT = {
    "a way up": "../../feed.yml",
    "a way up inside": "a/../../feed.yml",
    "a way up by backslash": "..\\..\\feed.yml",
    "an absolute name": "/etc/feed.yml",
    "a drive": "c:feed.yml",
}


def zipped(members: dict[str, bytes], *, mode: int = 0o100644, flags: int = 0) -> bytes:
    """A zip of these members, with the mode of Unix files and the flags of the general purpose field."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in members.items():
            member = zipfile.ZipInfo(name)
            member.external_attr, member.compress_type = mode << 16, zipfile.ZIP_DEFLATED
            archive.writestr(member, content, compresslevel=1)
        for member in archive.infolist():
            member.flag_bits |= flags
    return out.getvalue()


@cache
def archives() -> dict[str, bytes]:
    """Packed files of which no door takes anything, by name."""
    return {
        **{f"zip with {name}": zipped({path: _FEED}) for name, path in _WAYS_OUT.items()},
        "zip with a link": zipped({"feed.yml": b"/etc/passwd"}, mode=0o120777),
        "zip with two files": zipped({"a.yml": _FEED, "b.yml": _FEED}),
        "zip with a thousand and one entries": zipped({f"{at}.yml": b"" for at in range(1_001)}),
        "zip with a name without end": zipped({"x" * 60_000: _FEED, "y" * 60_000: _FEED}),
        "zip that says it is encrypted": zipped({"feed.yml": _FEED}, flags=1),
        "zip in a zip": zipped({"feed.zip": zipped({"feed.yml": _FEED})}),
        "zip cut off": zipped({"feed.yml": _FEED})[:-30],
        "zip of nothing": zipped({}),
        "zip bomb": zipped({"feed.yml": _head() + b" " * _MANY}),
        "gzip bomb": gzip.compress(_head() + b" " * _MANY, 1),
        "gzip in a gzip": gzip.compress(gzip.compress(_FEED)),
        "bzip2 bomb": bz2.compress(_head() + b" " * _MANY, 1),
        "bzip2 in a bzip2": bz2.compress(bz2.compress(_FEED)),
        "bzip2 cut off": bz2.compress(_FEED)[:-20],
        "bzip2 in a gzip": gzip.compress(bz2.compress(_FEED)),
    }


@cache
def workbooks() -> dict[str, bytes]:
    """Workbooks of which no door takes anything, by name."""
    return {
        "workbook of nothing": zipped({}),
        "workbook with a way up": zipped({**_BOOK, "../../xl/sharedStrings.xml": b"<sst/>"}),
        "workbook with an absolute name": zipped({**_BOOK, "/etc/passwd": b"x"}),
        "workbook with a link": zipped(_BOOK, mode=0o120777),
        "workbook bomb of texts": zipped({**_BOOK, "xl/sharedStrings.xml": b"<sst>" + b" " * _MANY}),
        "workbook bomb of cells": zipped({**_BOOK, "xl/worksheets/sheet1.xml": b"<worksheet>" + b" " * _MANY}),
        "workbook with entities": zipped({**_BOOK, "xl/workbook.xml": _DTD}),
        "workbook with an outer entity": zipped({**_BOOK, "xl/workbook.xml": _XXE}),
        "workbook with two thousand parts too many": zipped({**_BOOK, **{f"xl/{at}.xml": b"" for at in range(2_001)}}),
        "workbook that says it is encrypted": zipped(_BOOK, flags=1),
        "workbook cut off": zipped(_BOOK)[:-30],
        "workbook bomb in a gzip": gzip.compress(zipped({**_BOOK, "xl/sharedStrings.xml": b"<sst>" + b" " * _MANY})),
        "gzip bomb that begins as a workbook": gzip.compress(zipped(_BOOK) + b" " * _MANY, 1),
        "workbook cut off in a gzip": gzip.compress(zipped(_BOOK)[:-30]),
        "a table that calls itself a workbook": b"sku;title;price\nA1;x;5\n",
    }


def _head() -> bytes:
    return _FEED[: _FEED.index(b"<offer ")]
