"""A document as an invoice needs it: who sells, who buys, what, under which number."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from flask import Flask

from coalition.kernel.db import transact
from coalition.kernel.errors import NotFound
from settlement import statements
from settlement.statements import DocumentDetails
from settlement.terms import Prices
from tests.settlement.builders import Coalition

MAY = dt.date(2026, 5, 5)


def the_documents(closed: statements.Closed) -> dict[str, DocumentDetails]:
    ids = transact(lambda: [one for found in closed.statements for one in statements.document_ids(found)])
    details = [transact(lambda one=one: statements.document_details(one)) for one in ids]
    return {one.kind: one for one in details}


def test_each_document_names_who_sells_and_who_buys(live: Flask) -> None:
    coalition = Coalition()
    both = Prices(
        funding_mode="on_issue",
        issue_price=Decimal("0.01"),
        redeemer_rate=Decimal("0.008"),
        vat_rate=Decimal("0.21"),
    )
    coalition.join("A", both)
    coalition.join("S", Prices(vat_rate=Decimal("0.21")))
    coalition.issue(1000, MAY, {"A": 1})
    coalition.redeem(500, MAY, "A")
    coalition.deliver("S", MAY, 520, 80)

    found = the_documents(coalition.close("2026-05"))

    issuer, redeemer, supplier = (found[kind] for kind in ("issuer_invoice", "redeemer_invoice", "supplier_invoice"))
    assert [one.type_code for one in (issuer, redeemer, supplier)] == ["380", "389", "389"]
    assert (issuer.seller["name"], issuer.buyer["name"]) == (coalition.operator.name, redeemer.seller["name"])
    assert (issuer.net_minor, issuer.vat_minor, issuer.gross_minor, issuer.position_minor) == (1000, 210, 1210, -1210)
    assert issuer.number == "2026-05/A/1-1"
    assert len({one.number for one in found.values()}) == len(found) == 3
    assert sum(line.net_minor for line in supplier.lines) == supplier.net_minor == 600


def test_the_operators_mirror_is_not_a_document_of_its_own(live: Flask) -> None:
    coalition = Coalition()
    coalition.join("A", Prices(funding_mode="on_issue", issue_price=Decimal("0.01")))
    coalition.issue(1000, MAY, {"A": 1})
    *_, operators = coalition.close("2026-05").statements

    [mirror] = transact(lambda: statements.documents([operators]))[operators]

    assert transact(lambda: statements.document_ids(operators)) == []
    assert mirror.number == "2026-05/A/1-1"
    with pytest.raises(NotFound):
        transact(lambda: statements.document_details(mirror.id or 0))
