"""What a tier or a subscription brings: a closed set of benefits, because rules and pages must know each of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from coalition.kernel.errors import FieldError, Invalid

ONCE_BP = 10_000
_MOST_BP = 100_000


@dataclass(frozen=True, slots=True)
class Benefits:
    """Base awards times `earn_x_bp` / 10,000 (from once to ten times), and whether delivery costs nothing."""

    earn_x_bp: int = ONCE_BP
    delivery_free: bool = False

    def __or__(self, other: Benefits) -> Benefits:
        """The better of each."""
        return Benefits(max(self.earn_x_bp, other.earn_x_bp), self.delivery_free or other.delivery_free)

    def stored(self) -> dict[str, Any]:
        """What differs from no benefit at all, as it is kept."""
        told = {"earn_x_bp": self.earn_x_bp, "delivery_free": self.delivery_free}
        return {name: value for name, value in told.items() if value != getattr(NONE, name)}


NONE = Benefits()


def read_benefits(given: Mapping[str, Any], pointer: str = "/benefits") -> Benefits:
    """Benefits out of JSON. Raises Invalid for an unknown name or a value out of range."""
    errors = [
        FieldError(f"{pointer}/{name}", "unknown_field", "There is no such benefit.")
        for name in given.keys() - {"earn_x_bp", "delivery_free"}
    ]
    earn_x_bp, delivery_free = given.get("earn_x_bp", ONCE_BP), given.get("delivery_free", False)
    if type(earn_x_bp) is not int or not ONCE_BP <= earn_x_bp <= _MOST_BP:
        errors.append(FieldError(f"{pointer}/earn_x_bp", "invalid", f"A factor lies between {ONCE_BP} and {_MOST_BP}."))
    if type(delivery_free) is not bool:
        errors.append(FieldError(f"{pointer}/delivery_free", "invalid", "Delivery is free or not: true or false."))
    if errors:
        raise Invalid("invalid", "The benefits cannot be granted.", errors)
    return Benefits(earn_x_bp, delivery_free)
