"""Bank transactions: what a member paid by card, as the bank tells it, becomes a purchase of one line.

The merchant's category (MCC) stays in its payment, where rules can ask for it. The line's quantity is its amount, so
that a reversal may take back any part of it, exactly.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from coalition.purchases.fields import request_hash
from coalition.purchases.reading.receipt import Reader
from coalition.purchases.receipts import Line, Receipt

TRANSACTION, REVERSAL = "bank.transaction", "bank.reversed"
_FIELDS = frozenset(("type", "external_id", "occurred_at", "outlet", "member", "amount", "currency", "mcc", "merchant"))
_REVERSAL_FIELDS = frozenset(("type", "external_id", "occurred_at", "original", "amount"))
_CURRENCY, _MCC = re.compile(r"[A-Z]{3}"), re.compile(r"[0-9]{4}", re.ASCII)


def read_transaction(body: Mapping[str, Any]) -> Receipt:
    """The purchase that a bank transaction is, at the outlet named or else the bank's first.

    Raises Invalid, which names every wrong field by its JSON pointer.
    """
    return _Reader(body).transaction()


def read_reversal(body: Mapping[str, Any]) -> dict[str, Any]:
    """The return that a reversal is, as JSON has it: of the whole transaction, or of `amount`. Raises Invalid."""
    return _Reader(body).reversal()


class _Reader(Reader):
    """A transaction being read."""

    __slots__ = ()

    def transaction(self) -> Receipt:
        body = self.body
        self.known(body, _FIELDS | {"on_unknown_member"}, "")
        external_id, occurred_at = self.text(body, "external_id", 100), self.instant(body, "occurred_at")
        outlet = self.text(body, "outlet", 40) if body.get("outlet") is not None else ""
        amount = self.integer(body, "amount", "", least=1)
        currency, mcc = self.text(body, "currency", 3), self.text(body, "mcc", 4)
        merchant = self.optional(body, "merchant", 300, "")
        if currency and not _CURRENCY.fullmatch(currency):
            self.wrong("/currency", "invalid", "A currency has three capital letters.")
        if mcc and not _MCC.fullmatch(mcc):
            self.wrong("/mcc", "invalid", "A merchant category has four digits.")
        member, on_unknown = self.member(body.get("member")), self.on_unknown(body.get("on_unknown_member"))
        if member is None:
            self.wrong("/member", "required", "A bank transaction names its member.")
        self.done()
        line = Line(1, amount, amount, None, None, merchant, None)
        payments = ({"kind": "bank_card", "amount": amount, "mcc": mcc},)
        content = (TRANSACTION, external_id, occurred_at.isoformat(), outlet, currency, member, amount, mcc, merchant)
        return Receipt(
            external_id=external_id,
            occurred_at=occurred_at,
            outlet=outlet,
            currency=currency,
            lines=(line,),
            total=amount,
            member=member,
            channel="other",
            hold=None,
            points_paid=0,
            payments=payments,
            request_hash=request_hash(content),
            on_unknown=on_unknown,
        )

    def reversal(self) -> dict[str, Any]:
        body = self.body
        self.known(body, _REVERSAL_FIELDS, "")
        external_id, original = self.text(body, "external_id", 100), self.text(body, "original", 100)
        self.instant(body, "occurred_at")
        part = None if body.get("amount") is None else self.integer(body, "amount", "", least=1)
        self.done()
        line = {"no": 1} if part is None else {"no": 1, "qty_m": part}
        named = {"type": "return", "external_id": external_id, "purchase_external_id": original}
        return {**named, "occurred_at": body["occurred_at"], "lines": [line]}
