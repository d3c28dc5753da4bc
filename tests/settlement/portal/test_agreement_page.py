"""A partner reads what its own companies have agreed to, and not a word of another's."""

from __future__ import annotations

from decimal import Decimal

import pytest
from flask import Flask

from tests.settlement.builders import Coalition, on_issue
from tests.settlement.portal.test_statement_pages import people_of


@pytest.mark.parametrize("language", ["en", "ru"])
def test_a_partner_reads_its_own_agreement_and_no_other(live: Flask, language: str) -> None:
    coalition = Coalition("coral")
    coalition.join("A", on_issue("0.0123", vat_rate=Decimal("0.21")))
    coalition.join("B", on_issue("0.0456", vat_rate=Decimal("0.21")))
    client = people_of(live, coalition, "A")
    client.set_cookie("language", language)

    page = client.get("/portal/agreements").text.replace(",", ".")

    assert "0.0123" in page and "0.0456" not in page
    assert client.get("/portal/agreements.csv").status_code == 200
