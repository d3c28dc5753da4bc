"""Reading a purchase out of a parsed JSON object: one strict reader for the API and for every line of a registry.

Written by hand because a registry has millions of lines: a microsecond or two a line, and every wrong field named. It
wants exact types (a bool is no integer), bounded lengths and ranges, and no unknown field; that texts hold neither NUL
nor surrogates is the JSON parser's promise.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from coalition.kernel import ids
from coalition.kernel.errors import NotFound
from coalition.members import KINDS
from coalition.purchases.fields import AMOUNT_MAX, Fields, request_hash
from coalition.purchases.lines import CATEGORY_MAX, FIELDS, NAME_MAX, NO_MAX, SKU_MAX, right_lines, written
from coalition.purchases.receipts import Line, Receipt

LINES_MAX = 1_000
PAYMENTS_MAX = 20
COUPONS_MAX = 20
COUPON_MAX = 100
REDEEM = "redeem"  # the kind of a payment that points make on the spot
CHANNELS = ("pos", "online", "app", "phone", "other")
_FIELDS = frozenset(
    ("external_id", "occurred_at", "outlet", "member", "currency", "channel", "coupons", "hold_id", "quote_id", "proof")
) | {"points_paid", "payments", "lines", "on_unknown_member"}
ON_UNKNOWN = ("refuse", "hold")
_PAYMENT_FIELDS = frozenset(("kind", "amount", "mcc"))
_REDEEM_FIELDS = frozenset(("kind", "amount", "currency"))
_MEMBER_FIELDS = frozenset(("kind", "value"))
_CURRENCY = re.compile(r"[A-Z]{3}")
_QUOTE = re.compile(r"pqt_[0-9a-z]{13}", re.ASCII)


def read(body: Mapping[str, Any]) -> Receipt:
    """The receipt in `body`. Raises Invalid, which names every wrong field by its JSON pointer."""
    return Reader(body).receipt()


class Reader(Fields):
    """A purchase being read."""

    __slots__ = ()

    def receipt(self) -> Receipt:
        body = self.body
        self.known(body, _FIELDS, "")
        external_id = self.text(body, "external_id", 100)
        occurred_at = self.instant(body, "occurred_at")
        outlet = self.text(body, "outlet", 40)
        currency = self.text(body, "currency", 3)
        if currency and not _CURRENCY.fullmatch(currency):
            self.wrong("/currency", "invalid", "A currency has three capital letters.")
        channel = self.channel(body.get("channel", "pos"))
        member, hold = self.member(body.get("member")), self.hold(body.get("hold_id"))
        points_paid = self.integer(body, "points_paid", "", default=0)
        payments, lines = self.payments(body.get("payments")), self.lines(body.get("lines"))
        total = sum([line.amount for line in lines])
        if total > AMOUNT_MAX:
            self.wrong("/lines", "total_too_large", f"A receipt comes to at most {AMOUNT_MAX} minor units.")
        elif points_paid > total:
            self.wrong("/points_paid", "more_than_total", "Points cannot pay more than the total.")
        redeem = self.redeem(payments, total, hold is not None or points_paid == 0)
        proof = self.proof(bool(redeem))
        on_unknown = self.on_unknown(body.get("on_unknown_member"))
        coupons = self.coupons(body.get("coupons"))
        quote = self.quote(body.get("quote_id"))
        self.done(_TELLING)
        content, rows = (external_id, occurred_at.isoformat(), outlet, currency, channel, member, hold), written(lines)
        shown = (coupons,) if coupons else ()
        promised = ({"quote": quote},) if quote else ()
        digest = request_hash((*content, points_paid, _tenders(payments), *shown, *promised), rows)
        receipt = (external_id, occurred_at, outlet, currency, lines, total, member, channel, hold, points_paid)
        return Receipt(*receipt, payments, digest, redeem, proof, on_unknown, rows=rows, coupons=coupons, quote=quote)

    def lines(self, given: Any) -> tuple[Line, ...]:
        if not isinstance(given, list) or not 1 <= len(given) <= LINES_MAX:
            self.wrong("/lines", "required" if given is None else "invalid", f"Send 1 to {LINES_MAX} lines.")
            return ()
        if right := right_lines(given):
            return right
        lines = tuple([self.line(line, f"/lines/{at}") for at, line in enumerate(given)])
        if len({line.no for line in lines}) < len(lines) and not self.problems:
            self.wrong("/lines", "duplicate_no", "Every line has a number of its own.")
        return lines

    def line(self, given: Any, pointer: str) -> Line:
        if not isinstance(given, dict):
            self.wrong(pointer, "invalid", "A line is an object.")
            return Line(0, 0)
        self.known(given, FIELDS, pointer)
        no = self.integer(given, "no", pointer, least=1, most=NO_MAX)
        amount = self.integer(given, "amount", pointer)
        qty_m = None if given.get("qty_m") is None else self.integer(given, "qty_m", pointer)
        price = None if given.get("price") is None else self.integer(given, "price", pointer)
        sku = self.optional(given, "sku", SKU_MAX, pointer)
        name = self.optional(given, "name", NAME_MAX, pointer)
        return Line(no, amount, qty_m, price, sku, name, self.optional(given, "category", CATEGORY_MAX, pointer))

    def payments(self, given: Any) -> tuple[Mapping[str, Any], ...]:
        if given is None:
            return ()
        if not isinstance(given, list) or len(given) > PAYMENTS_MAX:
            self.wrong("/payments", "invalid", f"Send at most {PAYMENTS_MAX} payments.")
            return ()
        for at, payment in enumerate(given):
            pointer = f"/payments/{at}"
            if not isinstance(payment, dict):
                self.wrong(pointer, "invalid", "A payment is an object.")
                continue
            redeems = payment.get("kind") == REDEEM
            self.known(payment, _REDEEM_FIELDS if redeems else _PAYMENT_FIELDS, pointer)
            self.text(payment, "kind", 40, pointer)
            self.integer(payment, "amount", pointer, least=1 if redeems else 0)
            self.optional(payment, "mcc", 4, pointer)
            self.optional(payment, "currency", 12, pointer)
        return tuple(given)

    def redeem(
        self, payments: tuple[Mapping[str, Any], ...], total: int, apart: bool
    ) -> tuple[tuple[str | None, int], ...]:
        if self.problems:
            return ()
        found = tuple((one.get("currency"), one["amount"]) for one in payments if one["kind"] == REDEEM)
        if found and not apart:
            self.wrong("/points_paid", "counted_twice", "It is for held points; redeem payments count by themselves.")
        if sum(amount for _, amount in found) > total:
            self.wrong("/payments", "more_than_total", "Points cannot pay more than the total.")
        return found

    def proof(self, redeems: bool) -> str | None:
        """The proof is no part of what was bought, and none of the request's hash: a replay needs no new one."""
        proof = self.optional(self.body, "proof", 200, "")
        if proof is not None and not redeems:
            self.wrong("/proof", "unknown_proof", "Nothing is redeemed here; a hold was proven when it was made.")
        return proof

    def member(self, given: Any) -> tuple[str, str] | None:
        if given is None:
            return None
        if not isinstance(given, dict):
            self.wrong("/member", "invalid", "A member is named by kind and value.")
            return None
        self.known(given, _MEMBER_FIELDS, "/member")
        kind, value = self.text(given, "kind", 20, "/member"), self.text(given, "value", 256, "/member")
        if kind and kind not in KINDS:
            self.wrong("/member/kind", "invalid", f"A kind is one of: {', '.join(KINDS)}.")
        return kind, value

    def coupons(self, given: Any) -> tuple[str, ...]:
        """Codes as they were typed. What they open is told later: no purchase is refused for a coupon that is gone."""
        if given is None:
            return ()
        if not isinstance(given, list) or len(given) > COUPONS_MAX:
            self.wrong("/coupons", "invalid", f"Send at most {COUPONS_MAX} codes.")
            return ()
        for at, code in enumerate(given):
            if not isinstance(code, str) or not 1 <= len(code.strip()) <= COUPON_MAX or not code.isprintable():
                self.wrong(f"/coupons/{at}", "invalid", f"A code has 1 to {COUPON_MAX} characters.")
        return tuple(code.strip() for code in given if isinstance(code, str))

    def hold(self, given: Any) -> tuple[int, int] | None:
        if given is None:
            return None
        try:
            account_id, hold_id = ids.parse_many("hld", given if isinstance(given, str) else "", 2)
        except NotFound:
            self.wrong("/hold_id", "unknown_hold", "There is no such hold.")
            return None
        return account_id, hold_id

    def on_unknown(self, given: Any) -> str | None:
        """It is no part of what was bought, and none of the request's hash."""
        if given is not None and given not in ON_UNKNOWN:
            self.wrong("/on_unknown_member", "invalid", f"One of: {', '.join(ON_UNKNOWN)}.")
        return given if isinstance(given, str) else None

    def channel(self, given: Any) -> str:
        if isinstance(given, str) and given in CHANNELS:
            return given
        self.wrong("/channel", "invalid", f"A channel is one of: {', '.join(CHANNELS)}.")
        return ""

    def quote(self, given: Any) -> str | None:
        if given is None:
            return None
        if isinstance(given, str) and _QUOTE.fullmatch(given):
            return given
        self.wrong("/quote_id", "unknown_quote", "There is no such quote.")
        return None


_TELLING: Callable[[str], bool] = frozenset(("unknown_quote", "unknown_hold")).__contains__


def _tenders(payments: tuple[Mapping[str, Any], ...]) -> list[tuple[Any, ...]]:
    return [(payment["kind"], payment["amount"], payment.get("mcc") or payment.get("currency")) for payment in payments]
