"""Webhooks on the wire: endpoints, their secrets, and what was delivered."""

from __future__ import annotations

from marshmallow import RAISE, Schema, fields, validate

from coalition.kernel.web.fields import BoundedList, Instant, Text
from coalition.kernel.web.paging import PagingSchema
from coalition.partners.webhooks import OVERLAP_S, STATES


class NewEndpointSchema(Schema):
    """Where to tell what: an https address, and types of events."""

    class Meta:
        unknown = RAISE

    url = Text(500, required=True)
    event_types = BoundedList(Text(60), 50, least=1, required=True)
    description = Text(200, least=0, load_default="")


class EndpointChangeSchema(Schema):
    """What is to be another; `active` switches off and on."""

    class Meta:
        unknown = RAISE

    url = Text(500)
    event_types = BoundedList(Text(60), 50, least=1)
    description = Text(200)
    active = fields.Boolean()


class EndpointSchema(Schema):
    """An endpoint. `state` is `on`, `off` by the partner, or `switched_off` by us, with the reason (failing, gone).

    Until `old_secret_ends_at` two secrets sign.
    """

    id = fields.String(required=True)
    url = fields.String(required=True)
    description = fields.String(required=True)
    event_types = fields.List(fields.String(), required=True)
    state = fields.String(required=True, validate=validate.OneOf(("on", "off", "switched_off")))
    reason = fields.String(required=True, allow_none=True)
    failing_since = Instant(required=True, allow_none=True)
    old_secret_ends_at = Instant(required=True, allow_none=True)
    created_at = Instant(required=True)


class SecretSchema(EndpointSchema):
    """An endpoint with its new secret, which is shown this once; null in a replay by Idempotency-Key."""

    secret = fields.String(required=True, allow_none=True)


class EndpointsSchema(Schema):
    """A page of a partner's endpoints, of which there are ten at most."""

    items = fields.List(fields.Nested(EndpointSchema), required=True)
    next_cursor = fields.String(required=True, allow_none=True)


class RotationSchema(Schema):
    """For how many seconds the old secret signs, too: a day, if nothing is said; 0 ends it now."""

    class Meta:
        unknown = RAISE

    overlap_s = fields.Integer(strict=True, load_default=OVERLAP_S, validate=validate.Range(min=0, max=604_800))


class TrialSchema(Schema):
    """Which type's example is to be sent; none: `webhook.test`."""

    class Meta:
        unknown = RAISE

    event_type = Text(60, load_default=None)


class ReplaySchema(Schema):
    """What is to be sent again: one delivery, or whatever died (`since` an instant; with `all`, which asks for `since`,
    what was delivered, too)."""

    class Meta:
        unknown = RAISE

    delivery_id = Text(60, load_default=None)
    since = Instant(load_default=None)
    all = fields.Boolean(load_default=False)


class ReplayedSchema(Schema):
    """How many deliveries are sent again; `more`: there are others, ask once more."""

    replayed = fields.Integer(required=True)
    more = fields.Boolean(required=True)


class StartedSchema(Schema):
    """The delivery that has been asked for."""

    delivery_id = fields.String(required=True)


class DeliveryQuerySchema(PagingSchema):
    """A list of deliveries, the newest first; only those of a state or a type, where one is named."""

    state = fields.String(load_default=None, validate=validate.OneOf(STATES))
    event_type = Text(60, load_default=None)


class AttemptSchema(Schema):
    """One call: the status that came back, or the code of why none did. `answer` is blanked after seven days."""

    no = fields.Integer(required=True)
    at = Instant(required=True)
    status = fields.Integer(required=True, allow_none=True)
    error = fields.String(required=True, allow_none=True)
    took_ms = fields.Integer(required=True)
    answer = fields.String(required=True, allow_none=True)


class DeliverySchema(Schema):
    """One event for one endpoint: `waiting`, `delivered` or `dead`, with the reason. `again`: it was asked for."""

    id = fields.String(required=True)
    event_id = fields.String(required=True, metadata={"description": "The header webhook-id"})
    type = fields.String(required=True)
    about = fields.String(required=True)
    sequence = fields.Integer(required=True)
    again = fields.Boolean(required=True)
    test = fields.Boolean(required=True)
    state = fields.String(required=True, validate=validate.OneOf(STATES))
    reason = fields.String(required=True, allow_none=True)
    attempts = fields.Integer(required=True)
    status = fields.Integer(required=True, allow_none=True)
    next_attempt_at = Instant(required=True, allow_none=True)
    created_at = Instant(required=True)
    decided_at = Instant(required=True, allow_none=True)


class DeliveryDetailSchema(DeliverySchema):
    """A delivery with the body that is sent (null once it is blanked) and the attempts made, the latest first."""

    body = fields.String(required=True, allow_none=True)
    log = fields.List(fields.Nested(AttemptSchema), required=True)


class DeliveriesSchema(Schema):
    """A page of deliveries."""

    items = fields.List(fields.Nested(DeliverySchema), required=True)
    next_cursor = fields.String(required=True, allow_none=True)
