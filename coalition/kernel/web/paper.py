"""What we print, as PDF: A4 pages with a title block, tables and page numbers, in the language of the reader.

A thin ground over fpdf2: a caller brings texts that are already worded and formatted (`formats`, under
`language.spoken`), and paper knows neither amounts nor a business word. The same calls give the same bytes: the only
instant in a file is the `made_at` that it is given.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from flask_babel import gettext
from fpdf import FPDF
from fpdf.enums import TableBordersLayout, XPos, YPos
from fpdf.fonts import FontFace

from coalition.kernel.web.language import language
from coalition.kernel.web.typefaces import STYLES, cut

_FAMILY = "noto"
_CLOCKED = re.compile(rb'(xmp:(?:ModifyDate|MetadataDate)=")[^"]{25}"')
_INK, _MUTED, _LINE, _TINT = (28, 27, 26), (92, 88, 84), (205, 200, 195), (245, 243, 241)
_MARGIN, _FOOT = 15, 18  # mm
_SIZE, _SMALL, _LARGE, _HUGE = 9, 7.5, 11, 17  # points


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a printed table: its heading, its share of the width, and whether it holds numbers (to the right)."""

    title: str
    width: float = 1
    number: bool = False


class Paper:
    """One document. Call what it shall show in order, then `pdf()` once."""

    def __init__(self, title: str, *, made_at: dt.datetime, author: str = "", note: str = "", wide: bool = False):
        """`note` stands at the foot of every page, beside the page's number; `wide` lays the pages on their side."""
        self._sheet = _Sheet(title, note, wide)
        self._sheet.set_creation_date(made_at.astimezone(dt.UTC))
        if author:
            self._sheet.set_author(author)
        self._sheet.add_page()

    def head(self, title: str, *lines: str, mark: str = "") -> None:
        """The title block: who we are (`mark`), what this is, and what it is about, a line each."""
        sheet = self._sheet
        if mark:
            sheet.words(mark, _SMALL, bold=True, colour=_MUTED)
        sheet.words(title, _HUGE, bold=True)
        for line in lines:
            sheet.words(line, _SIZE, colour=_MUTED)
        sheet.ln(4)

    def heading(self, text: str, aside: str = "") -> None:
        """A section begins; at least a few lines of it stay on the page with its heading."""
        sheet = self._sheet
        if sheet.will_page_break(28):
            sheet.add_page()
        sheet.ln(3)
        sheet.words(text, _LARGE, bold=True)
        if aside:
            sheet.words(aside, _SMALL, colour=_MUTED)
        sheet.ln(1)

    def text(self, text: str, *, muted: bool = False) -> None:
        """A paragraph."""
        self._sheet.words(text, _SIZE, colour=_MUTED if muted else _INK)
        self._sheet.ln(1.5)

    def facts(self, blocks: Sequence[tuple[str, Sequence[str]]]) -> None:
        """Blocks side by side: a small caption over lines, of which the first is bold."""
        sheet = self._sheet
        width = sheet.epw / max(len(blocks), 1)
        top, lowest = sheet.get_y(), sheet.get_y()
        for at, (caption, lines) in enumerate(blocks):
            left = sheet.l_margin + at * width
            sheet.set_xy(left, top)
            sheet.words(caption, _SMALL, colour=_MUTED, width=width - 4, left=left)
            for place, line in enumerate(lines):
                size, colour = (_LARGE, _INK) if place == 0 else (_SIZE, _MUTED)
                sheet.words(line, size, bold=place == 0, colour=colour, width=width - 4, left=left)
            lowest = max(lowest, sheet.get_y())
        sheet.set_xy(sheet.l_margin, lowest)
        sheet.ln(3)

    def table(self, columns: Sequence[Column], rows: Iterable[Sequence[str]], total: Sequence[str] = ()) -> None:
        """A table whose headings come again on every page; `total` is its last, bold row."""
        sheet = self._sheet
        sheet.set_font(_FAMILY, size=_SMALL + 0.5)
        sheet.set_text_color(*_INK)
        sheet.set_draw_color(*_LINE)
        sheet.set_line_width(0.2)
        with sheet.table(
            borders_layout=TableBordersLayout.HORIZONTAL_LINES,
            col_widths=tuple(column.width for column in columns),
            headings_style=FontFace(emphasis="BOLD", color=_MUTED),
            line_height=4.2,
            padding=(0.7, 1),
            text_align=tuple("RIGHT" if column.number else "LEFT" for column in columns),
            v_align="TOP",
        ) as table:
            table.row([column.title for column in columns])
            for row in rows:
                table.row(list(row))
            if total:
                table.row(list(total), style=FontFace(emphasis="BOLD", fill_color=_TINT))
        sheet.ln(2)

    def signatures(self, parties: Sequence[tuple[str, str]]) -> None:
        """A place to sign for each party: who it is, and as what."""
        sheet = self._sheet
        if sheet.will_page_break(36):
            sheet.add_page()
        sheet.ln(14)
        width, top = sheet.epw / max(len(parties), 1), sheet.get_y()
        sheet.set_draw_color(*_INK)
        for at, (name, role) in enumerate(parties):
            left = sheet.l_margin + at * width
            sheet.line(left, top, left + width - 8, top)
            sheet.set_xy(left, top + 1)
            sheet.words(name, _SIZE, bold=True, width=width - 8, left=left)
            sheet.words(role, _SMALL, colour=_MUTED, width=width - 8, left=left)

    def pdf(self) -> bytes:
        """The file. Nothing can be added afterwards."""
        return self._sheet.settled(bytes(self._sheet.output()))


class _Sheet(FPDF):
    """The pages: A4, our typeface, a running foot, and metadata that a reader and an archive understand (PDF/A-2B)."""

    def __init__(self, title: str, note: str, wide: bool) -> None:
        super().__init__("landscape" if wide else "portrait", "mm", "A4", enforce_compliance="PDF/A-2B")
        self._note = note
        with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            for style in STYLES:
                path = Path(folder) / f"noto{style}.ttf"
                path.write_bytes(cut(style))
                self.add_font(_FAMILY, style, path)
        self.set_title(title)
        self.set_lang(language())
        self.set_creator("Coalition")
        self.set_margins(_MARGIN, _MARGIN)
        self.set_auto_page_break(True, _FOOT + 4)
        self.alias_nb_pages()

    def settled(self, written: bytes) -> bytes:
        """The file with its only reading of the clock, when it was last modified, replaced by when it was made."""
        made = self.creation_date.isoformat(timespec="seconds").encode()
        return _CLOCKED.sub(lambda found: found[1] + made + b'"', written)

    def file_id(self) -> str:
        """What PDF calls a file by: drawn from its content's name, not from the clock."""
        name = sha256(f"{self.title}|{self._note}|{self.creation_date.isoformat()}|{self.page_no()}".encode())
        return f"<{name.hexdigest()[:32]}>" * 2

    def words(
        self,
        text: str,
        size: float,
        *,
        bold: bool = False,
        colour: tuple[int, int, int] = _INK,
        width: float = 0,
        left: float | None = None,
    ) -> None:
        """Text that flows within `width` mm (the whole line by default) and leaves the pen below, at `left`."""
        self.set_font(_FAMILY, "B" if bold else "", size)
        self.set_text_color(*colour)
        self.multi_cell(width, size * 0.5, text, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        if left is not None:
            self.set_x(left)

    def footer(self) -> None:
        """The foot that fpdf2 asks for on every page: the note, and which page of how many this is."""
        self.set_y(-_FOOT + 4)
        self.set_font(_FAMILY, size=_SMALL)
        self.set_text_color(*_MUTED)
        number = gettext("Page %(page)s of %(pages)s", page=self.page_no(), pages="{nb}")
        self.cell(self.epw * 0.75, 5, self._note)
        self.cell(self.epw * 0.25, 5, number, align="R")
