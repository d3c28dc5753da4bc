"""CSV for spreadsheets: UTF-8 with a byte order mark, one header line, and no text that a spreadsheet would run.

A text counts as a formula, too, where blanks, quotes or full-width signs hide its first sign.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from io import StringIO

from flask import Response

BOM = "\ufeff"
SEPARATORS = {"comma": ",", "semicolon": ";"}
_FORMULA = re.compile(r"""[\t\r]|[\s"'\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20]""")


def guarded(text: str) -> str:
    """A text cell that no spreadsheet takes for a formula."""
    return f"'{text}" if _FORMULA.match(text) else text


def line(cells: Iterable[str], separator: str = ",") -> str:
    """One line of a CSV file; guard texts that others wrote with `guarded`."""
    text = StringIO()
    csv.writer(text, delimiter=separator).writerow(cells)
    return text.getvalue()


def download(lines: Iterable[str], name: str) -> Response:
    """The answer that a browser keeps as a file; `lines` may be made while it is sent."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(lines, content_type="text/csv; charset=utf-8", headers=headers)
