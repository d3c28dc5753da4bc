"""Matching: which payment a movement of our account was for. What is certain is matched; the rest waits for people.

In this order: our own reference (in whatever field a bank has put it), the number of an invoice, the number of a
statement; at last an amount that is open exactly once, of an entity whose name or account is that of the other side.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from coalition import partners
from coalition.kernel import ids
from coalition.kernel.db import fetch_all
from coalition.kernel.errors import NotFound
from settlement.payouts import accounts
from settlement.payouts.reading import open_payments, payment, settled_payments
from settlement.payouts.states import PAYABLE
from settlement.payouts.types import Payment
from settlement.ports import BankEntry

_REF = re.compile(r"pmt[^0-9a-z]?([0-9a-hjkmnp-tv-z]{13})(?![0-9a-z])", re.IGNORECASE)
_INVOICE = re.compile(r"(?<![0-9A-Z])([0-9A-Z][0-9A-Z_-]*-\d{4}-\d{6})(?!\d)")
_STATEMENT = re.compile(
    r"(?<!\d)((?:\d{4}-\d{2}-\d{2}--)?\d{4}-(?:\d{2}(?:-\d{2})?|Q[1-4]|W\d{2}))[/ -]([0-9A-Z][0-9A-Z_-]*)"
    r"[/ -](\d+)(?!\d)",
    re.IGNORECASE,
)
_FORMS = frozenset(
    {"sia", "ooo", "ao", "zao", "oao", "pao", "ltd", "llc", "gmbh", "ag", "inc", "as", "ou", "uab", "sro", "the", "and"}
)


@dataclass(slots=True)
class Candidates:
    """What money on an account of some programs may have been for, read once for a whole statement of account."""

    program_ids: tuple[int, ...]
    open: list[Payment] = field(default_factory=list)
    paid: list[Payment] = field(default_factory=list)
    names: dict[int, str] = field(default_factory=dict)

    @classmethod
    def read(cls, program_ids: Sequence[int]) -> Candidates:
        """What is open, and what was paid and could come back, of these programs."""
        found = cls(tuple(program_ids))
        for program_id in program_ids:
            found.open += open_payments(program_id)
            found.paid += settled_payments(program_id)
            found.names |= {entity.id: key(entity.name) for entity in partners.entities(program_id)}
        return found

    def take(self, found: Payment | None) -> Payment | None:
        """Let a payment that an entry was for not be found by its amount once more; the payment."""
        if found is not None:
            self.open = [one for one in self.open if one.id != found.id]
            self.paid = [one for one in self.paid if one.id != found.id]
        return found


def find(entry: BankEntry, currency: str, candidates: Candidates) -> Payment | None:
    """The payment that an entry (in the currency of its account) was for, or whose money it returns; None if unsure."""
    texts = " ".join(entry.texts)
    direction = entry.direction if not entry.returned else {"in": "out", "out": "in"}[entry.direction]
    for named in (_by_reference(texts), _by_invoice(texts), _by_statement(texts)):
        fitting = [one for one in named if one.direction == direction and one.program_id in candidates.program_ids]
        if len(fitting) == 1 and fitting[0].state in PAYABLE:
            return fitting[0]
        if fitting:
            return None
    return _by_amount(entry, currency, candidates, direction)


def key(name: str) -> str:
    """A name so that spellings of it are equal: Latin letters, no signs, no legal form, words in order."""
    from text_unidecode import unidecode  # its tables take 5 MB

    words = re.findall(r"[a-z0-9]+", unidecode(name).lower())
    return " ".join(sorted(word for word in words if word not in _FORMS))


def _by_reference(texts: str) -> list[Payment]:
    found = {}
    for match in _REF.finditer(texts):
        try:
            one = payment(ids.parse("pmt", f"pmt_{match[1].lower()}"))
        except NotFound:
            continue
        found[one.id] = one
    return list(found.values())


def _by_invoice(texts: str) -> list[Payment]:
    return _named(
        "SELECT p.id FROM payout_payment p JOIN invoice i ON i.statement_id = p.statement_id"
        " WHERE i.number = ANY(:names) AND p.state NOT IN ('aborted', 'dropped') GROUP BY 1 LIMIT 100",
        _INVOICE.findall(texts.upper()),
    )


def _by_statement(texts: str) -> list[Payment]:
    return _named(
        "SELECT p.id FROM payout_payment p JOIN statement s ON s.id = p.statement_id"
        " WHERE upper(s.number) = ANY(:names) AND p.state NOT IN ('aborted', 'dropped') LIMIT 100",
        ["/".join(parts).upper() for parts in _STATEMENT.findall(texts)],
    )


def _named(query: str, names: Iterable[str]) -> list[Payment]:
    wanted = sorted(set(names))
    return [payment(row.id) for row in fetch_all(query, {"names": wanted})] if wanted else []


def _by_amount(entry: BankEntry, currency: str, candidates: Candidates, direction: str) -> Payment | None:
    pool = candidates.paid if entry.returned else candidates.open
    amounts = [
        one
        for one in pool
        if (one.direction, one.currency) == (direction, currency)
        and entry.amount_minor == (one.paid_minor if entry.returned else one.left_minor)
    ]
    if not amounts:
        return None
    known = {
        entity
        for program_id in candidates.program_ids
        for entity in (accounts.entities_with_iban(program_id, entry.iban) if entry.iban else ())
    }
    named = key(entry.party)
    fitting = [
        one
        for one in amounts
        if one.legal_entity_id in known or (named and candidates.names.get(one.legal_entity_id) == named)
    ]
    return fitting[0] if len(fitting) == 1 else None
