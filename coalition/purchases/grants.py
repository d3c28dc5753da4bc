"""A grant: points that a base rule or a promotion gives, before they are booked; who pays, and how long they live.

Both kinds are booked, limited, kept and explained in the same way.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from coalition import programs, promotions
from coalition.kernel import clock
from coalition.kernel.money import largest_remainder
from coalition.programs import Birth
from coalition.promotions.granting import Legs

PROMOTION = "promotion."


class Grant(NamedTuple):
    """`units` of a currency, and how many of them each line brought; `legs` are (legal entity, weight), the issuer
    first. `code` and `version` are a rule's (with `rule_id`) or a promotion's (with its `effect` and `returns`).

    `promo_account_id`: where the points pay, None anywhere. `begins_on` and `ends_on`: their first and last day where a
    promotion says so, else as the currency's policy has it. `counts`: the points go with others that count for a tier.
    """

    code: str
    version: int
    currency_id: int
    units: int
    lines: Mapping[int, int]
    reason_key: str
    reason_params: Mapping[str, int]
    legs: Legs
    promo_account_id: int | None = None
    rule_id: int | None = None
    effect: int | None = None
    returns: str | None = None
    begins_on: dt.date | None = None
    ends_on: dt.date | None = None
    counts: bool = False

    @property
    def issuer_id(self) -> int:
        """The legal entity that issues the points."""
        return self.legs[0][0]

    def booked(self, currencies: Mapping[int, programs.Currency]) -> tuple[str, int | None, str]:
        """What it is among the effects of its event: the promotion, the effect, and the currency's code."""
        return self.code, self.effect, currencies[self.currency_id].code

    def cut(self, units: int) -> Grant | None:
        """The grant with only so many units, lines in proportion; None for none."""
        if units == self.units:
            return self
        if not units:
            return None
        shares = largest_remainder(units, list(self.lines.values())) if self.lines else []
        lines = {no: share for no, share in zip(self.lines, shares, strict=True) if share}
        return self._replace(units=units, lines=lines)

    def born(self, policies: programs.Policies, occurred_at: dt.datetime) -> Birth:
        """When the points can be spent and when they end: days of the program's zone, the last one counts in full."""
        zone, promo_id = policies.program.zone, self.promo_account_id
        promo = policies.promo_accounts[promo_id] if promo_id else None
        born = programs.birth(policies.currencies[self.currency_id], occurred_at, zone, promo=promo)
        if self.begins_on is not None:
            born = replace(born, active_at=clock.start_of_day(self.begins_on, zone))
        if self.ends_on is not None:
            born = replace(born, expires_at=clock.end_of_last_day(self.ends_on, zone), idle_at=None)
        return born


def of_rule(award: promotions.Award, payer_id: int) -> Grant:
    """What a base rule grants, at the cost of one legal entity."""
    rule = award.rule
    return Grant(
        code=rule.code,
        version=rule.version,
        currency_id=rule.currency_id,
        units=award.units,
        lines=award.lines,
        reason_key=award.reason.key,
        reason_params=award.reason.params,
        legs=((payer_id, 1),),
        promo_account_id=rule.promo_account_id,
        rule_id=rule.id,
    )


def of_effect(
    policies: programs.Policies, promotion: Any, effect: Mapping[str, Any], legs: Legs, whole: int | None = None
) -> Grant | None:
    """What an effect of a promotion grants; None where the program lacks its currency or promo account.

    `whole`: the line to which everything falls where the event has none of its own.
    """
    currency = next((one for one in policies.currencies.values() if one.code == effect["currency"]), None)
    account_id = _account(policies, effect.get("account"))
    if currency is None or (effect.get("account") is not None and account_id is None):
        return None
    units = effect["units"]
    lines = {int(no): part for no, part in (effect.get("lines") or {}).items()}
    return Grant(
        code=promotion.id,
        version=promotion.version,
        currency_id=currency.id,
        units=units,
        lines=lines or ({whole: units} if whole else {}),
        reason_key=f"{PROMOTION}{'cashback' if effect['kind'] == 'cashback' else 'points'}",
        reason_params={"units": units},
        legs=legs,
        promo_account_id=account_id,
        effect=effect["effect"],
        returns=promotion.returns,
        begins_on=_day(effect.get("active_from")),
        ends_on=_day(effect.get("expires")),
        counts="counts" in effect,
    )


def _account(policies: programs.Policies, code: Any) -> int | None:
    return next((one.id for one in policies.promo_accounts.values() if one.code == code), None)


def _day(text: Any) -> dt.date | None:
    return dt.date.fromisoformat(text) if text else None
