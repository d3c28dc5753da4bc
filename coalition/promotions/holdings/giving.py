"""Giving a member coupons and tiers because a promotion says so: the deed is another package's, the row is ours."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from coalition.promotions import coupons
from coalition.promotions.granting import Given, handles
from coalition.promotions.holdings.keeping import keep


@handles("coupon.issue")
def give_coupons(given: list[Given]) -> None:
    """Give codes of the batches that these effects name. Without such a batch nothing is given, and the row says so."""
    for program_id in sorted({one.program_id for one in given}):
        mine = [one for one in given if one.program_id == program_id]
        codes = coupons.issue(program_id, [_gift(one) for one in mine])
        keep([_told(one, {"codes": list(made)}) for one, made in zip(mine, codes, strict=True)])


def cause(source: str, source_id: int) -> str:
    """What coupons were given for, as they remember it."""
    return f"{source}:{source_id}"


def _gift(one: Given) -> coupons.Gift:
    what = one.what
    qty = _number(what, "qty") * _number(what, "times")
    days = what.get("expire_days")
    return coupons.Gift(
        str(what.get("template") or ""),
        one.member_id,
        qty,
        cause(one.source, one.source_id),
        one.occurred_at,
        days if type(days) is int and days > 0 else None,
    )


def _told(one: Given, more: dict[str, Any]) -> Given:
    return replace(one, what={**one.what, **more})


def _number(what: Any, name: str) -> int:
    value = what.get(name, 1)
    return value if type(value) is int and value > 0 else 1
