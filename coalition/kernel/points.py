"""Points as integers in the minor unit of their currency; a points amount never travels without its currency."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Points:
    """An amount in the minor unit of a points currency of a program (code such as BON)."""

    amount: int
    currency: str
