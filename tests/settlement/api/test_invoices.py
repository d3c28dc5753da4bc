"""Invoices over HTTP: a partner's own, as files that a tax office's software takes."""

from __future__ import annotations

import datetime as dt
import hashlib
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from peppol import validate_xsd

from coalition import access
from coalition.kernel import ids
from coalition.kernel.db import fetch_all, transact
from tests.settlement.builders import Coalition, on_issue, send

MAY = dt.date(2026, 5, 5)


@pytest.fixture
def coalition(live: Flask) -> Coalition:
    coalition = Coalition()
    coalition.join("A", on_issue("0.01", "0.0015", vat_rate=Decimal("0.21")))
    coalition.join("B", on_issue("0.01", vat_rate=Decimal("0.21")))
    coalition.issue(1000, MAY, {"A": 1})
    coalition.issue(1000, MAY, {"B": 1})
    coalition.close("2026-05")
    return coalition


def statement_of(coalition: Coalition, name: str) -> int:
    query = "SELECT id FROM statement WHERE legal_entity_id = :entity"
    [row] = transact(lambda: fetch_all(query, {"entity": coalition.entities[name]}))
    return int(row.id)


def read(live: Flask, coalition: Coalition, name: str, path: str, scope: str = "statements:read") -> Any:
    client = transact(lambda: access.create_client(coalition.program.id, coalition.partners[name], "Books", [scope]))
    token = transact(lambda: access.issue_token(*client, [scope]))
    return live.test_client().get(f"/api/v1{path}", headers={"Authorization": f"Bearer {token.value}"})


def test_a_partner_reads_its_invoices_and_their_files(live: Flask, coalition: Coalition) -> None:
    number = statement_of(coalition, "A")
    send(number)
    path = f"/statements/{ids.public('stm', number)}/invoices"

    [invoice] = read(live, coalition, "A", path).json["items"]
    file = read(live, coalition, "A", f"{path}/{invoice['number']}.xml")

    assert invoice["type"] == "380"
    amounts = [invoice[name] for name in ("net", "vat", "gross")]
    assert amounts == [{"amount": amount, "currency": "EUR"} for amount in (1150, 242, 1392)]
    assert file.content_type.startswith("application/xml")
    assert hashlib.sha256(file.data).hexdigest() == invoice["sha256"]
    assert validate_xsd(file.data) == (True, [])


def test_before_the_statement_is_sent_it_does_not_exist_for_its_partner(live: Flask, coalition: Coalition) -> None:
    path = f"/statements/{ids.public('stm', statement_of(coalition, 'A'))}/invoices"

    answer = read(live, coalition, "A", path)

    assert (answer.status_code, answer.json["code"]) == (404, "not_found")


def test_anothers_invoices_do_not_exist(live: Flask, coalition: Coalition) -> None:
    number = statement_of(coalition, "A")
    send(number)
    path = f"/statements/{ids.public('stm', number)}/invoices"
    [invoice] = read(live, coalition, "A", path).json["items"]

    for one in (path, f"{path}/{invoice['number']}.xml"):
        assert read(live, coalition, "B", one).status_code == 404
    assert read(live, coalition, "A", f"{path}/A-2026-000009.xml").status_code == 404
    assert read(live, coalition, "A", path, "members:read").status_code == 403
