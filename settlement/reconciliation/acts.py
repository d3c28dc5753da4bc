"""The act of reconciliation (акт сверки): what two parties owe one another over some days, document by document.

It reads closed statements as they were written, never what is open. What has been paid is for the caller to bring: it
lies with a room that this one does not know. Everything is in the settlement currency; signs are the entity's: + it
receives, - it pays.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from settlement import statements
from settlement.statements import Document, Statement

_PAGE = 500


@dataclass(frozen=True, slots=True)
class ActLine:
    """One line of an act: a document, or a payment. `kind` is the document's, or `paid_in`, `paid_out`; `on` its day.

    `position_minor`: what it adds to what the entity is to receive.
    """

    on: dt.date
    kind: str
    reference: str
    statement_id: int | None
    position_minor: int


@dataclass(frozen=True, slots=True)
class Act:
    """The account of one entity in one currency from `starts_on` through `ends_on`.

    The closing balance is the opening one, and what every line adds to it.
    """

    legal_entity_id: int
    starts_on: dt.date
    ends_on: dt.date
    currency: str
    currency_decimals: int
    opening_minor: int
    lines: tuple[ActLine, ...]

    @property
    def closing_minor(self) -> int:
        """What the entity is to receive (+) or to pay (-) at the end."""
        return self.opening_minor + sum(line.position_minor for line in self.lines)

    @property
    def owes_minor(self) -> int:
        """The turnover that the entity owes, payments to it among it."""
        return -sum(line.position_minor for line in self.lines if line.position_minor < 0)

    @property
    def owed_minor(self) -> int:
        """The turnover that the entity is owed, its own payments among it."""
        return sum(line.position_minor for line in self.lines if line.position_minor > 0)


@dataclass(frozen=True, slots=True)
class Paid:
    """Money that has moved: + the entity has paid it, - it was paid to the entity."""

    on: dt.date
    reference: str
    currency: str
    position_minor: int
    statement_id: int | None = None


def acts(
    entity_id: int, starts_on: dt.date, ends_on: dt.date, paid: Sequence[Paid] = (), *, told: bool = False
) -> list[Act]:
    """An act for each currency in which the entity has settled anything until `ends_on`.

    A document counts on its period's last day, a payment on its value day. `paid` is all that was ever paid.
    `told`: only of statements that the entity has been sent.
    """
    decimals: dict[str, int] = {}
    found: dict[str, list[ActLine]] = {}
    for statement in _stated(entity_id, ends_on, told):
        decimals[statement.settlement_currency] = statement.settlement_decimals
        found.setdefault(statement.settlement_currency, []).extend(_lines(statement))
    for one in paid:
        if one.on <= ends_on and one.currency in found:
            kind = "paid_in" if one.position_minor > 0 else "paid_out"
            found[one.currency].append(ActLine(one.on, kind, one.reference, one.statement_id, one.position_minor))
    days = (starts_on, ends_on)
    return [_act(entity_id, days, currency, decimals[currency], found[currency]) for currency in sorted(found)]


def _stated(entity_id: int, until: dt.date, told: bool) -> Iterator[Statement]:
    """Every statement of the entity whose period has ended by then, in its last version."""
    after = None
    while page := statements.of_entities([entity_id], period=None, after=after, limit=_PAGE, told=told):
        yield from (one for one in page if one.ends_on <= until and not one.replaced)
        after = page[-1].id


def _lines(statement: Statement) -> list[ActLine]:
    """A statement's documents; as one line where it is settled in another currency than they are written in."""
    if statement.settlement_currency != statement.currency:
        position = statement.settlement_minor
        return [ActLine(statement.ends_on, "statement", statement.number, statement.id, position)]
    return [_line(statement, document) for document in statements.documents([statement.id])[statement.id]]


def _line(statement: Statement, document: Document) -> ActLine:
    position = document.sign * document.gross_minor
    return ActLine(statement.ends_on, document.kind, document.number, statement.id, position)


def _act(entity_id: int, days: tuple[dt.date, dt.date], currency: str, decimals: int, known: Sequence[ActLine]) -> Act:
    before = sum(line.position_minor for line in known if line.on < days[0])
    within = sorted((line for line in known if line.on >= days[0]), key=lambda line: (line.on, line.reference))
    return Act(entity_id, *days, currency, decimals, before, tuple(within))
