"""What the page on webhooks shows: verifying a body, following the change feed, and each type with its fields."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from coalition.partners.webhooks import EventType, envelope

VERIFYING = """\
from standardwebhooks import Webhook  # pip install standardwebhooks

def receive(headers: dict[str, str], body: bytes) -> None:
    event = Webhook("whsec_...").verify(body, headers)  # raises for a forgery, or one older than five minutes
    if already_done(event["id"]):                       # it may come twice
        return
    print(event["type"], event["about"], event["sequence"], event["data"])
"""
FOLLOWING = """\
while True:
    page = get("/api/v1/changes", cursor=place.cursor)  # the first time without one
    with database.transaction():                        # both, or neither
        for event in page["items"]:
            if event["data"].get("client_id") != OUR_CLIENT:  # else it is what we have changed ourselves
                follow(event)
        place.cursor = page["next_cursor"]
    if not page["has_more"]:
        sleep(10)
"""


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a body: where it stands (`awards[].points.amount`), its schema, and what it means."""

    path: str
    schema: Mapping[str, Any]
    words: str


@dataclass(frozen=True, slots=True)
class Sample:
    """A type with the fields of its `data`, and an example of a body as it is sent."""

    name: str
    sentence: str
    told: str
    fields: list[Field]
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
    example = json.dumps(body, indent=2, ensure_ascii=False)
    return Sample(of.name, of.sentence, of.told, list(_fields(of.schema)), example)


def around() -> list[Field]:
    """The fields that every body has, whatever its `data`."""
    return list(_fields(envelope({"type": "object", "description": "what has happened, by the type; see below"})))


def _fields(schema: Mapping[str, Any], before: str = "") -> Iterator[Field]:
    """The fields of an object and of what is in them, in the order of the schema."""
    for name, one in schema["properties"].items():
        several = one.get("type") == "array"
        yield Field(before + name, one, str(one.get("description", "")))
        for inner in [one["items"]] if several else one.get("anyOf", [one]):
            if "properties" in inner:
                yield from _fields(inner, f"{before}{name}{'[]' if several else ''}.")
