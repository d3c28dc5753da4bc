"""Cursor paging: `limit` and `cursor` in, `items` and `next_cursor` out. A cursor is opaque and bound to its list."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from marshmallow import Schema, fields, validate

from coalition.kernel.errors import FieldError, Invalid
from coalition.kernel.web.fields import QueryInteger

T = TypeVar("T")
DEFAULT_LIMIT = 50
MAX_LIMIT = 200


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list and the cursor of the next one, None at the end."""

    items: Sequence[T]
    next_cursor: str | None = None


class PagingSchema(Schema):
    """The query of every list."""

    limit = QueryInteger(load_default=DEFAULT_LIMIT, validate=validate.Range(min=1, max=MAX_LIMIT))
    cursor = fields.String(load_default=None, validate=validate.Length(max=500))


def part_of(whole: Sequence[T], cursor: str | None, limit: int) -> Page[T]:
    """A page of a list that is short enough to be read whole; its cursor counts what came before. Invalid, too."""
    (start,) = decode_cursor(cursor, int) or (0,)
    first = max(int(start), 0)
    until = first + limit
    return Page(whole[first:until], encode_cursor(until) if len(whole) > until else None)


def place(text: str | None) -> int | None:
    """The number in an address that a page's list goes on from; None for anything that is no number of a row."""
    return int(text) if text and text.isdecimal() and len(text) < 19 else None


def encode_cursor(*position: int | str) -> str:
    """A cursor that points behind a position in a list's order."""
    return base64.urlsafe_b64encode(json.dumps(position, separators=(",", ":")).encode()).decode().rstrip("=")


def decode_cursor(cursor: str | None, *kinds: type) -> tuple[int | str, ...] | None:
    """The position behind a cursor of these kinds, None without a cursor. Raises Invalid for a foreign one."""
    if cursor is None:
        return None
    try:
        position = json.loads(base64.urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        position = None
    if not isinstance(position, list) or [type(part) for part in position] != list(kinds) or not _storable(position):
        raise _foreign()
    return tuple(position)


def decode_moment(cursor: str | None) -> tuple[dt.datetime, str] | None:
    """The position behind a cursor of an instant (ISO 8601, with its offset) and a text. Raises Invalid likewise."""
    position = decode_cursor(cursor, str, str)
    if position is None:
        return None
    try:
        at = dt.datetime.fromisoformat(str(position[0]))
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise _foreign()
    return at, str(position[1])


def _foreign() -> Invalid:
    problem = FieldError("/cursor", "bad_cursor", "Unknown cursor.")
    return Invalid("invalid", "The cursor is not one of ours.", [problem])


def _storable(position: list[int | str]) -> bool:
    """Whether the database can compare with these parts: a bigint holds each number, and no text holds a NUL."""
    return all(-(2**63) <= part < 2**63 if isinstance(part, int) else "\0" not in part for part in position)
