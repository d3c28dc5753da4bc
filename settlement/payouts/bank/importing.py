"""Taking in a bank's statements: each file once, each of its entries once, and every entry is money that has moved.

A file is read and kept before any transaction opens; then all of it is recorded in one, or nothing. An entry that an
earlier statement has told already is only counted. What matches is counted for its payment at once, the rest waits.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from typing import Any

from coalition import partners, programs
from coalition.kernel import audit
from coalition.kernel.db import RacingKey, execute, fetch_all, fetch_one
from coalition.kernel.errors import Conflict, Invalid
from coalition.ports import FileStore
from settlement.payouts import accounts
from settlement.payouts.bank import matching, ordering, returning
from settlement.payouts.bank.matching import Candidates
from settlement.payouts.moving import lock
from settlement.payouts.receiving import Moved, record_receipt
from settlement.payouts.types import Payment
from settlement.ports import BankEntry, BankFiles, BankStatement

_OUR_FILE = re.compile(r"run[0-9a-z]{13}-[0-9]{1,6}(-1)?")  # the id of a file of ours, or of its payments
_STATEMENT = """
    INSERT INTO bank_statement (file_sha256, place, file_key, program_id, iban, number, currency, ends_on,
           opening_minor, moved_minor, closing_minor, entries, known, imported_by)
    VALUES (:sha256, :place, :file_key, :program_id, :iban, :number, :currency, :ends_on, :opening_minor,
           :moved_minor, :closing_minor, :entries, :known, :actor)
    ON CONFLICT (file_sha256, place) DO NOTHING RETURNING id"""
_ENTRY = """
    INSERT INTO bank_entry (receipt_id, statement_id, iban, reference, returned, reason, party_iban, texts)
    VALUES (:receipt_id, :statement_id, :iban, :reference, :returned, :reason, :party_iban, :texts)
    ON CONFLICT DO NOTHING"""


@dataclass(frozen=True, slots=True)
class Imported:
    """What a file brought. `again`: it was here before, and nothing has happened. `known` entries were told earlier."""

    again: bool
    statements: int
    entries: int
    known: int
    matched: int
    returned: int


def take_in(data: bytes, banks: BankFiles, store: FileStore, step: Callable[[Callable[[], Any]], Any]) -> Imported:
    """Read a file, keep it and record what it tells. `step` runs one piece in a transaction of its own.

    Raises Invalid with the code of what is wrong with the file, `bank_account_unknown` if a statement is of an account
    that no program's operator has; Conflict `bank_reference_repeated`. In each case nothing has changed.
    """
    digest = hashlib.sha256(data).digest()
    if step(lambda: _known_file(digest)):
        return Imported(True, 0, 0, 0, 0, 0)
    found = banks.read_statements(data)
    step(lambda: [_programs_of(one) for one in found])
    stored = store.put(f"bank/statements/{digest.hex()}.xml", BytesIO(data))
    imported: Imported = step(lambda: record(found, digest, stored.key))
    return imported


def record(found: Sequence[BankStatement], digest: bytes, file_key: str) -> Imported:
    """Record the statements of a file; locks the payments that they are for, all in the order of their ids."""
    for payment_id in sorted({one.id for statement in found for one in _wanted(statement)}):
        lock(payment_id)
    counts = [_record(one, digest, place, file_key) for place, one in enumerate(found, 1)]
    if None in counts:
        return Imported(True, 0, 0, 0, 0, 0)
    entries, known, matched, returned = (sum(column) for column in zip(*[one for one in counts if one], strict=True))
    facts = {"statements": len(found), "entries": entries, "known": known, "matched": matched, "returned": returned}
    audit.record("bank.import", f"bank_file:{digest.hex()}", **facts)
    return Imported(again=False, **facts)


def _record(found: BankStatement, digest: bytes, place: int, file_key: str) -> tuple[int, int, int, int] | None:
    program_ids = _programs_of(found)
    entries = [part for entry in found.entries for part in _parts(entry)]
    fresh = _fresh(found, entries)
    row = fetch_one(
        _STATEMENT,
        {
            "sha256": digest,
            "place": place,
            "file_key": file_key,
            "program_id": program_ids[0] if len(program_ids) == 1 else None,
            "iban": found.iban,
            "number": found.number,
            "currency": found.currency,
            "ends_on": found.ends_on,
            "opening_minor": found.opening_minor,
            "moved_minor": found.closing_minor - found.opening_minor,
            "closing_minor": found.closing_minor,
            "entries": len(entries),
            "known": len(entries) - len(fresh),
            "actor": audit.origin().actor,
        },
    )
    if row is None:
        return None
    planned = _planned(found.currency, fresh, program_ids)
    taken = [_take(row.id, found, entry, payment, program_ids) for entry, payment in planned]
    returned = sum(1 for entry, payment in planned if entry.returned)
    return len(entries), len(entries) - len(fresh), sum(taken), returned


def _wanted(found: BankStatement) -> list[Payment]:
    """The payments that the new entries of a statement are for, as far as is known before any is recorded."""
    entries = [part for entry in found.entries for part in _parts(entry)]
    planned = _planned(found.currency, _fresh(found, entries), _programs_of(found))
    return [payment for _, payment in planned if payment is not None]


def _planned(
    currency: str, entries: Sequence[BankEntry], program_ids: Sequence[int]
) -> list[tuple[BankEntry, Payment | None]]:
    """Each entry with the payment that it is for, those in the order of their ids."""
    candidates = Candidates.read(program_ids)
    planned = [(entry, candidates.take(matching.find(entry, currency, candidates))) for entry in entries]
    return sorted(planned, key=lambda plan: plan[1].id if plan[1] else 0)


def _take(
    statement_id: int, found: BankStatement, entry: BankEntry, payment: Payment | None, program_ids: Sequence[int]
) -> bool:
    """Record one entry as money that has moved; whether it was counted for a payment."""
    moved = Moved(
        amount_minor=entry.amount_minor,
        currency=found.currency,
        direction=entry.direction,
        reference=entry.reference,
        source=f"camt:{found.iban}",
        value_on=entry.value_on,
        payer=entry.party,
        note=" · ".join(entry.texts)[:1000],
    )
    directly = payment.id if payment is not None and not entry.returned else None
    receipt = record_receipt(directly, moved, program_id=program_ids[0] if len(program_ids) == 1 else None)
    facts = {
        "receipt_id": receipt.id,
        "statement_id": statement_id,
        "iban": found.iban,
        "reference": entry.reference,
        "returned": entry.returned,
        "reason": entry.reason,
        "party_iban": entry.iban,
        "texts": list(entry.texts),
    }
    if not execute(_ENTRY, facts):
        raise RacingKey
    if payment is not None and entry.returned:
        return _back(receipt.id, payment, entry)
    return receipt.payment_id is not None


def _back(receipt_id: int, payment: Payment, entry: BankEntry) -> bool:
    """Count a return against its payment, unless more came back than was paid: then people look at it."""
    try:
        returning.take_back(receipt_id, payment.id, f"returned_{entry.reason}" if entry.reason else "returned")
    except Conflict:
        return False
    return True


def _parts(entry: BankEntry) -> Iterator[BankEntry]:
    """An entry, or the transfers of one of our files if the bank has booked it in one sum."""
    if entry.direction == "out" and not entry.returned:
        for text in filter(_OUR_FILE.fullmatch, entry.texts):
            total, orders = ordering.ordered_by(text.removesuffix("-1") if text.count("-") > 1 else text)
            if total == entry.amount_minor and len(orders) > 1:
                for at, (ref, amount) in enumerate(orders, 1):
                    yield replace(entry, reference=f"{entry.reference}/{at}", amount_minor=amount, texts=(ref,))
                return
    yield entry


def _fresh(found: BankStatement, entries: Sequence[BankEntry]) -> list[BankEntry]:
    """The entries that no statement has told yet. Conflict if a reference stood for other money before."""
    rows = fetch_all(
        "SELECT e.reference, r.amount_minor, r.direction FROM bank_entry e JOIN payout_receipt r ON r.id = e.receipt_id"
        " WHERE e.iban = :iban AND e.reference = ANY(:references)",
        {"iban": found.iban, "references": [entry.reference for entry in entries]},
    )
    told = {row.reference: (row.amount_minor, row.direction) for row in rows}
    for entry in entries:
        if told.get(entry.reference, (entry.amount_minor, entry.direction)) != (entry.amount_minor, entry.direction):
            detail = f"The bank's reference {entry.reference} stood for other money before."
            raise Conflict("bank_reference_repeated", detail)
    return [entry for entry in entries if entry.reference not in told]


def _programs_of(found: BankStatement) -> list[int]:
    """The programs whose operator has the account of a statement."""
    own = [
        program.id
        for program in programs.list_programs()
        if partners.operator_entity(program.id).id in accounts.entities_with_iban(program.id, found.iban)
    ]
    if not own:
        raise Invalid("bank_account_unknown", f"{found.iban} is an account of no operator here.")
    return own


def _known_file(digest: bytes) -> bool:
    return fetch_one("SELECT 1 FROM bank_statement WHERE file_sha256 = :sha256 LIMIT 1", {"sha256": digest}) is not None
