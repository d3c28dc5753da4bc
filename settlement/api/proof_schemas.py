"""The shapes of heads, keys and countersignatures on the wire. Roots are SHA-256 in hex, proofs are texts."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from coalition.kernel.web.fields import Instant, QueryInteger

_SIZE = validate.Range(1, 2**62)


class ConsistencyQuerySchema(Schema):
    """The query of a consistency proof: the size of the older tree."""

    older = QueryInteger(required=True, validate=_SIZE, data_key="from", attribute="from")


class HeadSchema(Schema):
    """A signed head: the tree's size and root, and who has countersigned it."""

    size = fields.Integer(required=True)
    root = fields.String(required=True)
    signed_at = Instant(required=True)
    witnesses = fields.List(fields.String(), required=True)


class HeadsSchema(Schema):
    """A page of heads, the newest first, and the keys that sign them (`name+id+Base64`), the oldest key first."""

    keys = fields.List(fields.String(), required=True)
    items = fields.List(fields.Nested(HeadSchema), required=True)
    next_cursor = fields.String(required=True, allow_none=True)


class WitnessSchema(Schema):
    """A witness's key."""

    key = fields.String(required=True, validate=validate.Length(1, 400))


class CosignatureSchema(Schema):
    """A checkpoint with the line of a witness added."""

    checkpoint = fields.String(required=True, validate=validate.Length(1, 65_536))


class CosignedSchema(Schema):
    """Which witness has countersigned which head."""

    witness = fields.String(required=True)
    size = fields.Integer(required=True)
    signed_at = Instant(required=True)
