"""Schema fields for the API: strict integers, bounded texts, aware instants, and amounts with their currency."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from coalition.kernel import clock

_DIGITS = re.compile(r"-?[0-9]{1,18}")
# A quarter of the range: sums of several amounts still fit into a bigint.
AMOUNT_MAX = 10**15


class StrictInteger(fields.Integer):
    """A JSON integer between `least` and `most`, and nothing that merely looks like one (`true`, `"5"`, 5.0)."""

    def __init__(self, least: int = 0, most: int = AMOUNT_MAX, **kwargs: Any) -> None:
        super().__init__(strict=True, validate=validate.Range(min=least, max=most), **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> int:
        if type(value) is not int:
            raise ValidationError("Not an integer.")
        return value


class QueryInteger(fields.Integer):
    """An integer of a query string: plain decimal digits, with a minus at most; not `1_000`, no other script's."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> int:
        if not isinstance(value, str) or not _DIGITS.fullmatch(value):
            raise ValidationError("Not an integer.")
        return int(value)


class Text(fields.String):
    """A text of `least` to `most` characters, none of them NUL, which PostgreSQL cannot store."""

    def __init__(self, most: int, *, least: int = 1, **kwargs: Any) -> None:
        super().__init__(validate=validate.Length(min=least, max=most), **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        text = str(super()._deserialize(value, attr, data, **kwargs))
        if "\0" in text:
            raise ValidationError("A text may not hold NUL.")
        return text


class BoundedList(fields.List[Any]):
    """A list of `least` to `most` items, counted before one of them is read: a million wrong ones cost nothing."""

    def __init__(
        self, inner: fields.Field[Any] | type[fields.Field[Any]], most: int, *, least: int = 0, **kwargs: Any
    ) -> None:
        self._bounds = validate.Length(min=least or None, max=most)
        super().__init__(inner, validate=self._bounds, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> list[Any]:
        if isinstance(value, list):
            self._bounds(value)
        return list(super()._deserialize(value, attr, data, **kwargs))


class Instant(fields.AwareDateTime):
    """An RFC 3339 instant with an offset, between the years 2000 and 2100; answered in UTC."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="iso", default_timezone=None, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> dt.datetime:
        if not isinstance(value, str) or len(value) > 40:
            raise self.make_error("invalid", input=value, obj_type="datetime")
        instant: dt.datetime = super()._deserialize(value, attr, data, **kwargs)
        if not 2000 <= instant.year < 2100:
            raise ValidationError("The year must lie between 2000 and 2099.")
        return instant.astimezone(dt.UTC)

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else clock.written(value)


class PointsSchema(Schema):
    """An amount in the minor unit of a currency of the program."""

    amount = StrictInteger(least=1, required=True)
    currency = Text(16, required=True)


class AmountSchema(Schema):
    """An amount that we answer: it may be zero or, for a movement, negative."""

    amount = fields.Integer(required=True)
    currency = fields.String(required=True)
