"""A registry's line at the price of a look: a purchase with which nothing is wrong, which is what most lines are.

Whatever this look does not take is parsed and read with care, so that everything wrong gets its name; a property test
holds the two to the same.
"""

from __future__ import annotations

from typing import Any, Literal, Required, TypedDict

import msgspec

from coalition.kernel.errors import Refusal
from coalition.kernel.web.json_body import countable
from coalition.purchases.lines import RightLine
from coalition.purchases.registries.kinds import Content, interpret


class _Purchase(TypedDict, total=False):
    type: Literal["purchase"]
    external_id: str
    occurred_at: str
    outlet: str
    member: dict[str, str]
    currency: str
    channel: str
    coupons: list[str]
    hold_id: str
    quote_id: str
    proof: str
    on_unknown_member: str
    points_paid: int
    payments: list[dict[str, str | int]]
    lines: Required[list[RightLine]]


_decode = msgspec.json.Decoder(_Purchase).decode
_encode = msgspec.json.Encoder().encode


def at_a_look(line: bytes) -> Content | None:
    """The purchase in a line; None where there is any doubt, or it is something else.

    The decoder takes a name that comes twice and leaves out a name that it does not know: then the line has more names
    than what came of it.
    """
    if not countable(line):
        return None
    try:
        body: Any = _decode(line)
        return interpret(body) if _encode(body).count(b'":') == line.count(b'":') else None
    except (ValueError, msgspec.MsgspecError, RecursionError, Refusal):
        return None
