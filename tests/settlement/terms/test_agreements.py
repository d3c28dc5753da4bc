"""Agreements: what may be agreed, one version a day, and prices that nobody can change."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from flask import Flask

from coalition import partners
from coalition.kernel.db import execute
from coalition.kernel.errors import Conflict, Invalid
from settlement import terms
from settlement.terms import Prices
from tests.builders import a_partner, a_program
from tests.settlement.builders import on_issue

MAY, JUNE = dt.date(2026, 5, 1), dt.date(2026, 6, 1)
DAY = dt.timedelta(days=1)


@pytest.fixture
def entity(app: Flask) -> partners.LegalEntity:
    return partners.entities_of(a_partner(a_program()).id)[0]


@pytest.mark.parametrize(
    "prices",
    [
        Prices(funding_mode="on_issue"),
        Prices(funding_mode="on_redeem", issue_price=Decimal(1), redemption_price=Decimal(1)),
        Prices(funding_mode="hybrid", issue_price=Decimal(1)),
        Prices(funding_mode="none", service_price=Decimal("0.1")),
        Prices(funding_mode="barter"),
        on_issue("0.0000001"),
        on_issue("0.01", "-1"),
        on_issue("0.01", breakage_share=Decimal("1.1")),
        on_issue("0.01", vat_rate=Decimal("1")),
        on_issue("0.01", vat_rate=Decimal("0.2"), vat_profile="NONE"),
        on_issue("0.01", redeemer_rate=Decimal("-0.1")),
        on_issue("0.01", redeemer_commission=Decimal("1.1")),
        on_issue("0.01", redeemer_commission=Decimal("0.1"), redeemer_rate=Decimal("0.1")),
        on_issue("0.01", reversal_order="at_random"),
        on_issue("0.01", vat_profile="FR"),
        on_issue("0.01", cycle="decade"),
        on_issue("0.01", model="barter"),
        on_issue("0.01", credit_limit_minor=-1),
        on_issue("0.01", over_limit="shrug"),
        on_issue("0.01", credit_limit_minor=1, prefund_minor=1),
    ],
)
def test_prices_that_do_not_fit_their_mode_are_refused(entity: partners.LegalEntity, prices: Prices) -> None:
    with pytest.raises(Invalid):
        terms.agree(entity.id, prices, starts_on=MAY)


def test_an_entity_may_settle_in_another_currency_than_the_programs(entity: partners.LegalEntity) -> None:
    foreign = terms.agree(entity.id, on_issue("0.01"), starts_on=MAY, currency="USD")

    assert terms.get(foreign.id).currency == "USD"
    for unusual in ("JPY", "KWD"):  # yen have no hundredths, dinars have thousandths
        with pytest.raises(Invalid):
            terms.agree(entity.id, on_issue("0.01"), starts_on=JUNE, currency=unusual)
    with pytest.raises(Invalid):
        terms.agree(entity.id, on_issue("0.01"), starts_on=JUNE, currency="dollars")


def test_a_commission_makes_the_price_of_a_redeemed_point(entity: partners.LegalEntity) -> None:
    made = terms.agree(entity.id, Prices(redeemer_commission=Decimal("0.053")), starts_on=MAY)

    assert made.redeemer_price == terms.face_value(entity.program_id) * Decimal("0.947")
    assert made.redeemer_rate is None


def test_one_version_is_in_force_on_a_day(entity: partners.LegalEntity) -> None:
    first = terms.agree(entity.id, on_issue("0.01"), starts_on=MAY, ends_on=JUNE - DAY)
    second = terms.agree(entity.id, on_issue("0.02"), starts_on=JUNE)

    assert terms.in_force(entity.program_id, JUNE - DAY) == {entity.id: first}
    assert terms.in_force(entity.program_id, JUNE) == {entity.id: second}
    assert terms.in_force(entity.program_id, MAY - DAY) == {}


def test_a_version_cannot_be_slipped_in_before_a_later_one(entity: partners.LegalEntity) -> None:
    terms.agree(entity.id, on_issue("0.01"), starts_on=JUNE)

    with pytest.raises(Conflict, match="agreement_overlaps"):
        terms.agree(entity.id, on_issue("0.02"), starts_on=MAY)


@pytest.mark.parametrize("column", ["issue_price", "service_price", "redeemer_rate", "vat_rate", "currency", "version"])
def test_the_application_cannot_reprice_an_agreement(entity: partners.LegalEntity, column: str) -> None:
    terms.agree(entity.id, on_issue("0.01"), starts_on=MAY)

    with pytest.raises(Exception, match="permission denied"):
        execute(f"UPDATE agreement SET {column} = {column}")


@pytest.mark.parametrize(
    "change",
    [
        "state = 'refused'",
        "valid = daterange('2026-05-02', NULL)",
        "valid = daterange('2026-04-01', NULL)",
        "valid = daterange(lower(valid), '2026-05-10')",
    ],
)
def test_what_is_active_stands_as_it_is(entity: partners.LegalEntity, change: str) -> None:
    terms.agree(entity.id, on_issue("0.01"), starts_on=MAY)

    with pytest.raises(Exception, match="stands as it is"):
        execute(f"UPDATE agreement SET {change}")


def test_the_database_itself_refuses_two_versions_on_a_day(entity: partners.LegalEntity) -> None:
    terms.agree(entity.id, on_issue("0.01"), starts_on=MAY)

    with pytest.raises(Exception, match="ex_agreement_overlap"):
        execute(
            "INSERT INTO agreement (program_id, legal_entity_id, version, valid, funding_mode, issue_price,"
            " redemption_price, service_price, breakage_share, vat_profile, vat_rate, currency)"
            " SELECT program_id, legal_entity_id, 2, '[2026-05-31,2026-06-02)', funding_mode, issue_price,"
            " redemption_price, service_price, breakage_share, vat_profile, vat_rate, currency FROM agreement"
        )
