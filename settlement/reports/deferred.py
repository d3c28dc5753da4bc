"""Deferred revenue: what issuers have paid for points that are not redeemed yet, period by period and pool by pool.

Periods are those of settlement, so that what is deferred here is what was invoiced there: the money of a pool is the
document lines of its issuer, rounded as they are. The arithmetic is `rollforward`, its formulas are in `revenue`.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from coalition import partners, programs
from coalition.kernel import clock
from coalition.kernel.db import AnyRow, fetch_all, load_sql
from coalition.kernel.money import to_minor
from settlement import accruals, terms
from settlement.accruals import Period
from settlement.reports import expectations, policies, rollforward, service
from settlement.reports.rollforward import Pool, Standing, Step
from settlement.reports.selection import Selection
from settlement.reports.tables import Cell, Chart, Column, Curve, Report, Row, Table
from settlement.statements import arithmetic

CODE = "deferred"
PARTS = ("opening", "issued", "returned", "redeemed", "breakage", "estimate", "closing")


@dataclass(frozen=True, slots=True)
class Rolled:
    """A pool through all periods: one step for each, and how it stands at the end of the last."""

    funder_id: int
    steps: tuple[Step, ...]
    standing: Standing


def periods_through(program_id: int, until: dt.date) -> list[Period]:
    """The periods that begin by the end of a month, the earliest first."""
    last = clock.end_of_month(until)
    return [one for one in reversed(accruals.list_periods(program_id)) if one.starts_on <= last]


def currencies(chosen: Selection) -> list[Selection]:
    """The same question for every points currency of the program, of all issuers."""
    return [replace(chosen, currency=one, entity=None) for one in programs.currencies(chosen.program.id)]


def rolled(chosen: Selection, periods: Sequence[Period]) -> list[Rolled]:
    """Every pool of the chosen currency through these periods (which begin with the first), by issuer."""
    rows = _read(chosen)
    happened: dict[int, dict[int, list[AnyRow]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        happened[row.funder_id][row.period_id].append(row)
    shares = [expectations.on(chosen.program.id, one.ends_on) for one in periods]
    found = []
    for funder_id, by_period in sorted(happened.items()):
        pools = [
            _pool(by_period[one.id], expected[chosen.currency.id, funder_id], chosen)
            for one, expected in zip(periods, shares, strict=True)
        ]
        steps, standing = rollforward.roll(pools)
        found.append(Rolled(funder_id, tuple(steps), standing))
    return found


def _read(chosen: Selection) -> list[AnyRow]:
    """What happened to points that were paid at issue; the ledger is asked only of issuers that did not always pay."""
    paid: dict[int, set[bool]] = defaultdict(set)
    for agreement in terms.list_agreements(chosen.program.id):
        if agreement.state == "active" and agreement.funding_mode != "none":
            paid[agreement.legal_entity_id].add(agreement.issue_price > 0)
    wanted = set(paid) if chosen.entity is None else {chosen.entity.id}
    found: list[AnyRow] = []
    for name, ways in (("pools.sql", {True}), ("mixed_pools.sql", {True, False})):
        funders = [funder for funder, known in paid.items() if known == ways and funder in wanted]
        params = {"program": chosen.program.id, "currency": chosen.currency.id, "funders": funders}
        found += fetch_all(load_sql(__file__, name), params) if funders else []
    return found


def build(chosen: Selection) -> Report:
    """The roll-forward over the chosen months, the pools behind it, and the settings it rests on."""
    periods = periods_through(chosen.program.id, chosen.until)
    pools = rolled(chosen, periods)
    shown = [at for at, one in enumerate(periods) if one.starts_on >= chosen.since]
    sums = [rollforward.total([pool.steps[at] for pool in pools]) for at in shown]
    window = rollforward.joined(sums)
    policy = policies.current(chosen.program.id)
    money = chosen.program.currency_decimals
    facts: dict[str, Cell] = {
        "role": policy.role,
        "service": policy.service,
        "opening": Decimal(window.opening).scaleb(-money),
        "earned": Decimal(window.earned).scaleb(-money),
        "closing": Decimal(window.closing).scaleb(-money),
    }
    chart = Chart("steps", PARTS, (Curve("money", _signed(window)),), money)
    tables = (
        _roll(periods, shown, sums, money),
        _pools(chosen, pools, shown),
        service.table(chosen, periods, policy),
    )
    return Report(CODE, tables, facts, chart)


def _signed(step: Step) -> tuple[int, ...]:
    """The steps of a waterfall: what is earned or given back goes down."""
    return (step.opening, step.issued, -step.returned, -step.redeemed, -step.breakage, -step.estimate, step.closing)


def _columns(decimals: int) -> tuple[Column, ...]:
    return tuple(Column(part, "money", decimals, total=part not in ("opening", "closing")) for part in PARTS)


def _roll(periods: Sequence[Period], shown: Sequence[int], sums: Sequence[Step], decimals: int) -> Table:
    rows: list[Row] = [
        (periods[at].code, periods[at].state, *(getattr(step, part) for part in PARTS), step.earned)
        for at, step in zip(shown, sums, strict=True)
    ]
    columns = (Column("period"), Column("state", "code"), *_columns(decimals))
    return Table("rollforward", (*columns, Column("earned", "money", decimals, total=True)), rows)


def _pools(chosen: Selection, pools: Sequence[Rolled], shown: Sequence[int]) -> Table:
    names = {entity.id: entity.name for entity in partners.entities(chosen.program.id)}
    rows: list[Row] = []
    for pool in pools:
        at, step = pool.standing, rollforward.joined([pool.steps[place] for place in shown])
        left = at.issued - at.redeemed - at.lapsed
        counts = (at.issued, at.redeemed, at.lapsed, left)
        amounts = (at.allocated_minor, at.earned_minor, at.allocated_minor - at.earned_minor)
        rows.append((names[pool.funder_id], *counts, at.expectation, *amounts, step.earned))
    points, money = chosen.currency.decimals, chosen.program.currency_decimals
    columns = (
        Column("funder"),
        *(Column(code, "points", points, total=True) for code in ("issued", "redeemed", "lapsed", "outstanding")),
        Column("expectation", "share"),
        *(Column(code, "money", money, total=True) for code in ("allocated", "recognised", "deferred", "earned")),
    )
    return Table("pools", columns, rows)


def _pool(rows: Iterable[AnyRow], expectation: Decimal, chosen: Selection) -> Pool:
    points: dict[str, int] = defaultdict(int)
    lines: dict[tuple[Any, ...], int] = defaultdict(int)
    for row in rows:
        points[row.what] += row.points
        if row.what in ("issued", "clawed", "owed"):
            sign = 1 if row.what == "issued" else -1
            lines["issued", row.agreement_id, row.adjusts, row.funding_price] += sign * row.points
        elif row.what == "lapsed" and row.funding_price:
            lines["returned", row.agreement_id, row.adjusts, row.funding_price] += row.points
    money = _money(lines, chosen)
    return Pool(
        issued_minor=money["issued"],
        returned_minor=money["returned"],
        issued=points["issued"] - points["clawed"] - points["owed"],
        redeemed=points["redeemed"] - points["owed"],
        lapsed=points["lapsed"],
        expectation=expectation,
    )


def _money(lines: Mapping[tuple[Any, ...], int], chosen: Selection) -> dict[str, int]:
    """Document lines, each rounded once, as the statement rounds them."""
    found: dict[str, int] = defaultdict(int)
    for (kind, *_, price), quantity in lines.items():
        exact = arithmetic.amount(quantity, price or Decimal(0), chosen.currency.decimals)
        found[kind] += to_minor(exact, chosen.program.currency_decimals)
    return found
