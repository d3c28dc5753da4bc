"""The shapes of reconciliations on the wire. Money and points in minor units, prices per point as decimal texts."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from marshmallow import Schema, fields, validate

from coalition.kernel import ids
from coalition.kernel.web.fields import Instant, Text
from coalition.kernel.web.paging import PagingSchema
from settlement.reconciliation import CLASSES, Difference, Reconciliation, Total


class ComparingSchema(Schema):
    """Which period a file is for, and by which saved column mapping it is a table."""

    period = fields.String(required=True, validate=validate.Regexp(r"^[0-9QW-]{4,22}$"))
    mapping = Text(40, load_default=None)


class DifferencesQuerySchema(PagingSchema):
    """Which differences of a reconciliation: of one kind, of one external id."""

    kind = fields.String(load_default=None, validate=validate.OneOf(CLASSES))
    external_id = Text(100, load_default=None)


class ReconciliationOpenedSchema(Schema):
    """The reconciliation that was opened."""

    id = fields.String(required=True)


class ReconciliationSchema(Schema):
    """How far a reconciliation is. `state`: waiting, reading, finished or failed (then `error` is a code)."""

    id = fields.String(required=True)
    period = fields.String(required=True)
    starts_on = fields.Date(required=True)
    ends_on = fields.Date(required=True)
    state = fields.String(required=True)
    error = fields.String(required=True, allow_none=True)
    lines = fields.Integer(required=True)
    rejected = fields.Integer(required=True)
    sha256 = fields.String(required=True)
    created_at = Instant(required=True)
    finished_at = Instant(required=True, allow_none=True)


class ReconciliationsSchema(Schema):
    """A page of reconciliations."""

    items = fields.List(fields.Nested(ReconciliationSchema), required=True)
    next_cursor = fields.String(required=True, allow_none=True)


class SideSchema(Schema):
    """What one side says; null is nothing."""

    amount = fields.Integer(required=True, allow_none=True)
    points = fields.Integer(required=True, allow_none=True)
    points_redeemed = fields.Integer(required=True, allow_none=True)


class PricedSideSchema(SideSchema):
    """What one side says of one external id."""

    rate = fields.String(required=True, allow_none=True)


class ReconciliationTotalSchema(Schema):
    """How many external ids are of a kind (`matched`, or a kind of difference), and what the sides say in sum."""

    kind = fields.String(required=True)
    count = fields.Integer(required=True)
    yours = fields.Nested(SideSchema, required=True)
    ours = fields.Nested(SideSchema, required=True)


class DifferenceSchema(Schema):
    """One external id in which your file and our books differ, in one way.

    `line` is the first line of the file that names it, `lines` how many do; `booked_on` the day on which we settle it.
    """

    id = fields.String(required=True)
    kind = fields.String(required=True)
    external_id = fields.String(required=True)
    line = fields.Integer(required=True, allow_none=True)
    lines = fields.Integer(required=True)
    occurred_on = fields.Date(required=True, allow_none=True)
    booked_on = fields.Date(required=True, allow_none=True)
    movement = fields.String(required=True, allow_none=True)
    yours = fields.Nested(PricedSideSchema, required=True)
    ours = fields.Nested(PricedSideSchema, required=True)


class ReconciliationDetailSchema(ReconciliationSchema):
    """A reconciliation with its totals and a page of differences."""

    totals = fields.List(fields.Nested(ReconciliationTotalSchema), required=True)
    items = fields.List(fields.Nested(DifferenceSchema), required=True)
    next_cursor = fields.String(required=True, allow_none=True)


class ReconciliationRejectionSchema(Schema):
    """A line that could not be read."""

    line = fields.Integer(required=True)
    code = fields.String(required=True)
    field = fields.String(required=True)
    detail = fields.String(required=True)


class ReconciliationRejectionsSchema(Schema):
    """A page of lines that could not be read."""

    items = fields.List(fields.Nested(ReconciliationRejectionSchema), required=True)
    next_cursor = fields.String(required=True, allow_none=True)


def run_told(at: Reconciliation) -> dict[str, Any]:
    """A reconciliation as `ReconciliationSchema` shows it."""
    names = ("period", "starts_on", "ends_on", "state", "error", "lines", "rejected", "sha256", "created_at")
    told = {name: getattr(at, name) for name in names}
    return {"id": ids.public("rcn", at.id), **told, "finished_at": at.finished_at}


def total_told(one: Total) -> dict[str, Any]:
    """A total as `ReconciliationTotalSchema` shows it."""
    return {
        "kind": one.kind,
        "count": one.count,
        "yours": _side(one.their_amount_minor, one.their_points, one.their_redeemed),
        "ours": _side(one.our_amount_minor, one.our_points, one.our_redeemed),
    }


def difference_told(one: Difference) -> dict[str, Any]:
    """A difference as `DifferenceSchema` shows it."""
    names = ("kind", "external_id", "line", "lines", "occurred_on", "booked_on")
    yours = _side(one.their_amount_minor, one.their_points, one.their_redeemed)
    ours = _side(one.our_amount_minor, one.our_points, one.our_redeemed)
    return {
        "id": ids.public("dif", one.id),
        **{name: getattr(one, name) for name in names},
        "movement": one.movement_id,
        "yours": {**yours, "rate": _rate(one.their_rate)},
        "ours": {**ours, "rate": _rate(one.our_rate)},
    }


def _side(amount: int | None, points: int | None, redeemed: int | None) -> dict[str, int | None]:
    return {"amount": amount, "points": points, "points_redeemed": redeemed}


def _rate(value: Decimal | None) -> str | None:
    return None if value is None else f"{value.normalize():f}"
