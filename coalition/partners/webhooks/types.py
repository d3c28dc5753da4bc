"""What partners may be told: every type of event with the JSON schema of its `data` and an example.

A floor declares its own types while its doors open. A type that was published keeps its fields; new ones may be added.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

TEST = "webhook.test"


@dataclass(frozen=True, slots=True)
class EventType:
    """A type by its stable name: what has happened, who is told, and the schema and an example of `data`."""

    name: str
    sentence: str
    told: str
    schema: Mapping[str, Any]
    example: Mapping[str, Any]


_types: dict[str, EventType] = {}


def declare(*types: EventType) -> None:
    """Add types that partners may choose."""
    _types.update({one.name: one for one in types})


def event_types() -> list[EventType]:
    """Every type, by name; the test event is none of them."""
    return [_types[name] for name in sorted(_types)]


def event_type(name: str) -> EventType | None:
    """The type of this name, or None."""
    return _types.get(name)


def record(**properties: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of an object that has exactly these fields."""
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }


def several(of: Mapping[str, Any], description: str) -> dict[str, Any]:
    """The schema of a list."""
    return {"type": "array", "items": dict(of), "description": description}


def envelope(data: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of the whole body of a delivery whose `data` has this schema."""
    body = record(
        id=public_id("msg", "the same in every attempt and resending; also the header webhook-id"),
        type=text("the type of the event"),
        timestamp=instant("when it happened"),
        about=text("whom or what it is about; what is about one is numbered and delivered in its order"),
        sequence={
            "type": "integer",
            "minimum": 0,
            "description": "1, 2, 3 and on, counted apart for each endpoint and each subject; in GET /changes the"
            " event's place in your feed",
        },
        test={"type": "boolean", "description": "true: nothing has happened, this is a trial"},
        data=data,
    )
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **body}


def text(description: str, *, null: bool = False) -> dict[str, Any]:
    """The schema of a text."""
    return {"type": ["string", "null"] if null else "string", "description": description}


def one_of(description: str, *values: str) -> dict[str, Any]:
    """The schema of a word out of a closed list."""
    return {"type": "string", "enum": list(values), "description": description}


def public_id(prefix: str, description: str, *, null: bool = False) -> dict[str, Any]:
    """The schema of one of our ids."""
    kind = ["string", "null"] if null else "string"
    return {"type": kind, "pattern": f"^{prefix}_[0-9a-z]{{13,26}}$", "description": description}


def instant(description: str, *, null: bool = False) -> dict[str, Any]:
    """The schema of an instant."""
    return {"type": ["string", "null"] if null else "string", "format": "date-time", "description": description}


def whole(description: str) -> dict[str, Any]:
    """The schema of a number of things."""
    return {"type": "integer", "description": description}


def amount(description: str) -> dict[str, Any]:
    """The schema of points or money, in minor units of the currency."""
    parts = {"amount": whole("how much, in minor units of the currency"), "currency": text("the code of the currency")}
    return {**record(**parts), "description": description}
