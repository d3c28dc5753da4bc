"""A file of outlets: tried first, then kept, both by the very same reading. All of it is kept, or nothing.

A line names an outlet by its code: an unknown one is opened, a known one becomes what the line says; columns that the
file does not have stay as they are, and outlets that it does not name, too.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from io import StringIO

from coalition import programs
from coalition.kernel import audit
from coalition.partners.directory import entities_of, get
from coalition.partners.places.card import COLUMNS, Card, read
from coalition.partners.places.keeping import Kept, add, all_kept, change

ROWS_MAX = 5_000
ERRORS_SHOWN = 200
_CELL_MAX = 10_000


@dataclass(frozen=True, slots=True)
class RowError:
    """What is wrong in a line (the first one holds the headings): the column, a stable code and the value."""

    row: int
    column: str
    code: str
    value: str


@dataclass(slots=True)
class Brought:
    """What a file comes to: outlets opened, changed and left as they were, and every error (the first 200 are kept)."""

    rows: int = 0
    added: int = 0
    changed: int = 0
    same: int = 0
    wrong: int = 0
    errors: list[RowError] = field(default_factory=list)

    def refuse(self, row: int, column: str, code: str, value: str = "") -> None:
        """Note an error."""
        self.wrong += 1
        if len(self.errors) < ERRORS_SHOWN:
            self.errors.append(RowError(row, column, code, value[:80]))


def bring(partner_id: int, content: bytes, *, dry_run: bool) -> Brought:
    """Read a file of outlets; without errors, and unless it is only tried, keep it. Locks each outlet it changes."""
    found = Brought()
    lines = list(_lines(content, found))
    known = all_kept(partner_id, [line["code"].strip() for _, line in lines])
    cards = list(_cards(partner_id, lines, known, found))
    if found.wrong or dry_run:
        return found
    for card in sorted(cards, key=lambda one: one.code):
        if card.code not in known:
            add(partner_id, card)
        elif known[card.code].card != card:
            change(partner_id, card)
    audit.record("outlet.brought", f"partner:{partner_id}", added=found.added, changed=found.changed)
    return found


def _cards(
    partner_id: int, lines: list[tuple[int, dict[str, str]]], known: Mapping[str, Kept], found: Brought
) -> Iterator[Card]:
    entities = {one.code: one for one in entities_of(partner_id)}
    first = next(iter(entities), "")
    zone = _zone_of(partner_id)
    named = Counter(line["code"].strip() for _, line in lines)
    for row, line in lines:
        code = line["code"].strip()
        before = known.get(code)
        base = before.card.texts() if before else {"entity": first, "zone": zone}
        card, wrong = read({**base, **line}, entities)
        for one in wrong:
            found.refuse(row, one.column, one.code, one.value)
        if code and named[code] > 1:
            found.refuse(row, "code", "code_in_use", code)
        if card is not None:
            found.added += before is None
            found.changed += before is not None and before.card != card
            found.same += before is not None and before.card == card
            yield card


def _lines(content: bytes, found: Brought) -> Iterator[tuple[int, dict[str, str]]]:
    """The lines that can be read, each with its number in the file."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        found.refuse(1, "", "not_utf8")
        return
    if "\0" in text:
        found.refuse(1, "", "forbidden_character")
        return
    heading = text.partition("\n")[0]
    reader = csv.reader(
        StringIO(text, newline=""), delimiter=";" if heading.count(";") > heading.count(",") else ",", strict=True
    )
    try:
        columns = [name.strip().lower() for name in next(reader, [])]
        if _headed(columns, found):
            yield from _body(reader, columns, found)
    except csv.Error:
        found.refuse(reader.line_num, "", "not_csv")


def _headed(columns: list[str], found: Brought) -> bool:
    for name in columns:
        if name not in COLUMNS:
            found.refuse(1, name[:40], "unknown_column", name)
        elif columns.count(name) > 1:
            found.refuse(1, name, "code_in_use", name)
    if "code" not in columns:
        found.refuse(1, "code", "required")
    return not found.wrong


def _body(reader: Iterator[list[str]], columns: list[str], found: Brought) -> Iterator[tuple[int, dict[str, str]]]:
    for row, cells in enumerate(reader, start=2):
        if not any(cell.strip() for cell in cells):
            continue
        found.rows += 1
        if found.rows > ROWS_MAX:
            found.refuse(row, "", "too_many_lines")
            return
        if len(cells) != len(columns):
            found.refuse(row, "", "wrong_columns", str(len(cells)))
        elif long := next((name for name, cell in zip(columns, cells, strict=True) if len(cell) > _CELL_MAX), None):
            found.refuse(row, long, "too_long")
        else:
            yield row, dict(zip(columns, cells, strict=True))


def _zone_of(partner_id: int) -> str:
    return programs.get(get(partner_id).program_id).zone
