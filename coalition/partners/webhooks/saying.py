"""What partners are told of an event, word for word: the body of a delivery, and an item of the change feed. Pure."""

from __future__ import annotations

import json
from typing import Any

from coalition.kernel import ids


def body_of(row: Any) -> str:
    """The body of a delivery: the same text in every attempt."""
    return json.dumps(content_of(row), ensure_ascii=False, separators=(",", ":"))


def content_of(row: Any) -> dict[str, Any]:
    """What is told of an event, as `types.envelope` describes it."""
    return {
        "id": public_event(row),
        "type": row.type,
        "timestamp": row.occurred_at.isoformat(),
        "about": row.about,
        "sequence": row.sequence,
        "test": row.test,
        "data": row.data,
    }


def public_event(row: Any) -> str:
    """The id under which a partner knows an event: the header webhook-id."""
    return ids.public("msg", row.event_id)
