"""Netting: of gross documents one sum for each pair of parties, and one for each party. Pure but for `netting`.

Documents stay gross; what is paid is netted. Bilateral: a party's documents with one counterparty, set off.
Multilateral: a party's bilateral sums over all counterparties. Both sum to zero over all, the operator included.
Source: design/settlement.md; Mojaloop's interchange `bilateral` and `multilateral`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from settlement import accruals, terms
from settlement.statements import fx, reading
from settlement.statements.arithmetic import Document
from settlement.statements.reading import Statement


@dataclass(frozen=True, slots=True)
class Obligation:
    """`debtor_id` owes `creditor_id` an amount (>= 0, minor units): one gross document."""

    debtor_id: int
    creditor_id: int
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Pair:
    """What one entity receives from and pays to one counterparty, gross, in minor units (both >= 0)."""

    entity_id: int
    counterparty_id: int
    receives_minor: int
    pays_minor: int

    @property
    def net_minor(self) -> int:
        """+ the entity receives, - it pays."""
        return self.receives_minor - self.pays_minor


@dataclass(frozen=True, slots=True)
class Netting:
    """A period netted: `bilateral` both ways round for every pair, `multilateral` + receives, - pays by entity.

    `gross_minor` is what all documents come to, `bilateral_minor` and `multilateral_minor` what has to be paid when
    pairs or parties are netted.
    """

    bilateral: tuple[Pair, ...]
    multilateral: dict[int, int]
    gross_minor: int

    @property
    def bilateral_minor(self) -> int:
        """What is paid in all when each pair pays its difference."""
        return sum(pair.net_minor for pair in self.bilateral if pair.net_minor > 0)

    @property
    def multilateral_minor(self) -> int:
        """What is paid in all when each party pays or receives one sum."""
        return sum(net for net in self.multilateral.values() if net > 0)


@dataclass(frozen=True, slots=True)
class Payable:
    """What is paid for a statement in its settlement currency: + we pay the entity, - the entity pays us."""

    statement_id: int
    legal_entity_id: int
    currency: str
    amount_minor: int


def net(obligations: Iterable[Obligation]) -> Netting:
    """Set the obligations off against each other, by pair and by party. Nobody owes itself."""
    owed: dict[tuple[int, int], int] = defaultdict(int)
    for one in obligations:
        if one.debtor_id != one.creditor_id:
            owed[one.creditor_id, one.debtor_id] += one.amount_minor
    pairs = sorted({pair for creditor, debtor in owed for pair in ((creditor, debtor), (debtor, creditor))})
    bilateral = tuple(Pair(a, b, owed.get((a, b), 0), owed.get((b, a), 0)) for a, b in pairs)
    multilateral: dict[int, int] = defaultdict(int)
    for pair in bilateral:
        multilateral[pair.entity_id] += pair.net_minor
    return Netting(bilateral, dict(multilateral), sum(owed.values()))


def obligation(document: Document) -> Obligation:
    """Who owes whom by a document."""
    amount = document.sign * document.gross_minor
    if amount < 0:
        return Obligation(document.entity_id, document.counterparty_id, -amount)
    return Obligation(document.counterparty_id, document.entity_id, amount)


def netting(period_id: int) -> Netting:
    """The documents of a closed period netted, in the program's money."""
    drawn = reading.drawn_of(accruals.get_period(period_id))
    return net(obligation(document) for one in drawn if not one.is_operator for document in one.documents)


def payables(period_id: int) -> list[Payable]:
    """What is to be paid for each statement of a closed period that does not come to nothing; the operator has none.

    For who is settled gross that is up to two sums, what it owes and what it is owed: together its position.
    """
    period = accruals.get_period(period_id)
    heads = [head for head in reading.of_period(period) if not head.is_operator]
    models = terms.models_on(period.program_id, period.ends_on)
    gross = [
        head.id for head in heads if (m := models.get(head.legal_entity_id)) is not None and m.granularity == "gross"
    ]
    documents = reading.documents(gross) if gross else {}
    return [
        Payable(head.id, head.legal_entity_id, head.settlement_currency, amount_minor)
        for head in heads
        for amount_minor in (_apart(head, documents[head.id]) if head.id in documents else [head.settlement_minor])
        if amount_minor
    ]


def _apart(head: Statement, documents: Iterable[Document]) -> list[int]:
    """What an entity is owed and, negative, what it owes, at the rate of the close; both sum up to its position."""
    owes = -sum(min(document.sign * document.gross_minor, 0) for document in documents)
    if head.fx_rate is not None:
        owes = fx.convert(owes, head.currency_decimals, head.fx_rate)
    return [head.settlement_minor + owes, -owes]
