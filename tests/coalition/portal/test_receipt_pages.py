"""One receipt as its partner sees it, and giving it back: once, with a reason, and never another partner's."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from coalition import purchases
from coalition.kernel import ids
from coalition.kernel.db import fetch_all, transact
from tests.coalition.purchases.builders import CARD, Shop, a_body, bought

KEY = "0" * 32


@pytest.fixture
def receipt(shop: Shop) -> str:
    """The address of a receipt of two lines, paid by card."""
    payments = [{"kind": "card", "amount": 1400, "mcc": "5411"}]
    number = transact(lambda: bought(shop, a_body(1000, 400, external_id="R-1", payments=payments)))
    return f"/portal/operations/{ids.public('pur', number)}"


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


def test_who_may_only_read_gives_nothing_back(reader: FlaskClient, receipt: str) -> None:
    assert "/return" not in reader.get(receipt).text
    assert reader.get(f"{receipt}/return").status_code == 403
    assert reader.post(f"{receipt}/return", data={"kind": "void", "reason": "x", "key": KEY}).status_code == 403
    assert returns() == []


def test_points_that_paid_name_who_gave_them_but_no_receipt_of_others(
    reader: FlaskClient, shop: Shop, twin: Shop
) -> None:
    def work() -> int:
        card = {"kind": "card", "value": CARD}
        bought(twin, a_body(8000, external_id="SECRET-7", member=card))
        paid = [{"kind": "redeem", "amount": 10, "currency": "BON"}]
        return bought(shop, a_body(1000, external_id="R-1", payments=paid, channel="pos"))

    page = reader.get(f"/portal/operations/{ids.public('pur', transact(work))}").text

    assert "Twin" in page and "SECRET-7" not in page
    assert purchases.VOID not in page.split("What points paid")[1][:400]
