"""A statement that is sent becomes invoices, so that nobody has to ask for them."""

from __future__ import annotations

from coalition.kernel import audit
from coalition.kernel.errors import Invalid
from coalition.kernel.outbox import Event, subscribe
from settlement import statements
from settlement.payouts import invoices


@subscribe("statement.sent", consumer="payouts.invoices")
def bill(event: Event) -> None:
    """Issue the invoices of a statement. What a party lacks is noted; the next who asks for them is told, too."""
    statement_id = event.payload["statement_id"]
    if statements.get(statement_id).is_operator:
        return
    try:
        invoices.issue(statement_id)
    except Invalid as refusal:
        audit.record("invoices.refused", f"statement:{statement_id}", code=refusal.code, detail=refusal.detail)
