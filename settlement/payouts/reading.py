"""Reading runs, payments and receipts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from coalition.kernel import ids
from coalition.kernel.db import AnyRow, fetch_all, fetch_one
from coalition.kernel.errors import NotFound
from coalition.kernel.web.paging import Page, decode_cursor, encode_cursor
from settlement.payouts.types import Change, Payment, Receipt, Run

MOST = 10_000
PREFIX = "pmt"
_RUN = """
    SELECT r.id, r.program_id, r.period_id, p.code AS period_code, r.no, r.state, r.content_hash, r.recorded_by,
           r.recorded_at, r.reserved_by, r.approval_id, r.committed_by, r.committed_at, r.settled_at
      FROM payout_run r JOIN settlement_period p ON p.id = r.period_id"""
_PAYMENT = """
    SELECT p.id, p.run_id, p.statement_id, s.number AS statement_number, s.program_id, p.legal_entity_id, p.direction,
           p.amount_minor, p.currency, s.settlement_decimals AS currency_decimals, p.state, p.provider, p.account_id,
           p.due_on, p.external_id, p.url, p.code, p.paid_minor
      FROM payout_payment p JOIN statement s ON s.id = p.statement_id"""
_RECEIPT = f"SELECT {', '.join(field.name for field in fields(Receipt))} FROM payout_receipt"


def get(run_id: int) -> Run:
    """The run. Raises NotFound."""
    row = fetch_one(f"{_RUN} WHERE r.id = :id", {"id": run_id})
    if row is None:
        raise NotFound()
    return _run(row)


def runs(program_id: int, cursor: str | None = None, limit: int = 50) -> Page[Run]:
    """The runs of a program, newest first. Raises Invalid for a cursor that is not ours."""
    at = decode_cursor(cursor, int)
    rows = fetch_all(
        f"{_RUN} WHERE r.program_id = :program AND (CAST(:before AS bigint) IS NULL OR r.id < :before)"
        " ORDER BY r.id DESC LIMIT :limit",
        {"program": program_id, "before": at[0] if at else None, "limit": limit + 1},
    )
    more = len(rows) > limit
    return Page([_run(row) for row in rows[:limit]], encode_cursor(rows[limit - 1].id) if more else None)


def runs_of(period_id: int) -> list[Run]:
    """The runs of a period, but for those that were aborted, the first one first."""
    rows = fetch_all(
        f"{_RUN} WHERE r.period_id = :period AND r.state <> 'aborted' ORDER BY r.no LIMIT {MOST}",
        {"period": period_id},
    )
    return [_run(row) for row in rows]


def payment(payment_id: int) -> Payment:
    """The payment. Raises NotFound."""
    row = fetch_one(f"{_PAYMENT} WHERE p.id = :id", {"id": payment_id})
    if row is None:
        raise NotFound()
    return _payment(row)


def find(ref: str) -> Payment:
    """The payment with this reference. Raises NotFound."""
    return payment(ids.parse(PREFIX, ref))


def is_settled(statement_id: int) -> bool:
    """Whether the settled payments of this statement come to what it comes to: in both directions, if it has two."""
    row = fetch_one(
        """SELECT s.id FROM statement s JOIN payout_payment p ON p.statement_id = s.id AND p.state = 'settled'
            WHERE s.id = :id GROUP BY s.id, s.settlement_minor
           HAVING sum(CASE p.direction WHEN 'out' THEN p.amount_minor ELSE -p.amount_minor END) = s.settlement_minor""",
        {"id": statement_id},
    )
    return row is not None


def payments(run_id: int) -> list[Payment]:
    """The payments of a run, in the order in which they were recorded."""
    return _payments("p.run_id = :run", {"run": run_id})


def open_payments(program_id: int, direction: str | None = None) -> list[Payment]:
    """Committed payments of a program whose money has not all moved, oldest first: what a receipt may belong to."""
    condition = """s.program_id = :program AND p.state IN ('committed', 'accepted', 'partly_paid')
        AND (CAST(:direction AS text) IS NULL OR p.direction = :direction)"""
    return _payments(condition, {"program": program_id, "direction": direction})


def changes(run_id: int) -> list[Change]:
    """What became of a run and of its payments, in order."""
    rows = fetch_all(
        f"SELECT payment_id, from_state, to_state, code, actor, at FROM payout_change WHERE run_id = :run"
        f" ORDER BY id LIMIT {MOST}",
        {"run": run_id},
    )
    return [Change(**row._mapping) for row in rows]


def settled_payments(program_id: int) -> list[Payment]:
    """Payments of a program whose money has moved, in whole or in part: what may come back."""
    return _payments("s.program_id = :program AND p.paid_minor > 0", {"program": program_id})


def receipt(receipt_id: int) -> Receipt:
    """The receipt. Raises NotFound."""
    row = fetch_one(f"{_RECEIPT} WHERE id = :id", {"id": receipt_id})
    if row is None:
        raise NotFound()
    return Receipt(**row._mapping)


def receipts(payment_ids: Sequence[int]) -> list[Receipt]:
    """What has moved for these payments, oldest first."""
    return _receipts("payment_id = ANY(:ids)", {"ids": list(payment_ids)}, MOST)


def moved(entity_id: int) -> list[Receipt]:
    """All money that has moved between us and a legal entity, as far as we know what for, oldest first."""
    condition = "payment_id IN (SELECT p.id FROM payout_payment p WHERE p.legal_entity_id = :entity)"
    return _receipts(condition, {"entity": entity_id}, MOST)


def unmatched(program_id: int, limit: int = 100) -> list[Receipt]:
    """Money of which nobody knows yet what it was for, oldest first; that of no program is everybody's.

    What somebody has set aside as none of ours does not wait.
    """
    condition = """payment_id IS NULL AND coalesce(program_id, :program) = :program AND coalesce((
        SELECT d.kind FROM receipt_decision d WHERE d.receipt_id = payout_receipt.id ORDER BY d.id DESC LIMIT 1), '')
        <> 'set_aside'"""
    return _receipts(condition, {"program": program_id}, limit)


def _payments(condition: str, params: dict[str, Any]) -> list[Payment]:
    return [_payment(row) for row in fetch_all(f"{_PAYMENT} WHERE {condition} ORDER BY p.id LIMIT {MOST}", params)]


def _receipts(condition: str, params: dict[str, Any], limit: int) -> list[Receipt]:
    rows = fetch_all(f"{_RECEIPT} WHERE {condition} ORDER BY id LIMIT :limit", {**params, "limit": limit})
    return [Receipt(**row._mapping) for row in rows]


def _run(row: AnyRow) -> Run:
    facts = dict(row._mapping)
    if facts["content_hash"] is not None:
        facts["content_hash"] = bytes(facts["content_hash"])
    return Run(**facts)


def _payment(row: AnyRow) -> Payment:
    return Payment(ref=ids.public(PREFIX, row.id), **row._mapping)
