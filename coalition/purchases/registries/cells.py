"""One row of a table into the fields of a purchase or its return, by a column mapping: exact, every wrong cell named.

Money becomes minor units and quantities thousandths by Decimal; what does not come out even is refused, never rounded.
This module knows no database and no clock.
"""

from __future__ import annotations

import csv
import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from coalition.kernel.errors import BadRequest, FieldError, Invalid, Refusal
from coalition.kernel.workbooks import ERRORS, WHAT_ERRORS_ARE
from coalition.purchases.registries.mappings import HEAD_FIELDS, ColumnMapping
from coalition.purchases.registries.streaming import Unreadable
from coalition.purchases.returns import RETURN, VOID

_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,9})?")
_BLANKS = str.maketrans("", "", " \u00a0\u202f'")
_NUL = b"\0"
_SHEETS_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}( [0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?)?")


@dataclass(slots=True)
class Row:
    """A row's values by field; `number` is its receipt, None if nobody can tell. `refusal` says what is wrong."""

    line: int
    number: str | None
    head: dict[str, Any] = field(default_factory=dict)
    item: dict[str, Any] = field(default_factory=dict)
    refusal: Refusal | None = None


class Cells:
    """A mapping bound to a file's header, in money and points of so many decimals.

    `of_sheet`: the table is a workbook's, where dates are year-month-day and errors are no texts. Raises Unreadable
    `columns_missing` if the file lacks a mapped column.
    """

    def __init__(
        self,
        mapping: ColumnMapping,
        header: bytes,
        decimals: int,
        points_decimals: int = 0,
        *,
        of_sheet: bool = False,
    ) -> None:
        self.mapping, self.of_sheet, self.headed = mapping, of_sheet, mapping.header
        titles = _titles(mapping, header) if mapping.header else None
        self.width = mapping.last_place if titles is None else len(titles)
        self.exact_width = titles is not None
        self.zone = ZoneInfo(mapping.zone)
        self.scales = {"amount": decimals, "price": decimals, "points_paid": decimals, "qty": 3, "no": 0}
        self.scales |= {"points": points_decimals, "points_redeemed": points_decimals}
        self.places = {name: _places(parts, titles) for name, parts in mapping.columns.items()}
        self.number = max(self.places.get("external_id", (0,)))
        self.readers = {name: (self._reader(name), name in HEAD_FIELDS) for name in self.places}
        self.last: dict[str, tuple[str, Any]] = {}
        counted = {} if "qty" in mapping.columns else {"qty": 1000}  # a row without a quantity column is one piece
        self.fixed = counted | {name: self._reader(name)(value) for name, value in mapping.fixed.items()}

    def row(self, line: int, text: bytes | None) -> Row:
        """The row on a line; what is wrong with it stands in its `refusal`."""
        if text is None:
            return Row(line, None, refusal=BadRequest("line_too_long", "A line may hold at most a megabyte."))
        try:
            if _NUL in text:
                raise Invalid("forbidden_character", "A text may hold no NUL.")
            cells = self._split(text.decode(self.mapping.encoding))
        except UnicodeDecodeError:
            wrong = BadRequest("not_text", f"The line is not written in {self.mapping.encoding}.")
            return Row(line, None, refusal=wrong)
        except csv.Error:
            wrong = BadRequest("not_csv", "The line's quotes do not fit together.")
            return Row(line, self._number_before(text), refusal=wrong)
        except Refusal as refusal:
            return Row(line, self._number_before(text), refusal=refusal)
        return self._values(line, cells)

    def empty(self, text: bytes | None) -> bool:
        """Whether a line is nothing but delimiters."""
        return text is not None and not text.strip(self.mapping.delimiter.encode() + b" \t\r\n")

    def _split(self, text: str) -> list[str]:
        (cells,) = csv.reader((text,), delimiter=self.mapping.delimiter, strict=True)
        while len(cells) > self.width and not cells[-1].strip():
            cells.pop()
        if len(cells) < self.width or (self.exact_width and len(cells) > self.width):
            raise BadRequest("wrong_columns", f"The line has {len(cells)} columns, not {self.width}.")
        return cells

    def _values(self, line: int, cells: Sequence[str]) -> Row:
        """The row's values; what a column says twice in a row is worked out once."""
        row, problems = Row(line, self._join(cells, "external_id")), []
        for name, value in self.fixed.items():
            (row.head if name in HEAD_FIELDS else row.item)[name] = value
        for name, (read, of_head) in self.readers.items():
            text = self._join(cells, name)
            if not text:
                continue
            known = self.last.get(name)
            try:
                value = known[1] if known and known[0] == text else read(text)
            except (ValueError, OverflowError) as error:
                problems.append(FieldError(self.title(name), "invalid", str(error)[:200]))
                continue
            self.last[name] = (text, value)
            (row.head if of_head else row.item)[name] = value
        if problems:
            row.refusal = Invalid("invalid", "One or more columns are wrong.", problems)
            if any(problem.pointer == self.title("external_id") for problem in problems):
                row.number = None
        return row

    def _join(self, cells: Sequence[str], name: str) -> str:
        places = self.places.get(name, ())
        if len(places) == 1:
            return cells[places[0]].strip()
        return " ".join(part for place in places if (part := cells[place].strip()))

    def title(self, name: str) -> str:
        """What people call a field's column."""
        return " + ".join(map(str, self.mapping.columns.get(name, (name,))))

    def _number_before(self, text: bytes) -> str | None:
        """The receipt's number of a broken line, if it stands whole before the break."""
        if _NUL in text:
            text = text[: text.index(_NUL)]
        try:
            line = text.decode(self.mapping.encoding, "replace")
            cells = next(csv.reader((line,), delimiter=self.mapping.delimiter), [])
        except csv.Error:
            return None
        return self._join(cells, "external_id") or None if self.number < len(cells) - 1 else None

    def _reader(self, name: str) -> Callable[[str], Any]:
        read = self._reader_of_text(name)
        return (lambda text: read(_sound(text))) if self.of_sheet else read

    def _reader_of_text(self, name: str) -> Callable[[str], Any]:
        if name == "occurred_at":
            return self._instant
        if name == "rate":
            return lambda text: Decimal(self._scaled(text, 6)).scaleb(-6)
        if name in self.scales:
            scale = self.scales[name]
            return lambda text: self._scaled(text, scale)
        return str

    def _scaled(self, text: str, scale: int) -> int:
        plain = text.translate(_BLANKS)
        if self.mapping.decimal == ",":
            plain = plain.replace(".", "#").replace(",", ".")
        if not _NUMBER.fullmatch(plain):
            raise ValueError(f"{text[:40]!r} is no number with the decimal mark {self.mapping.decimal!r}")
        value = Decimal(plain).scaleb(scale)
        if value != (whole := int(value)):
            raise ValueError(f"{text[:40]!r} has more than {scale} decimals")
        return whole

    def _instant(self, text: str) -> str:
        """RFC 3339. A local time that a clock change makes twice is the first one."""
        if self.of_sheet and _SHEETS_DATE.fullmatch(text):
            found = dt.datetime.fromisoformat(text)
        elif self.mapping.date_format == "iso":
            return text
        else:
            found = self._moment(text)
        local = found if found.tzinfo else found.replace(tzinfo=self.zone)
        return local.astimezone(dt.UTC).isoformat()

    def _moment(self, text: str) -> dt.datetime:
        form = self.mapping.date_format
        try:
            return dt.datetime.strptime(text, form)  # noqa: DTZ007 - the zone follows
        except ValueError as error:
            raise ValueError(f"{text[:40]!r} is no instant written like {form!r}") from error


def _sound(text: str) -> str:
    if not ERRORS.isdisjoint(text.split(" ")):
        raise ValueError(f"{text[:40]!r} is {WHAT_ERRORS_ARE}")
    return text


def _titles(mapping: ColumnMapping, header: bytes) -> list[str]:
    try:
        titles = next(csv.reader((header.decode(mapping.encoding),), delimiter=mapping.delimiter, strict=True), [])
    except (UnicodeDecodeError, csv.Error) as error:
        raise Unreadable("columns_missing") from error
    while titles and not titles[-1].strip():
        titles.pop()
    return [title.strip() for title in titles]


def _places(parts: Sequence[str | int], titles: Sequence[str] | None) -> tuple[int, ...]:
    if titles is None:
        return tuple(int(part) - 1 for part in parts)
    if any(titles.count(str(part)) != 1 for part in parts):
        raise Unreadable("columns_missing")
    return tuple(titles.index(str(part)) for part in parts)


def body(rows: Sequence[Row]) -> Mapping[str, Any]:
    """What rows of one receipt make, as JSON has it: a purchase, its return, or (a single row) a bank transaction."""
    head = rows[0].head
    if head.get("type") in (RETURN, VOID):
        return _given_back(head, [row.item for row in rows])
    member = {"kind": head.get("member_kind", "card"), "value": head["member"]} if "member" in head else None
    common = {"external_id": head.get("external_id"), "occurred_at": head.get("occurred_at"), "member": member}
    common |= _some(head, "outlet", "currency")
    if head.get("type", "purchase") != "purchase":
        if len(rows) > 1:
            raise Invalid("rows_disagree", "Only a purchase has several rows.")
        amount = {"amount": rows[0].item["amount"]} if "amount" in rows[0].item else {}
        return {**common, **_some(head, "type", "mcc", "merchant", "original"), **amount}
    lines = [_line(row.item, no) for no, row in enumerate(rows, start=1)]
    payment = {"kind": head.get("payment_kind", "card"), "amount": _total(lines), "mcc": head.get("mcc")}
    paid = {"payments": [payment]} if "payment_kind" in head or "mcc" in head else {}
    return {**common, **_some(head, "channel", "points_paid"), **paid, "lines": lines}


def _given_back(head: Mapping[str, Any], items: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """A return or a void; a quantity is what comes back, whether the till writes it with a minus or without."""
    told = _some(head, "type", "external_id", "occurred_at") | {"purchase_external_id": head.get("original")}
    if head["type"] == VOID:
        return told
    lines = [{**_some(item, "no"), "qty_m": None if item.get("qty") is None else abs(item["qty"])} for item in items]
    return {**told, "lines": lines}


def _some(of: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: of[name] for name in names if name in of}


def _line(item: Mapping[str, Any], no: int) -> dict[str, Any]:
    told = _some(item, "sku", "name", "category", "price", "amount")
    return {"no": item.get("no", no), "qty_m": item.get("qty"), **told}


def _total(lines: Sequence[Mapping[str, Any]]) -> int:
    return sum(line.get("amount", 0) for line in lines)
