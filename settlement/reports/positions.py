"""Positions: what every company receives and pays over some periods, and how far netting brings payments down.

Documents stay gross. Netted by pair, each company settles its documents with one counterparty at once; netted by party,
one payment a period remains. The operator is in every table, so that positions sum to zero.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from coalition import partners
from settlement import statements
from settlement.accruals import Period
from settlement.reports import billed, deferred
from settlement.reports.selection import Selection
from settlement.reports.tables import Chart, Column, Curve, Report, Row, Table
from settlement.statements import Netting

CODE = "positions"
_DRAWN = 12


def build(chosen: Selection) -> Report:
    """The chosen months' periods, closed and open."""
    periods = [one for one in deferred.periods_through(chosen.program.id, chosen.until)
               if one.starts_on >= chosen.since]  # fmt: skip
    netted = [(one, _netted(one)) for one in periods]
    positions = _positions(chosen, netted)
    shown = sorted(positions.rows, key=lambda row: -abs(int(str(row[3]))))[:_DRAWN]
    curve = Curve("position", tuple(int(str(row[3])) for row in shown))
    labels = tuple(str(row[0]) for row in shown)
    chart = Chart("changes", labels, (curve,), chosen.program.currency_decimals) if shown else None
    return Report(CODE, (positions, _matrix(chosen, netted), _periods(chosen, netted)), {}, chart)


def _netted(period: Period) -> Netting:
    """A period netted as it was closed, or as it would be closed now."""
    return statements.net(statements.obligation(document) for document in billed.documents(period))


def _positions(chosen: Selection, netted: Sequence[tuple[Period, Netting]]) -> Table:
    sums: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    for _, one in netted:
        for pair in one.bilateral:
            sums[pair.entity_id][0] += pair.receives_minor
            sums[pair.entity_id][1] += pair.pays_minor
    names = _names(chosen)
    rows: list[Row] = [
        (names[entity], receives, pays, receives - pays) for entity, (receives, pays) in sorted(sums.items())
    ]
    columns = _money(chosen, ("receives", "pays", "position"))
    return Table("positions", (Column("company"), *columns), rows)


def _matrix(chosen: Selection, netted: Sequence[tuple[Period, Netting]]) -> Table:
    """Every pair both ways round, over all periods."""
    sums: dict[tuple[int, int], list[int]] = defaultdict(lambda: [0, 0])
    for _, one in netted:
        for pair in one.bilateral:
            sums[pair.entity_id, pair.counterparty_id][0] += pair.receives_minor
            sums[pair.entity_id, pair.counterparty_id][1] += pair.pays_minor
    names = _names(chosen)
    rows: list[Row] = [
        (names[entity], names[other], receives, pays, receives - pays)
        for (entity, other), (receives, pays) in sorted(sums.items())
    ]
    columns = (Column("company"), Column("counterparty"), *_money(chosen, ("receives", "pays", "position")))
    return Table("matrix", columns, rows)


def _periods(chosen: Selection, netted: Sequence[tuple[Period, Netting]]) -> Table:
    rows: list[Row] = [
        (period.code, period.state, one.gross_minor, one.bilateral_minor, one.multilateral_minor)
        for period, one in netted
    ]
    columns = (Column("period"), Column("state", "code"), *_money(chosen, ("gross", "by_pair", "by_party")))
    return Table("netting", columns, rows)


def _money(chosen: Selection, codes: Sequence[str]) -> tuple[Column, ...]:
    return tuple(Column(code, "money", chosen.program.currency_decimals, total=True) for code in codes)


def _names(chosen: Selection) -> dict[int, str]:
    return {entity.id: entity.name for entity in partners.entities(chosen.program.id)}
