"""What the page of a statement shows: its parties, its documents with their lines, and a page of its entries."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from coalition import partners, programs
from coalition.kernel import ids
from coalition.kernel.money import largest_remainder
from coalition.kernel.web.paging import decode_cursor, encode_cursor
from settlement import proofs, statements, terms
from settlement.statements import Document, Statement
from settlement.terms import Agreement

_PAGE = 50
_WORD = {
    "issue_funding": "issue",
    "redemption_funding": "redeem",
    "redeemed": "redeem",
    "breakage": "expire",
    "breakage_taxed": "expire",
    "breakage_untaxed": "expire",
    "supplied": "supply",
    "delivery": "supply",
    "taken_back": "supply",
    "service_fee": "fee",
    "adjustment": "adjust",
}


def context(statement: Statement, cursor: str | None) -> dict[str, Any]:
    """Everything the page shows; `cursor` is the page of entries. Raises Invalid for a cursor that is not ours."""
    position = decode_cursor(cursor, str, str)
    after = (dt.datetime.fromisoformat(str(position[0])), str(position[1])) if position else None
    entries, following = statements.entries(statement, after, _PAGE)
    return {
        **stated(statement),
        "entries": [entry_told(entry) for entry in entries],
        "next_cursor": encode_cursor(following[0].isoformat(), following[1]) if following else None,
    }


def stated(statement: Statement) -> dict[str, Any]:
    """What a statement says, whatever it is written on: head, parties and documents, and how many entries it has."""
    program = programs.get(statement.program_id)
    documents = statements.documents([statement.id])[statement.id]
    agreements = terms.by_id({line.agreement_id for document in documents for line in document.lines})
    return {
        "statement": {
            "id": ids.public("stm", statement.id),
            "number": statement.number,
            "state": statement.state,
            "period": {"key": statement.period_code, "month": statement.starts_on},
            "first": statement.starts_on,
            "last": statement.ends_on,
            "program": {"code": program.code, "name": program.name},
            "issued_at": statement.issued_at,
            "attribution": statement.attribution,
            "currency": statement.currency,
            "currency_decimals": statement.currency_decimals,
            "points_decimals": statement.points_decimals,
            "bundle_sha256": statement.content_sha256,
            "bundled": proofs.bundle_of(statement.id) is not None,
            "position_minor": statement.position_minor,
        },
        "operator": statement.parties["operator"],
        "party": statement.parties["party"],
        "documents": [_document(statement, document, agreements) for document in documents],
        "entries_total": statements.count(statement),
    }


def _document(statement: Statement, document: Document, agreements: dict[int, Agreement]) -> dict[str, Any]:
    shares = _shares(document.vat_minor, [line.net_minor for line in document.lines])
    lines = [
        {
            "code": line.code,
            "agreement": _version(agreements[line.agreement_id]),
            "quantity": line.quantity,
            "unit_price": line.unit_price,
            "net_minor": line.net_minor,
            "vat_rate": document.vat_rate * 100,
            "vat_minor": share,
        }
        for line, share in zip(document.lines, shares, strict=True)
    ]
    return {
        "kind": document.kind,
        "number": partners.entity(document.counterparty_id).name if statement.is_operator else None,
        "sign": document.sign,
        "lines": lines,
        "net_minor": document.net_minor,
        "vat_minor": document.vat_minor,
        "gross_minor": document.gross_minor,
    }


def _shares(vat_minor: int, nets: Sequence[int]) -> list[int]:
    """A document's VAT spread over its lines for reading: the document's own VAT is what counts, the shares sum to it.

    Where charges and returns meet in one document, all of it stands on its first line.
    """
    if not nets:
        return []
    sign = -1 if vat_minor < 0 else 1
    if any(sign * net < 0 for net in nets):
        return [vat_minor] + [0] * (len(nets) - 1)
    return [sign * part for part in largest_remainder(abs(vat_minor), [abs(net) for net in nets])]


def _version(agreement: Agreement) -> str:
    return f"v{agreement.version}, {agreement.starts_on:%Y-%m-%d}"


def entry_told(entry: statements.Entry) -> dict[str, Any]:
    """One entry as a row of the page."""
    reversed_ = entry.kind == "clawback" or entry.points < 0
    word = _WORD[entry.code]
    return {
        "id": entry.movement_id,
        "occurred_at": entry.occurred_at,
        "code": "reverse" if reversed_ and word != "fee" else word,
        "reference": entry.reference,
        "points": entry.points,
        "unit_price": entry.unit_price,
        "amount": entry.amount or Decimal(0),
        "reverses": entry.reverses,
    }
