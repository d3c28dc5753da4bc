"""How much of the points is expected to be redeemed in the end: a dated estimate, of one issuer or of all the others.

An estimate is a judgement of finance (the breakage report gives it its ground). It holds from its first day on and is
never rewritten; a new one is caught up in the period in which it begins, which therefore must still be open. Where
nobody has estimated anything, all points are expected to be redeemed: nothing is earned early.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from coalition.kernel import audit
from coalition.kernel.db import fetch_all, fetch_one
from coalition.kernel.errors import Conflict, FieldError, Invalid

ALL = Decimal(1)
_PLACES = 6
_MOST = 1000


@dataclass(frozen=True, slots=True)
class Estimate:
    """The part of an issuer's points (of all issuers without one of their own, if None) to be redeemed, 0.8 is 80 %."""

    id: int
    currency_id: int
    legal_entity_id: int | None
    starts_on: dt.date
    expectation: Decimal
    note: str
    set_by: str
    set_at: dt.datetime


class Shares(Mapping[tuple[int, int], Decimal]):
    """What is expected on a day, by currency and issuer: the issuer's own estimate, else the general one, else all."""

    def __init__(self, estimates: Sequence[Estimate]) -> None:
        self._known = {(one.currency_id, one.legal_entity_id): one.expectation for one in estimates}

    def __getitem__(self, key: tuple[int, int]) -> Decimal:
        currency_id, entity_id = key
        return self._known.get((currency_id, entity_id), self._known.get((currency_id, None), ALL))

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return ((currency_id, entity_id) for currency_id, entity_id in self._known if entity_id is not None)

    def __len__(self) -> int:
        return len(list(iter(self)))


def on(program_id: int, day: dt.date) -> Shares:
    """What is expected on a day: of each issuer the estimate that began last, a correction of the same day winning."""
    return Shares([one for one in reversed(estimates(program_id)) if one.starts_on <= day])


def estimates(program_id: int) -> list[Estimate]:
    """Every estimate of a program, the latest first; at most a thousand."""
    rows = fetch_all(
        "SELECT id, currency_id, legal_entity_id, starts_on, expectation, note, set_by, set_at"
        f" FROM redemption_expectation WHERE program_id = :program ORDER BY starts_on DESC, id DESC LIMIT {_MOST}",
        {"program": program_id},
    )
    return [Estimate(**row._mapping) for row in rows]


def expect(
    program_id: int, currency_id: int, entity_id: int | None, expectation: Decimal, *, starts_on: dt.date, note: str
) -> int:
    """Estimate from a day on; the estimate's id. Raises Invalid, and Conflict `period_closed` for a day whose period is
    closed: what was reported there stays as it was. Audited."""
    problems = []
    if not 0 <= expectation <= 1 or expectation != round(expectation, _PLACES):
        problems.append(FieldError("/expectation", "bad_share", "A share lies between 0 and 1."))
    if not note.strip():
        problems.append(FieldError("/note", "required", "Say what the estimate rests on."))
    if problems:
        raise Invalid("invalid", "This cannot be expected.", problems)
    facts = {"currency": currency_id, "entity": entity_id, "expectation": expectation, "starts_on": starts_on}
    row = fetch_one(
        """
        INSERT INTO redemption_expectation (program_id, currency_id, legal_entity_id, starts_on, expectation, note,
               set_by)
        SELECT :program, :currency, :entity, :starts_on, :expectation, :note, :actor
         WHERE NOT EXISTS (
               SELECT FROM settlement_closed_days d WHERE d.program_id = :program AND d.ends_on >= :starts_on)
        RETURNING id""",
        {**facts, "program": program_id, "note": note.strip(), "actor": audit.origin().actor},
    )
    if row is None:
        raise Conflict("period_closed", "Days from then on lie in a closed period; let it begin later.")
    audit.record("revenue.expect", f"program:{program_id}", note=note.strip(), **facts)
    return int(row.id)
