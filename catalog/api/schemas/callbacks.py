"""What suppliers and carriers call in. Fields that we do not use are ignored: the sender's format may grow."""

from __future__ import annotations

from marshmallow import EXCLUDE, Schema, fields

from coalition.kernel.web.fields import BoundedList, Instant, StrictInteger, Text


class _Lenient(Schema):
    class Meta:
        unknown = EXCLUDE


class ParcelLineSchema(_Lenient):
    """Pieces of one of the supplier's articles in a parcel."""

    sku = Text(100, required=True)
    qty = StrictInteger(least=1, most=1_000_000, required=True)


class ParcelSchema(_Lenient):
    """A parcel as its supplier announces it."""

    carrier = Text(40, required=True)
    tracking_no = Text(60, required=True)
    lines = BoundedList(fields.Nested(ParcelLineSchema), 100, least=1, required=True)


class SupplierCallbackSchema(_Lenient):
    """News of an order: `order.accepted`, `order.rejected`, `parcel.shipped` or `parcel.delivered`."""

    type = Text(40, required=True)
    client_ref = Text(60, required=True)
    external_id = Text(100, load_default=None, allow_none=True)
    occurred_at = Instant(required=True)
    code = Text(60, load_default=None, allow_none=True)
    parcel = fields.Nested(ParcelSchema, load_default=None, allow_none=True)


class ScanSchema(_Lenient):
    """One scan of a parcel, in the carrier's own words; a word that we do not know is no error.

    `incident` begins with `carrier_`, `retailer_`, `consignee_`, `customs_` or `weather_`. `pickup_code` opens the
    locker in which the parcel waits; only its addressee is shown it.
    """

    event_id = Text(100, load_default=None, allow_none=True)
    tracking_no = Text(60, required=True)
    status = Text(60, required=True)
    text = Text(300, least=0, load_default="")
    place = Text(120, least=0, load_default="")
    substatus = Text(60, least=0, load_default="")
    incident = Text(60, least=0, load_default="")
    action_required = fields.Boolean(load_default=False)
    pickup_code = Text(40, load_default=None, allow_none=True)
    pickup_until = Instant(load_default=None, allow_none=True)
    occurred_at = Instant(required=True)


class CarrierCallbackSchema(_Lenient):
    """Scans of one or many parcels."""

    events = BoundedList(fields.Nested(ScanSchema), 500, least=1, required=True)


class ReceivedSchema(Schema):
    """The message is stored; `duplicate` says that it had been before."""

    received = fields.Boolean(required=True)
    duplicate = fields.Boolean(required=True)
