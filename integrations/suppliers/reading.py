"""Reading foreign facts: a value as we can keep it, or nothing; nobody's JSON makes us raise."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from catalog.ports import Caps, SupplierAccess
from integrations.signed import text

_MOST_MINOR = 10**15
_AMOUNT = re.compile(r"([0-9]{1,13})(?:\.([0-9]{1,2}))?")
_KNOWN = frozenset(one.name for one in fields(Caps))


def overridden(caps: Caps, ctx: SupplierAccess) -> Caps:
    """The protocol's capabilities with those in which this supplier differs."""
    return replace(caps, **{name: value for name, value in ctx.overrides.items() if name in _KNOWN})


def bearer(ctx: SupplierAccess, _: object) -> Mapping[str, str]:
    """Admission by the supplier's token."""
    return {"Authorization": f"Bearer {ctx.token}"}


def mapping(value: object) -> Mapping[str, Any]:
    """A foreign object; an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def mappings(value: object) -> list[Mapping[str, Any]]:
    """The objects of a foreign list; none for anything else."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def word(value: object, most: int = 100) -> str:
    """A foreign word, nothing if it cannot be kept whole."""
    return text(value, most) if isinstance(value, str) and len(value) <= most else ""


def whole(value: object) -> int | None:
    """A foreign count or amount in minor units within reason."""
    return value if type(value) is int and 0 <= value <= _MOST_MINOR else None


def minor(value: object) -> int | None:
    """An amount in whole units with at most two decimals (`"123.45"`), in minor units."""
    read = _AMOUNT.fullmatch(word(value, 30))
    return int(read[1]) * 100 + int((read[2] or "").ljust(2, "0")) if read else None


def moment(value: object) -> dt.datetime | None:
    """A foreign moment that names its zone."""
    try:
        read = dt.datetime.fromisoformat(word(value, 40))
    except ValueError:
        return None
    return read.astimezone(dt.UTC) if read.tzinfo else None


def reason(facts: Mapping[str, Any], otherwise: str = "refused") -> str:
    """Why something was refused, in the other side's own words."""
    return word(facts.get("code"), 80) or otherwise
