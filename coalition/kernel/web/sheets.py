"""CSV for spreadsheets: UTF-8 with a byte order mark, one header line, and no text that a spreadsheet would run."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from io import StringIO

from flask import Response

BOM = "\ufeff"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def guarded(text: str) -> str:
    """A text cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def line(cells: Iterable[str]) -> str:
    """One line of a CSV file; guard texts that others wrote with `guarded`."""
    text = StringIO()
    csv.writer(text).writerow(cells)
    return text.getvalue()


def download(lines: Iterable[str], name: str) -> Response:
    """The answer that a browser keeps as a file; `lines` may be made while it is sent."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(lines, content_type="text/csv; charset=utf-8", headers=headers)
