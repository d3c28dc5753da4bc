"""A report as data: tables of typed cells, the facts it rests on, and what its chart shows. Pure.

The page, the CSV and the workbook are three ways to write down this one thing, so that no figure can differ between
them. Points and money are integers in minor units; the column says how many decimals they have.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from coalition.kernel.money import round_half_up

Cell = str | int | Decimal | dt.date | None
Row = tuple[Cell, ...]
AMOUNTS = ("points", "money", "count")


@dataclass(frozen=True, slots=True)
class Column:
    """A column by its stable code, which is its heading in a CSV.

    kind is `text`, `code` (a word of ours that a page translates), `date`, `month` (its first day), `count`, `points`
    or `money` (minor units with `decimals`), `share` (a Decimal, 0.2 is 20 %) or `exact` (a Decimal as it is).
    `total` adds the column up.
    """

    code: str
    kind: str = "text"
    decimals: int = 0
    total: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows in order under their columns; `code` names it on the page, as a sheet and in the address of its CSV."""

    code: str
    columns: tuple[Column, ...]
    rows: Sequence[Row]

    def totals(self) -> tuple[int | None, ...]:
        """The sum of each column that is added up, None for the others."""
        return tuple(
            sum(cell for row in self.rows if isinstance(cell := row[at], int)) if column.total else None
            for at, column in enumerate(self.columns)
        )

    def column(self, code: str) -> list[Cell]:
        """The cells of one column, from the top."""
        at = next(at for at, column in enumerate(self.columns) if column.code == code)
        return [row[at] for row in self.rows]


@dataclass(frozen=True, slots=True)
class Curve:
    """A line of a chart: one value for each label, None where there is none; with a band if `low` and `high` are."""

    code: str
    values: tuple[int | None, ...]
    low: tuple[int | None, ...] = ()
    high: tuple[int | None, ...] = ()


@dataclass(frozen=True, slots=True)
class Chart:
    """What to draw: `bars` (of the first curve), `steps` (a waterfall from the first value to the last), `changes` (a
    waterfall of changes alone) or `curves`."""

    kind: str
    labels: tuple[Cell, ...]
    curves: tuple[Curve, ...]
    decimals: int = 0


@dataclass(frozen=True, slots=True)
class Report:
    """A report that was made: `facts` are the settings and measures it rests on, shown with it wherever it goes."""

    code: str
    tables: tuple[Table, ...]
    facts: Mapping[str, Cell] = field(default_factory=dict)
    chart: Chart | None = None

    def table(self, code: str) -> Table:
        """The table of this code, or the first one. KeyError if there is none."""
        if not code:
            return self.tables[0]
        return {table.code: table for table in self.tables}[code]


def spread(exact: Iterable[Decimal]) -> list[int]:
    """Exact amounts as integers that sum to the rounded whole: each is the difference of two rounded running sums."""
    sum_exact, sum_rounded, found = Decimal(0), 0, []
    for amount in exact:
        sum_exact += amount
        now = int(round_half_up(sum_exact))
        found.append(now - sum_rounded)
        sum_rounded = now
    return found
