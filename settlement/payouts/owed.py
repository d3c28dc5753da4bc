"""What is owed, as the rooms below say it: what each statement comes to, and which are disputed."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from settlement import accruals, statements


@dataclass(frozen=True, slots=True)
class Payable:
    """What a statement comes to: + we pay the entity, - the entity pays us, in minor units of its currency."""

    statement_id: int
    legal_entity_id: int
    currency: str
    amount_minor: int


def payables(period_id: int) -> list[Payable]:
    """What is to be paid for each statement of a closed period; nothing for one that comes to nothing."""
    return [
        Payable(one.id, one.legal_entity_id, one.currency, one.position_minor)
        for one in statements.of_period(accruals.get_period(period_id))
        if not one.is_operator and one.position_minor
    ]


def disputed(statement_ids: Collection[int]) -> set[int]:
    """Which of these statements nobody pays for now, for their entity disputes them."""
    return {number for number in statement_ids if statements.get(number).state == "disputed"}


def tell(statement_id: int) -> None:
    """See that the entity has its statement."""


def mark_paid(statement_id: int) -> None:
    """Note that a statement is paid in full, if it is; one that is disputed is marked when that is over."""
