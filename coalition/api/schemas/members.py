"""Members, their identifiers, balances and movements on the wire."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from coalition.kernel.web.fields import BoundedList, Instant, Text
from coalition.members import KINDS

_EXTERNAL_ID = 100


class IdentifierSchema(Schema):
    """An identifier as it is presented: a card, a phone, a code."""

    kind = fields.String(required=True, validate=validate.OneOf(KINDS))
    value = Text(256, required=True)


class ProfileSchema(Schema):
    """What a member told about themselves."""

    first_name = Text(100, least=0, load_default="")
    last_name = Text(100, least=0, load_default="")
    email = Text(254, least=0, load_default="")
    phone = Text(20, least=0, load_default="")
    birth_date = fields.Date(load_default=None, allow_none=True)
    locale = fields.String(load_default="en", validate=validate.OneOf(["en", "ru"]))


class ProfilePatchSchema(Schema):
    """The fields of a profile that are to change; an empty text forgets one."""

    first_name = Text(100, least=0)
    last_name = Text(100, least=0)
    email = Text(254, least=0)
    phone = Text(20, least=0)
    birth_date = fields.Date(allow_none=True)
    locale = fields.String(validate=validate.OneOf(["en", "ru"]))


class MemberPatchSchema(Schema):
    """What is to change about a member."""

    profile = fields.Nested(ProfilePatchSchema, required=True)


class ReplacementSchema(Schema):
    """The value that takes an identifier's place; its kind stays."""

    value = Text(256, required=True)


class ConsentSchema(Schema):
    """A consent: to what, when, in which wording. The purpose `profile_sharing` opens the profile to other partners."""

    purpose = Text(100, required=True)
    granted_at = Instant(required=True)
    text_version = Text(40, required=True)


class EnrolmentSchema(Schema):
    """A request to enrol a member."""

    external_id = Text(_EXTERNAL_ID, required=True)
    profile = fields.Nested(ProfileSchema, load_default=None)
    identifiers = BoundedList(fields.Nested(IdentifierSchema), 20, load_default=list)
    consents = BoundedList(fields.Nested(ConsentSchema), 20, load_default=list)


class CardRequestSchema(Schema):
    """A virtual card that is wanted, under the partner's own id of it."""

    external_id = Text(_EXTERNAL_ID, required=True)


class CardSchema(Schema):
    """A virtual card; `number` is told to whoever asks under its external id and kept as a hash alone."""

    id = fields.String(required=True)
    number = fields.String(required=True)


class KnownIdentifierSchema(Schema):
    """An identifier as partners may read it: the end of its value, never the whole."""

    id = fields.String(required=True)
    kind = fields.String(required=True)
    hint = fields.String(required=True)
    state = fields.String(required=True)
    added_at = Instant(required=True)


class MemberSchema(Schema):
    """A member. Who neither enrolled the member nor has its consent reads null for what is private.

    A member that was found to be the same person as another has the state `merged`, holds nothing, and names who it is
    today in `merged_into`; its balances, movements and identifiers are answered with that member's.
    """

    id = fields.String(required=True)
    state = fields.String(required=True)
    merged_into = fields.String(required=True, allow_none=True)
    tier = fields.String(required=True)
    enrolled_at = Instant(required=True)
    external_id = fields.String(required=True, allow_none=True)
    profile = fields.Nested(ProfileSchema, required=True, allow_none=True)
    identifiers = fields.List(fields.Nested(KnownIdentifierSchema), required=True, allow_none=True)


class ExpirationSchema(Schema):
    """Points that end at an instant: the midnight after their last usable day."""

    amount = fields.Integer(required=True)
    expires_at = Instant(required=True)


class RestrictedSchema(Schema):
    """Points of a promo account (its code): usable now at some partners, outlets or for some goods only."""

    promo_account = fields.String(required=True)
    amount = fields.Integer(required=True)


class BalanceSchema(Schema):
    """A wallet: usable now, usable later, set aside, owed; amounts in minor units of `currency`.

    Points of promo accounts stand in `restricted` (left out where there are none), not in `available`; they end among
    `next_expirations`, too.
    """

    currency = fields.String(required=True)
    available = fields.Integer(required=True)
    pending = fields.Integer(required=True)
    held = fields.Integer(required=True)
    arrears = fields.Integer(required=True)
    restricted = fields.List(fields.Nested(RestrictedSchema))
    next_expirations = fields.List(fields.Nested(ExpirationSchema), required=True)


class BalancesSchema(Schema):
    """Every wallet of a member."""

    items = fields.List(fields.Nested(BalanceSchema), required=True)
    next_cursor = fields.String(required=True, allow_none=True)


class CouponNameSchema(Schema):
    """What a coupon is called."""

    en = fields.String(required=True)
    ru = fields.String(required=True)


class MemberCouponSchema(Schema):
    """A coupon that a member holds. `opens` is the coupon that promotions ask for, `uses_max` how often it is good."""

    code = fields.String(required=True)
    name = fields.Nested(CouponNameSchema, required=True)
    opens = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf(["usable", "waiting", "used", "expired", "void"]))
    used = fields.Integer(required=True)
    uses_max = fields.Integer(required=True)
    issued_at = Instant(required=True)
    valid_from = Instant(required=True, allow_none=True)
    valid_until = Instant(required=True, allow_none=True)


class MemberCouponsSchema(Schema):
    """A page of a member's coupons, the latest first."""

    items = fields.List(fields.Nested(MemberCouponSchema), required=True)
    next_cursor = fields.String(required=True, allow_none=True)


class SourceSchema(Schema):
    """The purchase behind a movement: its rule and version for what it earned, its return for what was taken back or
    given back; `lines` are the points by line."""

    purchase_id = fields.String(required=True)
    external_id = fields.String(required=True)
    return_id = fields.String(required=True, allow_none=True)
    promotion = fields.String(required=True, allow_none=True)
    version = fields.Integer(required=True, allow_none=True)
    lines = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)


class MovementSchema(Schema):
    """A movement of points; `amount` is signed, in minor units of `currency`."""

    id = fields.String(required=True)
    kind = fields.String(required=True)
    operation = fields.String(required=True)
    amount = fields.Integer(required=True)
    currency = fields.String(required=True)
    occurred_at = Instant(required=True)
    recorded_at = Instant(required=True)
    expires_at = Instant(required=True, allow_none=True)
    external_id = fields.String(required=True)
    reason = fields.String(required=True)
    source = fields.Nested(SourceSchema, required=True, allow_none=True)


class MovementsSchema(Schema):
    """A page of movements, newest first."""

    items = fields.List(fields.Nested(MovementSchema), required=True)
    next_cursor = fields.String(required=True, allow_none=True)
