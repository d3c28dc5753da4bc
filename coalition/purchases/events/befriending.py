"""What a referral says of the friend who was brought: its attributes `friend`, a member's id, and `min_minor`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from coalition import members
from coalition.kernel import ids
from coalition.kernel.errors import FieldError, Invalid, NotFound

_AMOUNT_MAX = 10**12


def friend_of(attributes: Mapping[str, Any]) -> int:
    """The number of the member who was brought; 0 where a referral names none by an id. NotFound for no id of ours."""
    friend = attributes.get("friend")
    return ids.parse("mbr", friend) if isinstance(friend, str) and friend.startswith("mbr_") else 0


def least_of(attributes: Mapping[str, Any]) -> int:
    """What the friend must pay in money, in minor units, before anybody is rewarded."""
    least = attributes.get("min_minor")
    return least if type(least) is int else 1


def misled(program_id: int, partner_id: int, member_id: int, attributes: Mapping[str, Any]) -> Invalid | None:
    """What is wrong with the friend that a referral names by its id: `unknown_member`, `same_member`; None if nothing.

    Any other text is the partner's own word, and nobody's reward waits for it.
    """
    try:
        friend = friend_of(attributes)
        known = not friend or members.visible_to(partner_id, members.get(program_id, friend).id)
    except NotFound:
        known = False
    if not known:
        return _wrong("unknown_member", "friend", "This partner knows of no such member.")
    if not friend:
        return None
    if members.survivor(friend) == member_id:
        return _wrong("same_member", "friend", "Nobody brings themselves.")
    least = attributes.get("min_minor", 1)
    if type(least) is not int or not 1 <= least <= _AMOUNT_MAX:
        return _wrong("invalid", "min_minor", f"Send an integer from 1 to {_AMOUNT_MAX}.")
    return None


def _wrong(code: str, attribute: str, detail: str) -> Invalid:
    return Invalid(code, detail, [FieldError(f"/attributes/{attribute}", code, detail)])
