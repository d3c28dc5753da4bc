"""One receipt as its partner sees it, and giving it back: once, with a reason, and never another partner's."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from coalition import purchases
from coalition.kernel import ids
from coalition.kernel.db import fetch_all, transact
from tests.coalition.portal.conftest import TWIN_CARD
from tests.coalition.purchases.builders import CARD, Shop, a_body, bought

KEY = "0" * 32


@pytest.fixture
def receipt(shop: Shop) -> str:
    """The address of a receipt of two lines, paid by card."""
    payments = [{"kind": "card", "amount": 1400, "mcc": "5411"}]
    number = transact(lambda: bought(shop, a_body(1000, 400, external_id="R-1", payments=payments)))
    return f"/portal/operations/{ids.public('pur', number)}"


@pytest.fixture
def theirs(twin: Shop) -> str:
    """The address of a receipt of the twin."""
    body = a_body(1000, external_id="R-1", member={"kind": "card", "value": TWIN_CARD})
    return f"/portal/operations/{ids.public('pur', transact(lambda: bought(twin, body)))}"


def returns() -> list[tuple[str, str]]:
    rows = transact(lambda: fetch_all("SELECT kind, external_id FROM purchase_return ORDER BY id"))
    return [(row.kind, row.external_id) for row in rows]


@pytest.mark.parametrize(("language", "why"), [("en", "Why these points"), ("ru", "Почему столько")])
def test_a_receipt_tells_its_lines_payments_and_why_each_point_moved(
    reader: FlaskClient, shop: Shop, receipt: str, language: str, why: str
) -> None:
    reader.set_cookie("language", language)

    page = reader.get(receipt).text

    assert page.count("Milk") == 2 and "MCC 5411" in page and why in page and "+7" in page
    assert ids.public("mbr", shop.member.id) in page and CARD not in page
    assert "/console/" not in page


def test_another_partner_s_receipt_does_not_exist(manager: FlaskClient, receipt: str, theirs: str) -> None:
    before = returns()

    assert manager.get(theirs).status_code == 404
    assert manager.get(f"{theirs}/return").status_code == 404
    assert manager.post(f"{theirs}/return", data={"kind": "void", "reason": "x", "key": KEY}).status_code == 404
    assert manager.get("/portal/operations/pur_nonsense").status_code == 404
    assert returns() == before == []


def test_lines_come_back_once_however_often_the_form_is_sent(manager: FlaskClient, shop: Shop, receipt: str) -> None:
    form = {"kind": "return", "lines": "1", "qty-1": "0,5", "reason": "Broken", "key": KEY}

    sent = [manager.post(f"{receipt}/return", data=form) for _ in range(2)]

    assert [answer.headers["Location"] for answer in sent] == [f"{receipt}?said=purchase_returned"] * 2
    assert returns() == [("return", f"portal-{KEY}")]
    page = manager.get(sent[0].headers["Location"]).text
    assert "The return is recorded" in page and "€5.00 paid back" in page
    trace = transact(lambda: fetch_all("SELECT actor, details FROM audit WHERE action = 'purchase.return'"))
    assert [(row.actor[:5], row.details["reason"]) for row in trace] == [("user:", "Broken")]


def test_a_whole_receipt_is_voided(manager: FlaskClient, shop: Shop, receipt: str) -> None:
    answer = manager.post(f"{receipt}/return", data={"kind": "void", "reason": "Wrong card", "key": KEY})

    assert answer.headers["Location"].endswith("said=purchase_voided")
    assert transact(shop.available) == 0
    page = manager.get(f"{receipt}/return").text
    assert "Nothing is left" in page
    assert f'href="{receipt}"' in page and 'href="/portal/operations"' in page
    assert "/console/" not in page
    assert manager.get(receipt).text.count("/return") == 0


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"kind": "return", "lines": "1"}, "reason"),
        ({"kind": "return", "reason": "x"}, "lines"),
        ({"kind": "return", "lines": "1", "qty-1": "-1", "reason": "x"}, "qty-1"),
        ({"kind": "return", "lines": "1", "qty-1": "1.5", "reason": "x"}, "qty-1"),
        ({"kind": "return", "lines": "1", "qty-1": "0.0001", "reason": "x"}, "qty-1"),
    ],
)
def test_a_form_that_cannot_be_done_says_where_and_changes_nothing(
    manager: FlaskClient, receipt: str, form: dict[str, str], field: str
) -> None:
    answer = manager.post(f"{receipt}/return", data=form | {"key": KEY})

    assert answer.status_code in (409, 422) and f'href="#{field}"' in answer.text
    assert returns() == []


def test_who_may_only_read_gives_nothing_back(reader: FlaskClient, receipt: str) -> None:
    assert "/return" not in reader.get(receipt).text
    assert reader.get(f"{receipt}/return").status_code == 403
    assert reader.post(f"{receipt}/return", data={"kind": "void", "reason": "x", "key": KEY}).status_code == 403
    assert returns() == []


def test_points_that_paid_name_who_gave_them_but_no_receipt_of_others(
    manager: FlaskClient, shop: Shop, twin: Shop
) -> None:
    def work() -> int:
        card = {"kind": "card", "value": CARD}
        bought(twin, a_body(8000, external_id="SECRET-7", member=card))
        paid = [{"kind": "redeem", "amount": 10, "currency": "BON"}]
        return bought(shop, a_body(1000, external_id="R-1", payments=paid, channel="pos"))

    page = manager.get(f"/portal/operations/{ids.public('pur', transact(work))}").text

    assert "Twin" in page and "SECRET-7" not in page
    assert purchases.VOID not in page.split("What points paid")[1][:400]
