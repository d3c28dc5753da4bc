"""The rows of an XLSX file as texts. The file is a zip of XML, so it is looked through before anybody trusts it.

Read whole by nobody: the sheet is streamed; what has to be in memory (the shared texts) is limited.
"""

from __future__ import annotations

import datetime as dt
import zipfile
from collections.abc import Iterator
from typing import Any, BinaryIO

from catalog.suppliers.formats.offers import FeedRefused
from catalog.suppliers.formats.packing import PackingLimits, Unpacked, opened_zip

_MEMBERS = 2_000
_SHARED_BYTES = 100 << 20
_SHEET_BYTES = 2 << 30
_CHUNK = 1 << 20
_DOCTYPE = b"<!DOCTYPE"


def workbook_rows(file: BinaryIO, sheet: str | None = None) -> Iterator[list[str]]:
    """The rows of one sheet (the first unless named) that are not empty. Raises FeedRefused."""
    from openpyxl import load_workbook

    if file.read(4) != b"PK\x03\x04":
        raise FeedRefused("not_xlsx", "The file is no XLSX workbook.")
    file.seek(0)
    with opened_zip(file, _MEMBERS) as archive:
        for member in archive.infolist():
            _look_through(archive, member)
    file.seek(0)
    try:
        book = load_workbook(file, read_only=True, data_only=True, keep_links=False)
        if sheet is not None and sheet not in book.sheetnames:
            raise FeedRefused("sheet_missing", f"The workbook has no sheet {sheet!r}.")
        chosen = book[sheet] if sheet else book.worksheets[0]
        chosen.reset_dimensions()  # what the file says of its own size is not believed
        for row in chosen.iter_rows(values_only=True):
            cells = [_text(value) for value in row]
            if any(cells):
                yield cells
    except FeedRefused:
        raise
    except Exception as error:
        raise FeedRefused("broken", f"The workbook cannot be read: {type(error).__name__}") from error


def _look_through(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    """Unpack a part once, within its limits, and refuse what no workbook holds: a DOCTYPE, another encoding."""
    most = _SHARED_BYTES if "worksheets/" not in member.filename else _SHEET_BYTES
    limits = PackingLimits(unpacked_bytes=most)
    with archive.open(member) as packed:
        part, before = Unpacked(packed, member.compress_size, limits), b""  # type: ignore[arg-type]
        xml = member.filename.endswith((".xml", ".rels", ".vml"))
        while piece := part.read(_CHUNK):
            if xml and (_DOCTYPE in before + piece or b"\0" in piece):
                raise FeedRefused("entities_forbidden", "The workbook declares a document type.")
            before = piece[-len(_DOCTYPE) :]


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return value.isoformat()
    return str(value).strip()
