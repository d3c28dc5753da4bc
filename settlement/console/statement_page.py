"""What the page of a statement shows: its parties, its documents with their lines, and a page of its entries."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from coalition import partners, programs
from coalition.kernel import ids
from coalition.kernel.money import largest_remainder
from coalition.kernel.web.paging import decode_moment, encode_cursor
from settlement import proofs, statements, terms
from settlement.reconciliation import Dispute
from settlement.statements import Document, Sift, Statement
from settlement.terms import Agreement

_PAGE = 50
_LOOKS = 40  # pages of movements that are looked through for a page of sifted entries
_PRICE = re.compile(r"\d{1,12}(\.\d{1,12})?")
_DAY = re.compile(r"20\d\d-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")
SIFT = ("charge", "document", "agreement", "price", "reference", "day")
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


def context(statement: Statement, args: Mapping[str, str]) -> dict[str, Any]:
    """Everything the page shows; `args` say which entries. Raises Invalid for a cursor that is not ours."""
    said = stated(statement)
    sift = sift_of(args)
    entries, following = _page(statement, args.get("cursor"), sift)
    codes = {line["code"] for document in said["documents"] for line in document["lines"]}
    return {
        **said,
        "versions": [_version_told(one) for one in statements.versions(statement)],
        "entries": [entry_told(entry) | {"document": _document_of(said, entry)} for entry in entries],
        "next_cursor": encode_cursor(following[0].isoformat(), following[1]) if following else None,
        "sifted": {name: args.get(name, "") for name in SIFT if args.get(name)},
        "codes": sorted(codes),
        "disputes": [],
    }


def sift_of(args: Mapping[str, str]) -> Sift:
    """Which entries the address asks for; what makes no sense is not asked."""
    agreement, price, day = args.get("agreement", ""), args.get("price", ""), args.get("day", "")
    return Sift(
        code=args.get("charge", ""),
        document=args.get("document", ""),
        agreement_id=ids.parse("agr", agreement) if agreement else None,
        unit_price=Decimal(price) if _PRICE.fullmatch(price) else None,
        reference=args.get("reference", "")[:100],
        day=_day(day),
    )


def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:  # the thirtieth of February
        return None


def disputes(found: Iterable[Dispute]) -> list[dict[str, Any]]:
    """Disputes as rows."""
    return [
        {
            "id": ids.public("dsp", one.id),
            "state": one.state,
            "reason": one.reason,
            "evidence": one.evidence,
            "movement": one.movement_id,
            "side": one.side,
            "amount_minor": one.sign * one.amount_minor,
            "granted_minor": one.sign * one.granted_minor,
            "currency": one.currency,
            "opened_at": one.opened_at,
            "due_at": one.due_at,
            "overdue": one.overdue_at is not None and one.state == "open",
            "decision": one.decision,
            "decided_at": one.decided_at,
        }
        for one in found
    ]


def _document_of(said: dict[str, Any], entry: statements.Entry) -> str | None:
    """The document in which an entry is summed up."""
    key = (entry.code, ids.public("agr", entry.agreement_id))
    for document in said["documents"]:
        lines = {(line["code"], line["agreement_id"]) for line in document["lines"]}
        if document["kind"] == entry.document and key in lines:
            return str(document["id"])
    return None


def _page(
    statement: Statement, cursor: str | None, sift: Sift
) -> tuple[list[statements.Entry], statements.Position | None]:
    """A page of entries. Of those that are sifted some movements have none: a few more are looked at then."""
    after = decode_moment(cursor)
    if sift == Sift():
        return statements.entries(statement, after, _PAGE)
    found: list[statements.Entry] = []
    for _ in range(_LOOKS):
        some, after = statements.entries(statement, after, _PAGE, sift)
        found += some
        if after is None or len(found) >= _PAGE:
            break
    return found, after


def stated(statement: Statement) -> dict[str, Any]:
    """What a statement says, whatever it is written on: head, parties and documents, and how many entries it has."""
    program = programs.get(statement.program_id)
    documents = statements.documents([statement.id])[statement.id]
    agreements = terms.by_id({line.agreement_id for document in documents for line in document.lines})
    names: dict[int, str] = {}
    if statement.is_operator:  # whose documents are with everybody
        names = {entity.id: entity.name for entity in partners.entities(statement.program_id)}
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
            "settled": _settled(statement),
            "version": statement.version,
            "replaced": statement.replaced,
        },
        "operator": statement.parties["operator"],
        "party": statement.parties["party"],
        "documents": [_document(document, agreements, names) for document in documents],
        "entries_total": statements.count(statement),
    }


def _settled(statement: Statement) -> dict[str, Any] | None:
    """What is paid in another currency, at the rate fixed at the close; None where it is the same."""
    if statement.settlement_currency == statement.currency:
        return None
    return {
        "currency": statement.settlement_currency,
        "decimals": statement.settlement_decimals,
        "minor": statement.settlement_minor,
        "rate": statement.fx_rate,
        "source": statement.fx_source,
        "at": statement.fx_at,
    }


def _version_told(statement: Statement) -> dict[str, Any]:
    return {"id": ids.public("stm", statement.id), "version": statement.version, "replaced": statement.replaced}


def _document(document: Document, agreements: dict[int, Agreement], names: Mapping[int, str]) -> dict[str, Any]:
    shares = _shares(document.vat_minor, [line.net_minor for line in document.lines])
    lines = [
        {
            "code": line.code,
            "agreement": _version(agreements[line.agreement_id]),
            "agreement_id": ids.public("agr", line.agreement_id),
            "quantity": line.quantity,
            "unit_price": line.unit_price,
            "net_minor": line.net_minor,
            "vat_rate": document.vat_rate * 100,
            "vat_minor": share,
        }
        for line, share in zip(document.lines, shares, strict=True)
    ]
    return {
        "id": ids.public("doc", document.id) if document.id else None,
        "kind": document.kind,
        "number": " · ".join(part for part in (names.get(document.counterparty_id), document.number) if part) or None,
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
    word = _WORD.get(entry.code, "expire" if entry.kind == "expire" else entry.code)
    return {
        "id": entry.movement_id,
        "occurred_at": entry.occurred_at,
        "code": "reverse" if reversed_ and word != "fee" else word,
        "reference": entry.reference,
        "points": entry.points,
        "unit_price": entry.unit_price,
        "charge": entry.code,
        "amount": entry.amount or Decimal(0),
        "reverses": entry.reverses,
    }
