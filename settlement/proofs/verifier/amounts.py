"""The arithmetic of a statement, once more and apart from the code that made it: entries, lines, documents, position.

As EN 16931 rounds: a document line half up over its whole quantity, net = sum of the lines, VAT = rate times net half
up; what lies beneath a line is exact. Signs: + the entity receives, - it pays. Amounts of money in minor units.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal

from settlement.proofs.verifier.records import Record

Key = tuple[str, int, Decimal | None, int | None, str]

KINDS = {
    "issue_funding": ("issuer_invoice", -1, ("issue", "clawback")),
    "service_fee": ("issuer_invoice", -1, ("issue", "clawback")),
    "redemption_funding": ("issuer_invoice", -1, ("redeem",)),
    "redeemed": ("redeemer_invoice", 1, ("redeem",)),
    "breakage": ("credit_note", 1, ("expire",)),
    "breakage_taxed": ("issuer_invoice", -1, ("expire",)),
    "breakage_untaxed": ("issuer_invoice", -1, ("expire",)),
    "supplied": ("supplier_invoice", 1, ("supply",)),
    "delivery": ("supplier_invoice", 1, ("supply",)),
    "taken_back": ("supplier_invoice", 1, ("supply",)),
    "adjustment": ("adjustment", 1, ("adjustment",)),
}
# What corrects an earlier period stands in a document of its own, with the sign of what it corrects.
_CORRECTING = {"issuer_invoice": "issuer_credit", "redeemer_invoice": "redeemer_credit"}
_AS_MONEY = ("supplied", "delivery", "taken_back", "adjustment")
_PLACE = {charge: place for place, charge in enumerate(KINDS)}
_SIGN = {kind: sign for kind, sign, _ in KINDS.values()}
_SIGN |= {_CORRECTING[kind]: sign for kind, sign in _SIGN.items() if kind in _CORRECTING}
_UNTAXED = {
    "UK_SERVICE": frozenset({"adjustment"}),
    "DE_THIRD_PARTY": frozenset({"issue_funding", "redemption_funding", "breakage", "breakage_untaxed", "adjustment"}),
    "NONE": frozenset(KINDS),
}
ENTRY = (
    "agreement", "amount", "booked_on", "charge", "currency", "document", "kind", "movement", "occurred_at", "points",
    "price", "reference", "reverses",
)  # fmt: skip
LINE = ("agreement", "charge", "currency", "document", "net", "price", "quantity")
DOCUMENT = ("counterparty", "document", "gross", "kind", "net", "number", "sign", "vat", "vat_rate")


@dataclass(slots=True)
class Agreement:
    """The prices of one version of an agreement, by charge; the rates of VAT, too."""

    starts_on: str
    prices: dict[str, Decimal | None]
    vat_rates: dict[str, Decimal]


@dataclass(slots=True)
class Books:
    """What the head and the agreements say, and what the entries add up to while they pass."""

    is_operator: bool
    decimals: int
    starts_on: str
    ends_on: str
    points_decimals: dict[int, int]
    agreements: dict[int, Agreement]
    sums: dict[Key, list[Decimal]] = field(default_factory=dict)
    last: tuple[str, str, int] = ("", "", 0)
    entries: int = 0

    def enter(self, entry: Record) -> None:
        """Recompute one entry, and add it up. Raises Difference."""
        entry.only(ENTRY)
        charge, kind, movement = entry.text("charge"), entry.text("kind"), entry.text("movement")
        entry.subject = f"{movement} {charge}"
        if charge not in KINDS or kind not in KINDS[charge][2]:
            entry.wrong("bad_charge", f"a movement of kind {kind[:40]!r} makes no charge {charge[:40]!r}")
        place = (entry.text("occurred_at"), movement, 1 + _PLACE[charge])
        if place <= self.last:
            entry.wrong("out_of_order", "the entry does not come behind the one before it")
        self.last = place
        if not self.starts_on <= entry.day("booked_on") <= self.ends_on:
            entry.wrong("outside_period", "the entry is booked on a day outside the period")
        key, points, price = self._priced(entry, charge)
        exact = KINDS[charge][1] * points * price
        if key[3] is not None:
            exact = exact.scaleb(-self.points_decimals[key[3]])
        entry.expect("amount", entry.decimal("amount"), exact)
        known = self.sums.setdefault(key, [Decimal(0), Decimal(0)])
        known[0] += points
        known[1] += exact
        self.entries += 1

    def settle(self, lines: list[Record], documents: list[Record]) -> int:
        """Recompute the document lines from the entries, the documents from their lines; the position. Raises."""
        kinds = [document.text("kind") for document in documents]
        by_document: dict[int, list[Record]] = {}
        unmet = dict(self.sums)
        for line in lines:
            line.only(LINE)
            number = line.integer("document")
            if not 0 < number <= len(kinds):
                line.wrong("no_document", "the line stands on no document")
            self._line(line, kinds[number - 1], unmet)
            by_document.setdefault(number, []).append(line)
        if unmet and not self.is_operator:
            charge, agreement, price, _, kind = next(iter(unmet))
            last = lines[-1] if lines else Record("lines.jsonl", 0, {})
            last.subject = f"{charge} under agreement {agreement} at {price} on {kind}"
            last.wrong("line_missing", "no document line states these entries")
        return self._documents(documents, by_document)

    def _priced(self, entry: Record, charge: str) -> tuple[Key, Decimal, Decimal]:
        """The line an entry belongs to, its points and its price, which must be that of its agreement."""
        agreement = self._agreement(entry)
        price, points = entry.decimal("price"), Decimal(entry.integer("points"))
        currency, kind = entry.maybe_integer("currency"), entry.text("document")
        if kind not in _kinds(charge):
            entry.wrong("wrong_document", f"this charge does not belong on a document of kind {kind[:40]!r}")
        if charge in _AS_MONEY:
            if currency is not None or abs(points) != 1:
                entry.wrong("bad_charge", "what is not of points is one piece at its cost")
            return (charge, entry.integer("agreement"), None, None, kind), points, price
        if currency not in self.points_decimals:
            entry.wrong("bad_currency", "the head does not know this points currency")
        due = agreement.prices.get(charge)
        if price != due:
            entry.wrong("price_differs", f"price is {price}, the agreement says {due}")
        return (charge, entry.integer("agreement"), price, currency, kind), points, price

    def _line(self, line: Record, kind: str, unmet: dict[Key, list[Decimal]]) -> None:
        charge, price, currency = line.text("charge"), line.maybe_decimal("price"), line.maybe_integer("currency")
        line.subject = f"{charge} under agreement {line.integer('agreement')}"
        if charge not in KINDS:
            line.wrong("bad_charge", f"there is no charge {charge[:40]!r}")
        if kind not in _kinds(charge):
            line.wrong("wrong_document", f"this charge does not belong on a document of kind {kind[:40]!r}")
        agreement, quantity = self._agreement(line), Decimal(line.integer("quantity"))
        key = (charge, line.integer("agreement"), price, currency, kind)
        points, exact = unmet.pop(key, [Decimal(0), Decimal(0)])
        if price is not None:
            if currency not in self.points_decimals:
                line.wrong("bad_currency", "the head does not know this points currency")
            if agreement.prices.get(charge) != price:
                line.wrong("price_differs", f"price is {price}, the agreement says {agreement.prices.get(charge)}")
            if not self.is_operator:
                line.expect("quantity", quantity, points)
            due = rounded((quantity * price).scaleb(self.decimals - self.points_decimals[currency]))
            line.expect("net", line.integer("net"), due)
        elif not self.is_operator:
            line.expect("net", Decimal(line.integer("net")), exact.scaleb(self.decimals))

    def _documents(self, documents: list[Record], by_document: dict[int, list[Record]]) -> int:
        position = 0
        for number, document in enumerate(documents, 1):
            document.only(DOCUMENT)
            kind = document.text("kind")
            document.subject = f"{kind} {number}"
            document.expect("document", document.integer("document"), number)
            if kind not in _SIGN:
                document.wrong("bad_kind", "there is no such document")
            document.expect("sign", document.integer("sign"), _SIGN[kind] * (-1 if self.is_operator else 1))
            rate, net, lines = document.decimal("vat_rate"), document.integer("net"), by_document.get(number, [])
            for line in lines:
                document.expect("vat_rate", rate, self._agreement(line).vat_rates.get(line.text("charge")))
            document.expect("net", net, sum(line.integer("net") for line in lines))
            document.expect("vat", document.integer("vat"), rounded(net * rate))
            document.expect("gross", document.integer("gross"), net + document.integer("vat"))
            position += document.integer("sign") * document.integer("gross")
        return position

    def _agreement(self, record: Record) -> Agreement:
        number = record.integer("agreement")
        if number not in self.agreements:
            record.wrong("no_agreement", f"the bundle holds no agreement {number}")
        return self.agreements[number]


def _kinds(charge: str) -> tuple[str, ...]:
    """The kinds of document on which a charge may stand: its own, and the one that corrects it later."""
    kind = KINDS[charge][0]
    return (kind, _CORRECTING[kind]) if kind in _CORRECTING else (kind,)


def rounded(value: Decimal) -> int:
    """Half up, away from zero at the half."""
    return int(value.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def agreement_of(record: Record) -> Agreement:
    """The prices and rates of an agreement's record, by charge; its VAT profile says what is taxed."""
    record.subject = f"agreement {record.integer('agreement')}"
    issue, share, rate = record.decimal("issue_price"), record.decimal("breakage_share"), record.decimal("vat_rate")
    redeemer_rate, redeemer_price = record.maybe_decimal("redeemer_rate"), record.maybe_decimal("redeemer_price")
    if redeemer_rate is not None:
        record.expect("redeemer_price", redeemer_price, redeemer_rate)
    profile = record.text("vat_profile")
    if profile not in _UNTAXED:
        record.wrong("bad_profile", f"there is no VAT profile {profile[:40]!r}")
    prices = {
        "issue_funding": issue,
        "service_fee": record.decimal("service_price"),
        "redemption_funding": record.decimal("redemption_price"),
        "redeemed": redeemer_price,
        "breakage": issue * share,
        "breakage_taxed": issue * (1 - share),
        "breakage_untaxed": issue * (1 - share),
    }
    rates = {charge: Decimal(0) if charge in _UNTAXED[profile] else rate for charge in KINDS}
    return Agreement(record.day("starts_on"), prices, rates)
