"""Who pays for a promotion: one partner, several with weights, the operator, or a mixture. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import Any

from coalition.kernel.errors import FieldError

OPERATOR = "operator"
_SHARES = ("share_bp", "weight")
_WHOLE_BP = 10_000


def sponsor_problems(sponsor: Any, codes: Iterable[str], pointer: str) -> Iterator[FieldError]:
    """What is wrong with who pays: `"operator"`, one `{partner, share_bp}`, or a list of them with weights.

    `codes`: the partners that the program has.
    """
    known = list(codes)
    if isinstance(sponsor, list) and sponsor:
        for at, one in enumerate(sponsor):
            yield from _payer(one, known, f"{pointer}/{at}")
        yield from _together(sponsor, pointer)
    elif sponsor is not None:
        yield from _payer(sponsor, known, pointer)


def meant(name: str, known: Iterable[str]) -> str:
    """That a name is not known, and which one may have been meant."""
    near = get_close_matches(name, list(known), 1)
    return f"Unknown: {name[:80]}." + (f" Did you mean {near[0]}?" if near else "")


def _payer(one: Any, known: list[str], pointer: str) -> Iterator[FieldError]:
    if one == OPERATOR:
        return
    if not isinstance(one, dict):
        yield FieldError(pointer, "invalid", "A partner with its share, a list of them, or `operator`.")
        return
    code = one.get("partner")
    if code not in (*known, OPERATOR):
        yield FieldError(f"{pointer}/partner", "unknown_partner", meant(str(code), known))
    for name in set(one) - {"partner"}:
        if name not in _SHARES:
            yield FieldError(f"{pointer}/{name}", "unknown_field", meant(name, ("partner", *_SHARES)))
        elif type(one[name]) is not int or not 1 <= one[name] <= 10_000:
            yield FieldError(f"{pointer}/{name}", "invalid", "A whole number from 1 to 10000.")


def _together(sponsor: list[Any], pointer: str) -> Iterator[FieldError]:
    """Several who pay have shares, which are the whole together, or weights: never some of each."""
    shares = [one["share_bp"] for one in sponsor if isinstance(one, dict) and type(one.get("share_bp")) is int]
    weighed = any(one == OPERATOR or (isinstance(one, dict) and "share_bp" not in one) for one in sponsor)
    both = any(isinstance(one, dict) and set(_SHARES) <= set(one) for one in sponsor)
    if shares and (weighed or both):
        yield FieldError(pointer, "invalid", "Shares or weights for all who pay, not some of each.")
    elif shares and sum(shares) != _WHOLE_BP:
        yield FieldError(pointer, "invalid", f"The shares are {sum(shares)} together, not {_WHOLE_BP}.")
