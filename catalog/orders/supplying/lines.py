"""A supplier's answer line by line (X12 855): taken, fewer pieces, another cost, later, or not at all.

A line is wholly taken or wholly released in the end; where only some pieces are promised it is split in two, and every
point, cent and reserved piece of it goes to one of the two.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from catalog import rewards
from catalog.ports import LineAnswer
from coalition.kernel.db import execute, fetch_all

_REST = """
    INSERT INTO order_line (order_id, no, consignment_id, reward_id, offer_id, supplier_sku, title_en, title_ru,
                            artwork, qty, unit_points, unit_cost_minor, reservation_key, state, answer, split_from,
                            points_paid, cash_minor)
    SELECT order_id, (SELECT max(n.no) + 1 FROM order_line n WHERE n.order_id = l.order_id), consignment_id, reward_id,
           offer_id, supplier_sku, title_en, title_ru, artwork, qty - :taken, unit_points, unit_cost_minor,
           CAST(:key AS text), 'released', CAST(:answer AS text), no, points_paid - :points, cash_minor - :cash
      FROM order_line l WHERE order_id = :order_id AND no = :no"""


@dataclass(frozen=True, slots=True)
class OpenLine:
    """A line that its supplier has not decided: pieces, the cost of one, and how it is paid."""

    order_id: int
    no: int
    supplier_sku: str
    qty: int
    unit_cost_minor: int
    points_paid: int
    cash_minor: int
    reservation_key: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is promised of a line: so many pieces at this cost each; `code` says why not all."""

    line: OpenLine
    taken: int
    unit_cost_minor: int
    answer: str
    code: str | None


def open_lines(consignment_id: int) -> list[OpenLine]:
    """The lines of a consignment that are not decided yet."""
    rows = fetch_all(
        "SELECT order_id, no, supplier_sku, qty, unit_cost_minor, points_paid, cash_minor, reservation_key"
        " FROM order_line WHERE consignment_id = :id AND state = 'open' ORDER BY no LIMIT 100",
        {"id": consignment_id},
    )
    return [OpenLine(*row) for row in rows]


def judge(lines: Sequence[OpenLine], answers: Sequence[LineAnswer]) -> list[Verdict]:
    """What an acceptance promises of every line; a line that it does not mention is taken as it was ordered."""
    said = {answer.sku: answer for answer in answers}
    return [_verdict(line, said.get(line.supplier_sku)) for line in lines]


def too_dear(verdicts: Sequence[Verdict], margin_bp: int) -> bool:
    """Whether some line would cost us more than its price covers: its old cost and the margin (in 0.01 %) on it."""
    return any(
        one.taken and one.unit_cost_minor * 10_000 > one.line.unit_cost_minor * (10_000 + max(margin_bp, 0))
        for one in verdicts
    )


def decide(verdicts: Sequence[Verdict]) -> tuple[list[str], list[str]]:
    """Write the verdicts down, splitting lines; the names of the stock that leaves, and of that which comes back."""
    kept: list[str] = []
    dropped: list[str] = []
    for one in verdicts:
        line = one.line
        if 0 < one.taken < line.qty:
            dropped.append(_split(one))
        else:
            _close(one, "accepted" if one.taken else "released", line.qty, line.points_paid, line.cash_minor)
        (kept if one.taken else dropped).append(line.reservation_key)
    return kept, dropped


def shared(amount: int, taken: int, qty: int) -> int:
    """The part of an amount that falls to `taken` of `qty` pieces, rounded to the nearest, half down."""
    return (2 * amount * taken + qty - 1) // (2 * qty)


def _verdict(line: OpenLine, said: LineAnswer | None) -> Verdict:
    if said is None:
        return Verdict(line, line.qty, line.unit_cost_minor, "accepted", None)
    taken = 0 if said.answer == "rejected" else min(max(said.qty, 0), line.qty)
    cost = line.unit_cost_minor if said.cost_minor is None else said.cost_minor
    return Verdict(line, taken, cost, said.answer if taken else "rejected", said.code)


def _split(one: Verdict) -> str:
    """Part the pieces that nobody promises from the others; the name of their stock."""
    line, rest_key = one.line, f"{one.line.reservation_key}.rest"
    points = shared(line.points_paid, one.taken, line.qty)
    cash = shared(line.cash_minor, one.taken, line.qty)
    rewards.split(line.reservation_key, one.taken, rest_key)
    execute(
        _REST,
        {
            "order_id": line.order_id,
            "no": line.no,
            "taken": one.taken,
            "points": points,
            "cash": cash,
            "key": rest_key,
            "answer": one.answer,
        },
    )
    _close(one, "accepted", one.taken, points, cash)
    return rest_key


def _close(one: Verdict, state: str, qty: int, points: int, cash: int) -> None:
    execute(
        "UPDATE order_line SET state = :state, answer = :answer, qty = :qty, points_paid = :points,"
        " cash_minor = :cash, unit_cost_minor = :cost WHERE order_id = :order_id AND no = :no",
        {
            "order_id": one.line.order_id,
            "no": one.line.no,
            "state": state,
            "answer": one.answer,
            "qty": qty,
            "points": points,
            "cash": cash,
            "cost": one.unit_cost_minor,
        },
    )
