"""A line of a partner's own file: what it says of one receipt. Pure: no database, no clock.

NDJSON has our own names (`external_id`, `occurred_at`, `amount`, `points`, `points_redeemed`, `rate`), and so has a
table without a mapping. A line of a registry, as it is sent to POST /registries, is one, too: what is not compared is
not read. Any other table comes as rows by a saved column mapping. Whatever a line leaves out is not compared.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from coalition.kernel.errors import BadRequest, FieldError, Invalid, Refusal
from coalition.kernel.web.json_body import parse_object
from coalition.purchases import RETURN, VOID, Row

AMOUNT_MAX = 10**12
EXTERNAL_ID_MAX = 100
_RATE_PLACES = 6
_BACK = (RETURN, VOID)


@dataclass(frozen=True, slots=True)
class FileLine:
    """What one line says: money and points in minor units, negative where they went back; None is not said.

    `rate` is the price per whole point that the partner has reckoned with.
    """

    line: int
    external_id: str
    occurred_on: dt.date | None
    amount_minor: int | None
    points: int | None
    redeemed: int | None
    rate: Decimal | None


def of_text(line: int, text: bytes | None, zone: ZoneInfo) -> FileLine:
    """A line of NDJSON. Raises BadRequest and Invalid for what cannot be read."""
    if text is None:
        raise BadRequest("line_too_long", "A line may hold at most a megabyte.")
    return of_body(line, parse_object(text), zone)


def of_body(line: int, body: Mapping[str, Any], zone: ZoneInfo) -> FileLine:
    """The same of a line that is an object already. Raises Invalid."""
    amount = body.get("amount")
    if amount is None and isinstance(body.get("lines"), list):
        amount = _sum(body["lines"])
    return _line(line, body, amount, zone)


def of_row(row: Row, zone: ZoneInfo) -> FileLine:
    """A row of a table. Raises its refusal."""
    if row.refusal:
        raise row.refusal
    return _line(row.line, {**row.head, **row.item}, row.item.get("amount"), zone)


def told(refusal: Refusal) -> tuple[str, str, str]:
    """Why a line was rejected: code, field and sentence."""
    if refusal.errors:
        first = refusal.errors[0]
        return first.code, first.pointer, first.detail
    return refusal.code, "", refusal.detail


def _line(line: int, said: Mapping[str, Any], amount: Any, zone: ZoneInfo) -> FileLine:
    external_id, sign = said.get("external_id"), -1 if said.get("type") in _BACK else 1
    if not isinstance(external_id, str) or not 1 <= len(external_id) <= EXTERNAL_ID_MAX:
        code = "required" if external_id is None else "invalid"
        raise _wrong("external_id", code, f"A line has an external id of 1 to {EXTERNAL_ID_MAX} characters.")
    return FileLine(
        line,
        external_id,
        _day(said.get("occurred_at"), zone),
        _back(_integer("amount", amount), sign),
        _back(_integer("points", said.get("points")), sign),
        _back(_integer("points_redeemed", said.get("points_redeemed")), sign),
        _rate(said.get("rate")),
    )


def _integer(name: str, value: Any) -> int | None:
    if value is None:
        return None
    if type(value) is not int or not -AMOUNT_MAX <= value <= AMOUNT_MAX:
        raise _wrong(name, "invalid", f"Write whole minor units, at most {AMOUNT_MAX}.")
    return value


def _back(value: int | None, sign: int) -> int | None:
    """What goes back is negative, whether a line says so by its sign or by its type."""
    return value if value is None or sign > 0 or value < 0 else -value


def _sum(lines: list[Any]) -> int:
    """The total of a receipt of the registry's form."""
    return sum(_integer("amount", one.get("amount")) or 0 for one in lines if isinstance(one, dict))


def _rate(value: Any) -> Decimal | None:
    if value is None or isinstance(value, Decimal):
        return value
    try:
        found = Decimal(value) if isinstance(value, str) else None
    except InvalidOperation:
        found = None
    if found is None or not found.is_finite() or abs(found) >= AMOUNT_MAX or found != round(found, _RATE_PLACES):
        raise _wrong("rate", "invalid", "Write a price per point as a text with at most six decimals.")
    return found


def _day(value: Any, zone: ZoneInfo) -> dt.date | None:
    """The business day of an instant or a date; a local time without an offset is the program's."""
    if value is None:
        return None
    try:
        if len(value) == 10:
            return dt.date.fromisoformat(value)
        found = dt.datetime.fromisoformat(value)
        return (found.astimezone(zone) if found.tzinfo else found).date()
    except (TypeError, ValueError, OverflowError) as error:
        raise _wrong("occurred_at", "invalid", "Write a date, or an instant as RFC 3339 has it.") from error


def _wrong(name: str, code: str, detail: str) -> Invalid:
    return Invalid("invalid", "The line cannot be read.", [FieldError(f"/{name}", code, detail)])
