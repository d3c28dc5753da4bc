"""What leaves as CSV opens as text, never as a formula."""

from __future__ import annotations

import csv
from io import StringIO

import pytest

from coalition.kernel.web import sheets


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "\u00a0=1", '"=1', "\uff1d1+1"])
def test_no_text_cell_is_a_formula(text: str) -> None:
    assert sheets.guarded(text) == f"'{text}"


def test_a_line_is_read_back_as_it_was() -> None:
    cells = ["a,b", 'say "so"', "two\nlines", ""]

    assert next(csv.reader(StringIO(sheets.line(cells)))) == cells
