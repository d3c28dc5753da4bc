"""A member's own data on the wire."""

from __future__ import annotations

from marshmallow import Schema, fields

from coalition.api.schemas.members import KnownIdentifierSchema, MovementSchema, ProfileSchema
from coalition.kernel.web.fields import Instant


class MeSchema(Schema):
    """The member for whom the token speaks, with the identifiers that are in force."""

    id = fields.String(required=True)
    tier = fields.String(required=True)
    enrolled_at = Instant(required=True)
    profile = fields.Nested(ProfileSchema, required=True)
    identifiers = fields.List(fields.Nested(KnownIdentifierSchema), required=True)


class OwnMovementSchema(MovementSchema):
    """A movement as the member sees it: `partner` is the code of whoever booked it."""

    partner = fields.String(required=True, allow_none=True)


class OwnMovementsSchema(Schema):
    """A page of movements, newest first."""

    items = fields.List(fields.Nested(OwnMovementSchema), required=True)
    next_cursor = fields.String(required=True, allow_none=True)


class ProofRequestSchema(Schema):
    """Asking for a code says nothing more: an empty body, or none."""


class ProofSchema(Schema):
    """A one-time code: `code` for people to say, `payload` for a QR code that says the same to a scanner."""

    code = fields.String(required=True)
    payload = fields.String(required=True)
    expires_at = Instant(required=True)
