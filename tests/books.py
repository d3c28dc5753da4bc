"""Workbooks for tests: whole ones, and ones of which a part was replaced."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from typing import Any

import openpyxl
import xlsxwriter

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
FIRST_SHEET = "xl/worksheets/sheet1.xml"


def a_book(*rows: Sequence[Any], sheet: str = "Price", shared: bool = False) -> bytes:
    """An XLSX file with these rows; `shared`: its cells name texts that stand in a part of their own."""
    if shared:
        return _shared(rows, sheet)
    book = openpyxl.Workbook()
    book.active.title = sheet
    for row in rows:
        book.active.append(row)
    return saved(book)


def _shared(rows: Sequence[Sequence[Any]], name: str) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"default_date_format": "dd.mm.yyyy hh:mm:ss"}) as book:
        sheet = book.add_worksheet(name)
        for at, row in enumerate(rows):
            sheet.write_row(at, 0, row)
    return out.getvalue()


def saved(book: openpyxl.Workbook) -> bytes:
    """The file of a workbook."""
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def with_part(book: bytes, path: str, content: bytes) -> bytes:
    """The workbook with another part of this path, or with one more."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for member in old.infolist():
            if member.filename != path:
                new.writestr(member, old.read(member))
        new.writestr(path, content)
    return out.getvalue()


def with_rows(book: bytes, rows: str) -> bytes:
    """The workbook with these rows, as XML, on its first sheet."""
    sheet = f'<worksheet xmlns="{_MAIN}"><sheetData>{rows}</sheetData></worksheet>'
    return with_part(book, FIRST_SHEET, sheet.encode())
