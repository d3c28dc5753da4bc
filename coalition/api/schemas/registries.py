"""Registries on the wire."""

from __future__ import annotations

from marshmallow import Schema, fields

from coalition.kernel.web.fields import Instant


class OpenedSchema(Schema):
    """A registry that was taken in and waits for its job."""

    id = fields.String(required=True)


class RegistrySchema(Schema):
    """How far a registry has come: every line counted was accepted, was known already (replayed), or was rejected."""

    id = fields.String(required=True)
    state = fields.String(required=True)
    lines = fields.Integer(required=True)
    accepted = fields.Integer(required=True)
    replayed = fields.Integer(required=True)
    rejected = fields.Integer(required=True)
    points_issued = fields.Integer(required=True)
    error = fields.String(required=True, allow_none=True)
    started_at = Instant(required=True, allow_none=True)
    finished_at = Instant(required=True, allow_none=True)


class RejectionSchema(Schema):
    """A line that was not recorded; `field` is a JSON pointer into it."""

    line = fields.Integer(required=True)
    code = fields.String(required=True)
    field = fields.String(required=True)
    detail = fields.String(required=True)


class RejectionsSchema(Schema):
    """A page of rejections, in the order of the file."""

    items = fields.List(fields.Nested(RejectionSchema), required=True)
    next_cursor = fields.String(required=True, allow_none=True)
