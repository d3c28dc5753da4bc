"""The limits of each supplier and the log of its calls, in the database: a transaction before a call and one after."""

from __future__ import annotations

from catalog import suppliers
from catalog.ports import Caps, SupplierAccess
from coalition.kernel.db import transact
from integrations.suppliers.masking import masked
from integrations.suppliers.wire import Exchange, Unguarded


class DatabaseGuard(Unguarded):
    """Guards the suppliers that the database knows."""

    def admit(self, ctx: SupplierAccess, caps: Caps, cart: str) -> str | float:
        """A ticket, or in how many seconds to come again."""
        return transact(lambda: suppliers.admit(ctx.supplier_id, caps, cart))

    def done(self, ctx: SupplierAccess, ticket: str, exchange: Exchange) -> None:
        """Give the ticket back and write the call down. A supplier that is away or broken has failed."""
        transact(lambda: self._done(ctx, ticket, exchange))

    def _done(self, ctx: SupplierAccess, ticket: str, exchange: Exchange) -> None:
        request, reply = exchange.request, exchange.reply
        failed = reply.status == 0 or (reply.status >= 500 and reply.status != 503)
        suppliers.done(ctx.supplier_id, ticket, failed=failed)
        suppliers.record_call(
            suppliers.Call(
                supplier_id=ctx.supplier_id,
                operation=request.operation,
                client_ref=request.ref,
                method=request.method,
                path=request.path,
                status=reply.status or None,
                sent=reply.sent,
                took_ms=exchange.took_ms,
                request=masked(request.text.encode()),
                answer=masked(exchange.answer),
            )
        )
