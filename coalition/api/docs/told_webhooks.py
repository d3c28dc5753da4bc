"""What the page on webhooks shows: how a body is verified, and each type of events with an example of a whole body."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from coalition.partners.webhooks import EventType

VERIFYING = """\
from standardwebhooks import Webhook  # pip install standardwebhooks

def receive(headers: dict[str, str], body: bytes) -> None:
    event = Webhook("whsec_...").verify(body, headers)  # raises for a forgery, or one older than five minutes
    if already_done(event["id"]):                       # it may come twice
        return
    print(event["type"], event["about"], event["sequence"], event["data"])
"""


@dataclass(frozen=True, slots=True)
class Sample:
    """A type with the names of its fields in words, and an example of a body as it is sent."""

    name: str
    sentence: str
    told: str
    fields: list[tuple[str, str]]
    example: str


def sample(of: EventType) -> Sample:
    """A type as the page shows it."""
    body = {
        "id": "msg_000000000003f",
        "type": of.name,
        "timestamp": "2026-11-20T09:30:00+00:00",
        "about": of.example.get("member_id") or next(str(value) for value in of.example.values() if value),
        "sequence": 12,
        "test": False,
        "data": of.example,
    }
    fields = [(name, _words(schema)) for name, schema in of.schema["properties"].items()]
    return Sample(of.name, of.sentence, of.told, fields, json.dumps(body, indent=2, ensure_ascii=False))


def _words(schema: dict[str, Any]) -> str:
    return str(schema.get("description") or schema.get("items", {}).get("description") or schema.get("type", ""))
