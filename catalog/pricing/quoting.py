"""Freezing a price: what the rewards cost today, how they are delivered, and for how long this holds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress

from catalog import rewards
from catalog.ports import Address
from catalog.pricing.queries import find, store_deliveries, store_lines, written
from catalog.pricing.tariffs import choose
from catalog.pricing.types import Quote, QuotedLine
from coalition import programs
from coalition.kernel.db import fetch_one
from coalition.kernel.errors import FieldError, Invalid, NotFound

TTL_S = 1800
MAX_LINES = 50
MAX_QTY = 100


def quote(
    program_id: int,
    member_id: int,
    lines: Sequence[tuple[int, int]],
    method: str | None,
    address: Address | None,
    *,
    partner_id: int,
) -> Quote:
    """Freeze the price of (reward id, quantity) lines for a member for thirty minutes.

    The same reward named twice is one line of the sum. `method` None takes each supplier's default. Raises Invalid
    that points at every unknown reward or wrong quantity, or at the method.
    """
    wanted = _merged(lines)
    found = _on_sale(program_id, wanted)
    _check(lines, wanted, found)
    quoted = tuple(_line(no, found[reward_id], qty) for no, (reward_id, qty) in enumerate(wanted.items(), 1))
    options = choose(quoted, method)
    row = fetch_one(
        "INSERT INTO quote (program_id, member_id, partner_id, currency_id, method, address, goods_points,"
        " delivery_points, expires_at) VALUES (:program_id, :member_id, :partner_id, :currency_id, :method,"
        " CAST(:address AS jsonb), :goods, :delivery, now() + make_interval(secs => :ttl_s)) RETURNING id",
        {
            "program_id": program_id,
            "member_id": member_id,
            "partner_id": partner_id,
            "currency_id": programs.main_currency(program_id).id,
            "method": method or options[0].code,
            "address": written(address),
            "goods": sum(line.points for line in quoted),
            "delivery": sum(option.points for option in options),
            "ttl_s": TTL_S,
        },
    )
    assert row is not None
    store_lines(row.id, quoted)
    store_deliveries(row.id, options)
    return find(program_id, row.id)


def _merged(lines: Iterable[tuple[int, int]]) -> dict[int, int]:
    wanted: dict[int, int] = {}
    for reward_id, qty in lines:
        wanted[reward_id] = wanted.get(reward_id, 0) + qty
    return wanted


def _on_sale(program_id: int, wanted: Iterable[int]) -> dict[int, rewards.Reward]:
    found = {}
    for reward_id in list(wanted)[:MAX_LINES]:
        with suppress(NotFound):
            reward = rewards.get(program_id, reward_id)
            if reward.state == "on_sale":
                found[reward_id] = reward
    return found


def _check(lines: Sequence[tuple[int, int]], wanted: dict[int, int], found: dict[int, rewards.Reward]) -> None:
    problems = []
    for at, (reward_id, qty) in enumerate(lines):
        if reward_id not in found:
            problems.append(FieldError(f"/lines/{at}/reward_id", "unknown_reward", "There is no such reward."))
        if qty < 1 or wanted[reward_id] > MAX_QTY:
            problems.append(FieldError(f"/lines/{at}/qty", "invalid", f"From 1 to {MAX_QTY} pieces."))
    if not 1 <= len(lines) <= MAX_LINES:
        problems.append(FieldError("/lines", "invalid", f"From 1 to {MAX_LINES} lines."))
    if problems:
        raise Invalid("invalid", "These lines cannot be quoted.", problems)


def _line(no: int, reward: rewards.Reward, qty: int) -> QuotedLine:
    return QuotedLine(
        no=no,
        supplier_id=reward.supplier_id,
        electronic=reward.electronic,
        reward_id=reward.id,
        offer_id=reward.offer_id,
        supplier_sku=reward.supplier_sku,
        title_en=reward.title_en,
        title_ru=reward.title_ru,
        artwork=reward.artwork,
        qty=qty,
        unit_points=reward.points,
        unit_cost_minor=reward.cost_minor,
        cost_currency=reward.cost_currency,
    )
