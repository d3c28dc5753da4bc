"""Giving a member coupons and tiers because a promotion says so: others do the deed, the row is ours."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from coalition import members
from coalition.promotions import coupons
from coalition.promotions.granting import Given, handles
from coalition.promotions.holdings.keeping import keep

DAYS_MAX = 3_660


@handles("coupon.issue")
def give_coupons(given: list[Given]) -> None:
    """Give codes of the batches that these effects name. Without such a batch nothing is given, and the row says so."""
    for program_id in sorted({one.program_id for one in given}):
        mine = [one for one in given if one.program_id == program_id]
        codes = coupons.issue(program_id, [_gift(one) for one in mine])
        keep([_told(one, {"codes": list(made)}) for one, made in zip(mine, codes, strict=True)])


@handles("tier.change")
def give_tiers(given: list[Given]) -> None:
    """Give tiers: one by its code, the next one (`up`), or one's own for longer (`keep`); for `days`, if it says so.

    Nobody falls by it. Where the ladder has no such tier, the row says `given: false`. Locks the members.
    """
    told = []
    for one in sorted(given, key=lambda one: one.member_id):
        days = one.what.get("days")
        term = days if type(days) is int and 0 < days <= DAYS_MAX else None
        done = members.give_tier(one.program_id, one.member_id, str(one.what.get("tier") or ""), days=term)
        told.append(_told(one, {"given": done}))
    keep(told)


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
