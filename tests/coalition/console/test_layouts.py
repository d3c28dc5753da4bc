"""Layouts of tables in the console: a partner's columns named once, saved as a version, and begun with later."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from coalition import purchases
from coalition.console.layouts import FIELDS
from coalition.kernel.db import transact
from coalition.purchases.registries.mappings import FIELDS as KNOWN
from tests.coalition.purchases.builders import Shop

PAGE = "/console/registries/layouts/new"


def layout(shop: Shop, **more: str) -> dict[str, str]:
    given = {"partner": shop.partner.code, "program": shop.program.code, "name": "tills", "delimiter": "semicolon"}
    given |= {"encoding": "windows-1251", "decimal": ",", "date_format": "%d.%m.%Y %H:%M:%S", "zone": "Europe/Riga"}
    given |= {"grouping": "receipt", "header": "yes", "column-external_id": "Till + Receipt", "column-amount": "Sum"}
    return {**given, "column-occurred_at": "Date+Time", "fixed-currency": "EUR", **more}


def saved(shop: Shop) -> list[purchases.ColumnMapping]:
    return transact(lambda: purchases.mappings(shop.partner.id))


def test_every_field_of_a_layout_has_a_place_in_the_form() -> None:
    assert set(FIELDS) == KNOWN


def test_a_layout_is_saved_shown_and_changed_as_a_new_version(support: FlaskClient, shop: Shop) -> None:
    first = support.post(PAGE, data=layout(shop))
    shown = support.get(f"{PAGE}?program={shop.program.code}&layout={shop.partner.code}/tills").text
    second = support.post(PAGE, data=layout(shop, **{"column-amount": "Total"}))

    [found] = saved(shop)
    assert (first.status_code, second.status_code) == (303, 303)
    assert 'value="Till + Receipt"' in shown
    assert (found.version, found.columns["amount"], found.encoding) == (2, ("Total",), "windows-1251")
    assert (found.columns["external_id"], found.fixed) == (("Till", "Receipt"), {"currency": "EUR"})
    assert "tills" in support.get(first.location).text


def test_a_layout_may_name_the_sheet_of_a_workbook(support: FlaskClient, shop: Shop) -> None:
    support.post(PAGE, data=layout(shop, sheet="Чеки"))
    shown = support.get(f"{PAGE}?program={shop.program.code}&layout={shop.partner.code}/tills").text

    assert saved(shop)[0].sheet == "Чеки"
    assert 'value="Чеки"' in shown


def test_without_a_first_line_columns_are_places(support: FlaskClient, shop: Shop) -> None:
    places = {"column-external_id": "1+2", "column-occurred_at": "3", "column-amount": "9"}

    support.post(PAGE, data=layout(shop, header="", **places))

    assert saved(shop)[0].columns["external_id"] == (1, 2)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"partner": "nobody"}, "partner"),
        ({"name": "My layout"}, "name"),
        ({"zone": "Riga"}, "zone"),
        ({"delimiter": "space"}, "delimiter"),
        ({"sheet": "x" * 32}, "sheet"),
        ({"column-amount": ""}, "column-amount"),
        ({"header": "", "column-amount": "Sum"}, "column-amount"),
        ({"column-currency": "Currency"}, "column-currency"),
    ],
)
def test_a_layout_that_cannot_be_used_is_refused(
    support: FlaskClient, shop: Shop, wrong: dict[str, str], field: str
) -> None:
    answer = support.post(PAGE, data=layout(shop, **wrong))

    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    assert 'value="Date+Time"' in answer.text
    assert saved(shop) == []
