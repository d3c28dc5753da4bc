"""What suppliers send: counts of stock and feed files; and a feed run as we answer it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, ValidationError, fields, validates_schema

from catalog import suppliers
from coalition.kernel import ids
from coalition.kernel.web.fields import BoundedList, Instant, StrictInteger, Text

_MOST_ROWS = 2_000


class StockItemSchema(Schema):
    """How many pieces of an article there are."""

    sku = Text(100, required=True)
    qty = StrictInteger(most=9_999_999, required=True)


class StockSchema(Schema):
    """A supplier's stock as counted at `snapshot_at`."""

    snapshot_at = Instant(required=True)
    items = BoundedList(fields.Nested(StockItemSchema), _MOST_ROWS, least=1, required=True)

    @validates_schema
    def _once_each(self, data: dict[str, Any], **_: Any) -> None:
        skus = [item["sku"] for item in data["items"]]
        if len(set(skus)) != len(skus):
            raise ValidationError("An article stands here twice.", "items")


class StockAppliedSchema(Schema):
    """What became of the counts: taken over, older than what we have, or of articles that we do not know."""

    applied = fields.Integer(required=True)
    outdated = fields.Integer(required=True)
    unknown_skus = fields.List(fields.String(), required=True)


class RunRequestSchema(Schema):
    """With `dry_run` the file is judged and nothing is changed."""

    dry_run = fields.Boolean(load_default=False)


class RowIssueSchema(Schema):
    """What is wrong with the offer that stands at `line_no` in the file."""

    line_no = fields.Integer(required=True)
    code = fields.String(required=True)
    severity = fields.String(required=True)
    sku = fields.String(required=True, allow_none=True)
    field = fields.String(required=True)
    value = fields.String(required=True, allow_none=True)


class FeedRunSchema(Schema):
    """A feed run: `waiting`, `running`, `applied`, `held`, `unchanged`, `previewed` or `refused`, and its counts."""

    id = fields.String(required=True)
    state = fields.String(required=True)
    dry_run = fields.Boolean(required=True)
    sha256 = fields.String(required=True, allow_none=True)
    size_bytes = fields.Integer(required=True, allow_none=True)
    rows_read = fields.Integer(required=True)
    rows_ok = fields.Integer(required=True)
    rows_quarantined = fields.Integer(required=True)
    rows_new = fields.Integer(required=True)
    rows_changed = fields.Integer(required=True)
    rows_missing = fields.Integer(required=True)
    rows_jumped = fields.Integer(required=True)
    bytes_read = fields.Integer(required=True)
    holds = fields.List(fields.String(), required=True)
    decision = fields.String(required=True, allow_none=True)
    reason_code = fields.String(required=True, allow_none=True)
    reason = fields.String(required=True, allow_none=True)
    issues = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    rows = fields.List(fields.Nested(RowIssueSchema), required=True)
    created_at = Instant(required=True)
    finished_at = Instant(required=True, allow_none=True)


def told(run: suppliers.FeedRun) -> Mapping[str, Any]:
    """The run as FeedRunSchema dumps it, with its first two hundred row issues."""
    names = [name for name in FeedRunSchema().fields if name not in ("id", "rows")]
    facts = {name: getattr(run, name) for name in names}
    return {**facts, "id": ids.public("run", run.id), "rows": suppliers.issues(run.id)}
