"""Comparing the lists of screens with the files that they leave as."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from io import BytesIO, StringIO
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask, template_rendered
from flask.testing import FlaskClient
from openpyxl import load_workbook

from coalition.kernel.web import exporting
from coalition.kernel.web.exporting import Listing


def agreeing(app: Flask, client: FlaskClient, endpoint: str, **where: str) -> int:
    """See to it that the list of a page and both of its files hold the same; how many rows it has.

    The program is in Riga.
    """
    listing = exporting.offered()[endpoint]
    with app.test_request_context():
        page = app.url_for(endpoint, **where)
        files = {form: app.url_for(endpoint + exporting.SUFFIX, form=form, **where) for form in ("csv", "xlsx")}
    rows, text = _screen(app, client, page, listing)
    told = client.get(files["csv"]).get_data()
    lines = list(csv.reader(StringIO(told.decode("utf-8-sig"))))
    sheet = load_workbook(BytesIO(client.get(files["xlsx"]).data), data_only=True).active
    booked = [[cell.value for cell in line] for line in sheet.iter_rows(min_row=2)]
    totals = booked.pop() if any(field.total for field in listing.fields) else None

    assert all(f'href="{address}' in text for address in files.values()), endpoint
    assert told.startswith(b"\xef\xbb\xbf"), endpoint
    assert len(lines) == 1 + len(rows), endpoint
    for row, line, cells in zip(rows, lines[1:], booked, strict=True):
        assert [_plain(cell) for cell in row] == [_read(cell, kind) for cell, kind in zip(line, row, strict=True)]
        assert [_typed(cell) for cell in row] == [_typed(cell) for cell in cells], endpoint
    for at, field in enumerate(listing.fields):
        if field.total and totals:
            assert Decimal(str(totals[at])) == sum(Decimal(row[at] or 0) for row in rows), (endpoint, field.title)
    names = [cell for cell in rows[0] if isinstance(cell, str) and cell] if rows else []
    assert not rows or any(name in text for name in names), endpoint
    return len(rows)


def unlisted(app: Flask, client: FlaskClient, blueprints: tuple[str, ...], but: dict[str, str]) -> list[str]:
    """The pages of these blueprints that show a table, are not among `but`, and offer no file."""
    offered, missing = exporting.offered(), []
    for rule in app.url_map.iter_rules():
        asked = "GET" in (rule.methods or ()) and not rule.arguments and rule.endpoint.partition(".")[0] in blueprints
        if asked and rule.endpoint not in offered and rule.endpoint not in but:
            answer = client.get(rule.rule)
            text = answer.text if answer.mimetype == "text/html" else ""
            if "<table" in text or 'rel="next"' in text:
                missing.append(rule.endpoint)
    return missing


@contextmanager
def _shown(app: Flask) -> Iterator[list[dict[str, Any]]]:
    """What templates are given meanwhile."""
    seen: list[dict[str, Any]] = []

    def note(_: Flask, template: Any, context: dict[str, Any], **__: Any) -> None:
        seen.append(context)

    with template_rendered.connected_to(note, app):
        yield seen


def _screen(app: Flask, admin: FlaskClient, address: str, listing: Listing) -> tuple[list[list[Any]], str]:
    """The rows of all pages of a screen as its columns say, and the text of the first page."""
    rows: list[list[Any]] = []
    text, first = "", True
    while address:
        with _shown(app) as seen:
            answer = admin.get(address)
        assert answer.status_code == 200, (address, answer.status_code)
        context = seen[0]
        rows += [[field.cell(row, context) for field in listing.fields] for row in listing.of(context)]
        text = answer.text if first else text
        first, cursor = False, context.get("next_cursor")
        address = f"{address.partition('?cursor=')[0]}?cursor={cursor}" if cursor else ""
    return rows, text


def _plain(cell: Any) -> Any:
    """A value as the CSV's reader gets it."""
    if isinstance(cell, dt.datetime):
        return cell.replace(microsecond=0)
    return "" if cell is None else exporting.sheets.guarded(cell) if isinstance(cell, str) else cell


def _read(text: str, like: Any) -> Any:
    if isinstance(like, dt.datetime):
        return dt.datetime.fromisoformat(text)
    if isinstance(like, dt.date):
        return dt.date.fromisoformat(text)
    return text if like is None or isinstance(like, str) else Decimal(text)


def _typed(cell: Any) -> Any:
    """A value as a workbook holds it: instants without seconds' parts in the program's zone, empty texts as nothing."""
    if isinstance(cell, dt.datetime):
        local = cell.astimezone(ZoneInfo("Europe/Riga")).replace(tzinfo=None) if cell.tzinfo else cell
        return local.replace(microsecond=0)
    if isinstance(cell, dt.date):
        return dt.datetime.combine(cell, dt.time())
    if isinstance(cell, int | float | Decimal):
        return Decimal(str(cell)).normalize()
    return cell or None
