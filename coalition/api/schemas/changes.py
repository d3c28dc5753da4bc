"""The change feed on the wire."""

from __future__ import annotations

from marshmallow import Schema, fields

from coalition.kernel.web.fields import Text
from coalition.kernel.web.paging import PagingSchema

_TYPES = "Only these types of events, separated by commas; the schema of each: /api/docs/webhooks"
_SEQUENCE = "Its place in your feed: 1, 2, 3 and on, without a gap where no types are named"
_ALWAYS = "Where to go on, also where there was nothing new; it stays good while you come back within thirty days"


class ChangesQuerySchema(PagingSchema):
    """Behind which cursor, how many, and of which types."""

    types = Text(1000, load_default=None, metadata={"description": _TYPES})


class ChangeSchema(Schema):
    """An event, word for word as a webhook would say it, under the same id."""

    id = fields.String(required=True, metadata={"description": "The header webhook-id of a delivery of it"})
    type = fields.String(required=True)
    timestamp = fields.String(required=True, metadata={"format": "date-time"})
    about = fields.String(required=True)
    sequence = fields.Integer(required=True, metadata={"description": _SEQUENCE})
    test = fields.Boolean(required=True)
    data = fields.Dict(keys=fields.String(), required=True)


class ChangesSchema(Schema):
    """What has happened, the oldest first. `has_more`: there is more already, ask again at once."""

    items = fields.List(fields.Nested(ChangeSchema), required=True)
    next_cursor = fields.String(required=True, metadata={"description": _ALWAYS})
    has_more = fields.Boolean(required=True)
