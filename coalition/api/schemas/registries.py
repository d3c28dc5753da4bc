"""Registries on the wire."""

from __future__ import annotations

from typing import Any

from marshmallow import RAISE, Schema, fields

from coalition.kernel.web.fields import AmountSchema, Instant, Text


class SendingSchema(Schema):
    """How a file is to be taken: the name of a saved column mapping if it is a table or foreign; `dry_run` checks it.

    `source` is the code of the source that it comes by, which may have a mapping of its own.
    """

    mapping = Text(40, load_default=None)
    source = Text(40, load_default=None)
    dry_run = fields.Boolean(load_default=False)


class MappingSchema(Schema):
    """How a table is to be read; what is wrong in it is found by the room that saves it, the fields document it.

    `columns` names for each field its column, or up to five that are joined by a space: the title, or the place from 1
    without a header; of NDJSON a field of the object, or a field of one in it (`receipt.no`). `date_format` is `iso` or
    a strptime format of local time in `zone`. `grouping` is `row` (a receipt a row) or `receipt` (rows that follow one
    another under one number). `sheet` is the sheet of a workbook, the first unless named; delimiter and encoding are
    for texts alone. `fixed` are values of every row.
    """

    class Meta:
        unknown = RAISE

    delimiter = fields.String()
    encoding = fields.String()
    decimal = fields.String()
    date_format = fields.String()
    zone = fields.String()
    header = fields.Boolean()
    grouping = fields.String()
    sheet = fields.String(allow_none=True)
    fixed = fields.Dict(keys=fields.String(), values=fields.String())
    columns = fields.Dict(keys=fields.String(), values=fields.Raw(), required=True)

    def load(self, data: Any, **_: Any) -> dict[str, Any]:  # type: ignore[override]
        """The definition as it came."""
        return dict(data)


class SavedMappingSchema(MappingSchema):
    """A saved mapping."""

    name = fields.String(required=True)
    version = fields.Integer(required=True)


class SavedMappingsSchema(Schema):
    """A partner's mappings by name."""

    items = fields.List(fields.Nested(SavedMappingSchema), required=True)
    next_cursor = fields.String(required=True, allow_none=True)


class OpenedSchema(Schema):
    """A registry that was taken in and waits for its job."""

    id = fields.String(required=True)


class RegistrySchema(Schema):
    """How far a registry has come: every line was accepted, known already (replayed), rejected, or waits (suspended).

    A receipt of several rows counts as one line. `suspended` are purchases of unknown members, with what came back of
    them: each becomes accepted when its member appears. Of a `dry_run` nothing was written. `issued` are the points
    that the accepted lines brought, currency by currency; `points_issued` is the sum of these numbers.
    """

    id = fields.String(required=True)
    state = fields.String(required=True)
    dry_run = fields.Boolean(required=True)
    lines = fields.Integer(required=True)
    accepted = fields.Integer(required=True)
    replayed = fields.Integer(required=True)
    rejected = fields.Integer(required=True)
    suspended = fields.Integer(required=True)
    points_issued = fields.Integer(required=True)
    issued = fields.List(fields.Nested(AmountSchema), required=True)
    error = fields.String(required=True, allow_none=True)
    started_at = Instant(required=True, allow_none=True)
    finished_at = Instant(required=True, allow_none=True)


class RejectionSchema(Schema):
    """A line that was not recorded; `field` is a JSON pointer into it, or a table's column."""

    line = fields.Integer(required=True)
    code = fields.String(required=True)
    field = fields.String(required=True)
    detail = fields.String(required=True)


class RejectionsSchema(Schema):
    """A page of rejections, in the order of the file."""

    items = fields.List(fields.Nested(RejectionSchema), required=True)
    next_cursor = fields.String(required=True, allow_none=True)
