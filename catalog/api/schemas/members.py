"""How a request names a member, and who that is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields

from coalition import members
from coalition.kernel import ids
from coalition.kernel.errors import FieldError, Invalid, NotFound

_MOST = 256


class PresentedMember(fields.Field[Any]):
    """A member id (`mbr_...`), `kind:value`, or `{"kind", "value"}`; loaded as an id or a (kind, value) pair."""

    def __init__(self, **kwargs: Any) -> None:
        optional = [{"type": "null"}] if kwargs.get("load_default", ...) is None else []
        super().__init__(**kwargs, metadata={"oneOf": _FORMS + optional})

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        if isinstance(value, dict) and value.keys() == {"kind", "value"}:
            pair = (value["kind"], value["value"])
        elif isinstance(value, str) and len(value) <= _MOST + 20:
            if value.startswith("mbr_"):
                return value
            kind, separator, rest = value.partition(":")
            pair = (kind, rest if separator else None)
        else:
            raise ValidationError("Neither a member id nor a kind and a value.")
        known = isinstance(pair[0], str) and pair[0] in members.KINDS
        if not known or not isinstance(pair[1], str) or not 1 <= len(pair[1]) <= _MOST:
            raise ValidationError("Neither a member id nor a kind and a value.")
        return pair


_FORMS: list[dict[str, Any]] = [
    {"type": "string", "description": "A member id (mbr_...), or kind:value."},
    {
        "type": "object",
        "properties": {"kind": {"type": "string", "enum": list(members.KINDS)}, "value": {"type": "string"}},
        "required": ["kind", "value"],
    },
]


def member_named(program_id: int, partner_id: int, presented: str | tuple[str, str]) -> int:
    """The member that a partner names. Raises Invalid `unknown_member` for one that it cannot know."""
    try:
        if isinstance(presented, str):
            seen = members.seen_by(program_id, partner_id, ids.parse("mbr", presented)).member
            return seen.merged_into or seen.id
        return members.identify(program_id, partner_id, [presented])[presented]
    except (NotFound, KeyError):
        problem = FieldError("/member", "unknown_member", "Nobody in this program is known by this.")
        raise Invalid("invalid", "The member is not known.", [problem]) from None
