"""Which charges are taxed, and that an expiry of points sold untaxed is taxed at last, through a real close."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from flask import Flask

from coalition import ledger, partners
from coalition.kernel.db import transact
from settlement import accruals, statements, terms
from tests.builders import a_partner, a_program
from tests.settlement.builders import Coalition, broken_laws, on_issue

MAY = dt.date(2026, 5, 1)
CODES = ("issue_funding", "redemption_funding", "service_fee", "redeemed", "supplied", "breakage", "breakage_taxed")


@pytest.mark.parametrize(
    ("profile", "taxed"),
    [
        ("UK_SERVICE", set(CODES)),
        ("DE_THIRD_PARTY", {"service_fee", "redeemed", "supplied", "breakage_taxed"}),
        ("NONE", set()),
    ],
)
def test_a_profile_says_which_charges_are_taxed(app: Flask, profile: str, taxed: set[str]) -> None:
    entity = partners.entities_of(a_partner(a_program()).id)[0]
    rate = Decimal("0.19") if taxed else Decimal(0)

    agreement = terms.agree(entity.id, on_issue("0.01", vat_profile=profile, vat_rate=rate), starts_on=MAY)

    assert {code for code in CODES if terms.vat_rate(agreement, code)} == taxed
    assert {terms.vat_rate(agreement, code) for code in taxed} <= {Decimal("0.19")}


def test_what_is_kept_of_expired_points_is_taxed_when_their_sale_was_not(live: Flask) -> None:
    coalition = Coalition()
    german = {"vat_profile": "DE_THIRD_PARTY", "vat_rate": Decimal("0.19"), "breakage_share": Decimal("0.25")}
    entity = coalition.join("A", on_issue("0.01", "0.001", **german))
    ends = dt.datetime(2026, 6, 1, tzinfo=dt.UTC)
    coalition.issue(1000, MAY, {"A": 1}, expires_at=ends)
    transact(lambda: ledger.expire(dt.datetime(2026, 6, 2, tzinfo=dt.UTC), 10))

    coalition.accrue()
    june = transact(lambda: accruals.find_period(coalition.program.id, "2026-06"))
    drawn = {one.entity_id: one for one in transact(lambda: statements.draw_up(june))}

    documents = {(one.kind, one.vat_rate): one for one in drawn[entity].documents}
    taxed, untaxed = documents["issuer_invoice", Decimal("0.19")], documents["issuer_invoice", Decimal(0)]
    assert (taxed.net_minor, taxed.vat_minor, untaxed.net_minor) == (750, 143, -750)
    assert documents["credit_note", Decimal(0)].net_minor == 250
    assert drawn[entity].position_minor == 250 - 143
    coalition.close("2026-05")
    coalition.close("2026-06")
    assert broken_laws() == {}
