"""Issuing invoices: once, with numbers that have no gap, for every document of a statement that was sent."""

from __future__ import annotations

import datetime as dt
import hashlib
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from flask import Flask
from peppol import check_rules, validate_xsd
from psycopg import connect
from psycopg.errors import ForeignKeyViolation

from coalition import partners
from coalition.kernel import jobs, outbox
from coalition.kernel.config import current
from coalition.kernel.db import execute, fetch_all, transact
from coalition.kernel.errors import Conflict, Invalid, NotFound
from settlement import accruals, statements
from settlement.payouts import invoices
from settlement.statements import Statement
from settlement.terms import Prices
from tests.settlement.builders import Coalition, send

MAY, JUNE = dt.date(2026, 5, 5), dt.date(2026, 6, 5)
SHOP = Prices(
    funding_mode="hybrid",
    issue_price=Decimal("0.010001"),
    redemption_price=Decimal("0.004"),
    service_price=Decimal("0.0015"),
    redeemer_rate=Decimal("0.0095"),
    vat_rate=Decimal("0.21"),
)


@pytest.fixture
def coalition(live: Flask) -> Coalition:
    coalition = Coalition()
    coalition.join("A", SHOP)
    coalition.join("B", SHOP)
    coalition.join("S", Prices(vat_rate=Decimal("0.21")))
    return coalition


def closed(coalition: Coalition, day: dt.date, code: str) -> dict[str, Statement]:
    coalition.issue(12_345, day, {"A": 60, "B": 40})
    coalition.redeem(3333, day, "B")
    coalition.deliver("S", day, 520, 80)
    coalition.close(code)
    found = transact(lambda: statements.of_period(accruals.find_period(coalition.program.id, code)))
    for one in found:
        send(one.id)
    names = {entity: name for name, entity in coalition.entities.items()}
    return {names.get(one.legal_entity_id, "operator"): one for one in found}


def issue(statement: Statement) -> list[invoices.Issued]:
    return transact(lambda: invoices.issue(statement.id))


def test_every_document_of_a_statement_becomes_one_invoice_of_its_totals(coalition: Coalition) -> None:
    found = closed(coalition, MAY, "2026-05")

    for name in ("A", "B", "S"):
        issued = issue(found[name])
        documents = transact(lambda name=name: statements.documents([found[name].id]))[found[name].id]
        assert [one.document_no for one in issued] == list(range(1, len(documents) + 1))
        for one, document in zip(issued, documents, strict=True):
            amounts = (document.net_minor, document.vat_minor, document.gross_minor)
            assert (one.net_minor, one.vat_minor, one.gross_minor) == amounts
            xml = transact(lambda one=one: invoices.file_of(one.statement_id, one.number))
            assert hashlib.sha256(xml).hexdigest() == one.sha256
            assert validate_xsd(xml) == (True, [])
            assert check_rules(xml) == []


def test_issuing_again_changes_nothing(coalition: Coalition) -> None:
    statement = closed(coalition, MAY, "2026-05")["B"]

    first, again = issue(statement), issue(statement)

    assert first == again
    assert [one.type_code for one in first] == ["380", "389"]


def test_numbers_count_up_per_seller_from_statement_to_statement(coalition: Coalition) -> None:
    may, june = closed(coalition, MAY, "2026-05"), closed(coalition, JUNE, "2026-06")

    for statement in (may["A"], june["A"], may["B"], june["B"], june["S"]):
        issue(statement)

    rows = transact(
        lambda: fetch_all("SELECT seller_id, year, array_agg(seq ORDER BY id) AS seqs FROM invoice GROUP BY 1, 2")
    )
    seqs = {row.seller_id: row.seqs for row in rows}
    assert seqs == {
        coalition.operator.id: [1, 2, 3, 4],
        coalition.entities["B"]: [1, 2],
        coalition.entities["S"]: [1],
    }
    [supplied] = issue(june["S"])
    assert supplied.type_code == "389"
    assert supplied.number == f"S-{supplied.issued_on.year}-000001"


def test_many_at_once_leave_no_gap_and_issue_once(live: Flask, coalition: Coalition) -> None:
    found = closed(coalition, MAY, "2026-05")

    def work(name: str) -> list[str]:
        with live.app_context():
            return [one.number for one in issue(found[name])]

    with ThreadPoolExecutor(6) as pool:
        numbers = list(pool.map(work, ["A", "B"] * 6))

    assert len({tuple(one) for one in numbers}) == 2
    rows = transact(
        lambda: fetch_all("SELECT seq FROM invoice WHERE seller_id = :id ORDER BY 1", {"id": coalition.operator.id})
    )
    assert [row.seq for row in rows] == [1, 2]


def test_the_schema_lets_no_number_stand_without_the_one_before_it(coalition: Coalition) -> None:
    issue(closed(coalition, MAY, "2026-05")["A"])

    url = current().owner_url.replace("+psycopg", "")
    with connect(url, autocommit=True) as owner, pytest.raises(ForeignKeyViolation):
        owner.execute("UPDATE invoice SET seq = 3")


def test_a_draft_has_no_invoices(coalition: Coalition) -> None:
    coalition.issue(100, MAY, {"A": 1})
    coalition.close("2026-05")
    found = transact(lambda: statements.of_period(accruals.find_period(coalition.program.id, "2026-05")))
    draft = next(one for one in found if not one.is_operator)

    with pytest.raises(Conflict) as refused:
        issue(draft)

    assert refused.value.code == "statement_not_sent"
    assert transact(lambda: invoices.of_statement(draft.id)) == []


def test_the_operators_own_statement_has_none(coalition: Coalition) -> None:
    with pytest.raises(NotFound):
        issue(closed(coalition, MAY, "2026-05")["operator"])


def test_an_invoice_names_a_company_as_it_was_when_its_period_was_closed(coalition: Coalition) -> None:
    entity = transact(lambda: partners.entity(coalition.entities["A"]))
    statement = closed(coalition, MAY, "2026-05")["A"]

    transact(lambda: partners.amend_entity(entity.id, name="Renamed OU", country="EE", tax_id="EE101"))

    [issued] = issue(statement)
    xml = transact(lambda: invoices.file_of(issued.statement_id, issued.number)).decode()
    assert entity.name in xml and entity.tax_id in xml
    assert "Renamed OU" not in xml and "EE101" not in xml


def test_without_a_tax_number_nothing_is_issued_until_there_is_one(coalition: Coalition) -> None:
    change = "UPDATE legal_entity SET tax_id = :tax WHERE id = :id"
    entity = coalition.entities["A"]
    transact(lambda: execute(change, {"tax": "", "id": entity}))
    statement = closed(coalition, MAY, "2026-05")["A"]

    with pytest.raises(Invalid) as refused:
        issue(statement)

    assert refused.value.code == "invoice_data_missing"
    assert [problem.pointer for problem in refused.value.errors] == ["/parties/buyer/tax_id"]
    assert transact(lambda: fetch_all("SELECT 1 FROM invoice")) == []
    transact(lambda: execute(change, {"tax": "LV40003000777", "id": entity}))
    assert len(issue(statement)) == 1


def test_a_statement_that_is_sent_is_billed_by_itself(coalition: Coalition) -> None:
    statement = closed(coalition, MAY, "2026-05")["A"]

    outbox.relay()
    while jobs.run_due(50):
        pass

    assert len(transact(lambda: invoices.of_statement(statement.id))) == 1
