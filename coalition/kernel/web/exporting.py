"""Every list of the consoles as a file: all the rows of the screen, by its filters, as CSV or XLSX.

A page of lists offers its own reading of them (`offer`), so that a file can hold nothing else than the screen does. A
file is read chunk by chunk, each in a transaction of its own; CSV leaves while it is read. At MOST rows it ends, and
its last line says so; a list may be offered whole as CSV (`endless`). That somebody has taken a list away stands
in the audit trail.
"""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from tempfile import TemporaryFile
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Flask, Response, copy_current_request_context, request, send_file, url_for
from flask_babel import gettext

from coalition.kernel import audit, clock
from coalition.kernel.db import transact
from coalition.kernel.errors import Invalid
from coalition.kernel.web import sheets
from coalition.kernel.web.formats import viewer_zone
from coalition.kernel.web.language import language
from coalition.kernel.web.workbook import MIMETYPE, Cell, Column, Workbook

MOST = 50_000
SUFFIX = "_file"
_CHUNK = 500
Read = Callable[..., Mapping[str, Any]]
Chunk = tuple[list[list[Cell]], str | None]
Rows = str | Callable[[Mapping[str, Any]], Iterable[Any]]
_listings: dict[str, Listing] = {}


@dataclass(frozen=True, slots=True)
class Field:
    """A column of a list: its title (a lazy text), and where in a row its value is: `currency.code`, or a function.

    kind is one of `workbook.Column`'s. An amount in minor units says with `minor` where its number of decimals is: in
    the row, or in the page (`page.program.currency_decimals`). `total` adds the column up below an XLSX sheet.
    """

    title: Any
    of: str | Callable[[Any], Any]
    kind: str = "text"
    minor: str = ""
    total: bool = False

    def cell(self, row: Any, page: Mapping[str, Any]) -> Cell:
        """The value in this row; a truth becomes a word, any other thing its text."""
        value = self.of(row) if callable(self.of) else _at(row, self.of)
        if isinstance(value, bool):
            return gettext("yes") if value else ""
        if self.minor and value is not None:
            return Decimal(value).scaleb(-_at({"page": page} if self.minor.startswith("page.") else row, self.minor))
        if value is None or isinstance(value, str | int | Decimal | dt.date):
            return value
        return ", ".join(map(str, value)) if isinstance(value, list | tuple | set | frozenset) else str(value)


@dataclass(frozen=True, slots=True)
class Listing:
    """A list that can be taken away: the name of its files, how a page of it is read, and what its columns are.

    `read(cursor, limit, **where)` answers the context of the page, in which `rows` are and `next_cursor` leads on;
    `where` are the parts of the address. `endless`: all rows leave as CSV; XLSX, which is made before it leaves, ends
    at MOST all the same.
    """

    name: str
    read: Read
    rows: Rows
    fields: Sequence[Field]
    endless: bool = False

    def of(self, page: Mapping[str, Any]) -> Iterable[Any]:
        """The rows of this page."""
        return self.rows(page) if callable(self.rows) else page[self.rows]


def init_app(app: Flask) -> None:
    """Let every page know where its list can be taken away."""
    app.jinja_env.globals["export_links"] = links


def offer(
    blueprint: Blueprint, rule: str, endpoint: str, read: Read, rows: Rows, *fields: Field, endless: bool = False
) -> None:
    """Offer the list of the page `endpoint` of `blueprint` as files, at `rule` with .csv or .xlsx behind it."""
    name = f"{blueprint.name}.{endpoint}"
    _listings[name] = Listing(rule.rpartition("/")[2], read, rows, fields, endless)

    def file(form: str, **where: Any) -> Response:
        return _answer(name, form, **where)

    blueprint.add_url_rule(f"{rule}.<any(csv, xlsx):form>", endpoint + SUFFIX, file)


def whole(read: Callable[..., Mapping[str, Any]]) -> Read:
    """The reading of a list that stands on its page as a whole."""
    return lambda cursor, limit, **where: read(**where)


def offered() -> dict[str, Listing]:
    """Every list that can be taken away, by the endpoint of its page."""
    return dict(_listings)


def links() -> list[tuple[str, str]]:
    """The files that the page being shown offers, by the filters in its address: the words and the address of each."""
    endpoint = request.endpoint or ""
    if endpoint not in _listings or request.method != "GET":
        return []
    filters = {name: value for name, value in request.args.items() if name not in ("cursor", "done")}
    where: dict[str, Any] = {**filters, **(request.view_args or {})}
    address = partial(url_for, endpoint + SUFFIX)
    return [
        (gettext("CSV, commas"), address(**where | {"form": "csv", "separator": "comma"})),
        (gettext("CSV, semicolons"), address(**where | {"form": "csv", "separator": "semicolon"})),
        ("XLSX", address(**where | {"form": "xlsx"})),
    ]


def _answer(endpoint: str, form: str, **where: Any) -> Response:
    listing = _listings[endpoint]

    def chunk(cursor: str | None) -> Chunk:
        page = listing.read(cursor, _CHUNK, **where)
        if page.get("errors"):
            raise Invalid("invalid", gettext("The filters of this list cannot be read. Correct them on its page."))
        return [[field.cell(row, page) for field in listing.fields] for row in listing.of(page)], page.get(
            "next_cursor"
        )

    def begin() -> Chunk:
        audit.record("list.exported", f"list:{endpoint}", form=form)
        return chunk(None)

    # What is read while the answer is being sent has a context of its own, and leaves nothing open if it is cut off.
    read_on = copy_current_request_context(lambda cursor: transact(partial(chunk, cursor)))
    most = sys.maxsize if listing.endless and form == "csv" else MOST
    cut = [None] * (len(listing.fields) - 1)
    rows = _rows(transact(begin), read_on, most, [_cut(listing), *cut])
    if form == "xlsx":
        return _book(listing, rows)
    fallback = "semicolon" if language() == "ru" else "comma"
    separator = sheets.SEPARATORS.get(request.args.get("separator", ""), sheets.SEPARATORS[fallback])
    head = [str(field.title) for field in listing.fields]
    return sheets.download(_lines(head, rows, separator, ZoneInfo(viewer_zone())), f"{listing.name}.csv")


def _at(thing: Any, path: str) -> Any:
    for name in path.split("."):
        if thing is not None:
            thing = thing[name] if isinstance(thing, Mapping) else getattr(thing, name)
    return thing


def _rows(first: Chunk, read_on: Callable[[str], Chunk], most: int, cut: list[Cell]) -> Iterator[list[Cell]]:
    (rows, cursor), left = first, most
    while True:
        yield from rows[:left]
        if len(rows) > left or (len(rows) == left and cursor is not None):
            yield cut
        left -= len(rows)
        if cursor is None or left <= 0:
            return
        rows, cursor = read_on(cursor)


def _cut(listing: Listing) -> str:
    if listing.endless:
        return str(gettext("The list goes on: its first %(number)s rows are here. CSV has all of them.", number=MOST))
    words = "The list goes on: only its first rows are here, %(number)s of them. Narrow the filters."
    return str(gettext(words, number=MOST))


def _lines(head: list[str], rows: Iterator[list[Cell]], separator: str, zone: ZoneInfo) -> Iterator[str]:
    yield sheets.BOM + sheets.line(head, separator)
    for row in rows:
        yield sheets.line([_text(cell, separator == ";", zone) for cell in row], separator)


def _text(cell: Cell, comma: bool, zone: ZoneInfo) -> str:
    """A cell as text: an instant with its offset, an amount with all its digits, a comma where semicolons separate."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        return sheets.guarded(cell)
    if isinstance(cell, dt.datetime):
        return cell.astimezone(zone).isoformat(" ", "seconds")
    if isinstance(cell, Decimal):
        return f"{cell:f}".replace(".", "," if comma else ".")
    return str(cell)


def _book(listing: Listing, rows: Iterator[list[Cell]]) -> Response:
    columns = [Column(str(field.title), field.kind, total=field.total) for field in listing.fields]
    target = TemporaryFile()  # noqa: SIM115 - the answer closes it when it is sent
    with Workbook(target, listing.name, made_at=clock.now(), zone=viewer_zone()) as book:
        total = gettext("Total") if any(field.total for field in listing.fields) else ""
        book.sheet(listing.name, columns, rows, total=total)
    target.seek(0)
    return send_file(target, MIMETYPE, as_attachment=True, download_name=f"{listing.name}.xlsx")
