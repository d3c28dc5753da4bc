"""News of statements: each is told to the partner whose legal entity's it is, when it was closed and sent to it.

A draft is nobody's yet, and the operator's own mirror of the others is told to nobody.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from coalition import partners
from coalition.kernel import ids
from coalition.kernel.outbox import Event
from coalition.partners.webhooks import EventType, News, Wanted, declare, translates
from coalition.partners.webhooks.types import amount, public_id, record, text
from settlement import statements

CLOSED = EventType(
    "statement.closed",
    "A period was closed, and the statement of a legal entity of yours was sent: read it, agree to it or dispute it.",
    "the partner whose legal entity's statement it is",
    record(
        statement_id=public_id("stm", "the statement"),
        number=text("its number"),
        period=text("the period: 2026-11, 2026-Q4, 2026-W47"),
        version={"type": "integer", "description": "above 1: it replaces an earlier one"},
        position=amount("what you receive (+) or pay (-), VAT included"),
    ),
    {
        "statement_id": "stm_0000000000007",
        "number": "2026-11/FRESH/1",
        "period": "2026-11",
        "version": 1,
        "position": {"amount": -48211, "currency": "EUR"},
    },
)


@translates("statement.sent")
def sent(events: Sequence[Event], wanted: Wanted) -> Iterator[News]:
    """A statement was sent to its partner."""
    chosen = wanted.get(CLOSED.name, frozenset())
    for event in events if chosen else ():
        statement = statements.get(event.payload["statement_id"])
        partner_id = partners.entity(statement.legal_entity_id).partner_id
        if partner_id in chosen and not statement.is_operator:
            public = ids.public("stm", statement.id)
            data = {
                "statement_id": public,
                "number": statement.number,
                "period": statement.period_code,
                "version": statement.version,
                "position": {"amount": statement.position_minor, "currency": statement.currency},
            }
            head = (CLOSED.name, partner_id, public, f"statement:{statement.id}")
            yield News(*head, statement.issued_at, data, event.id)


declare(CLOSED)
