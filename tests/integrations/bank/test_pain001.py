"""Files of transfers: valid by the schema, the same bytes every time, in letters that every bank understands."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from lxml import etree

from coalition.kernel.errors import Invalid
from integrations.bank import cleaning, pain001
from settlement.ports import Account, TransferFile, TransferOrder

SPACE = "{urn:iso:std:iso:20022:tech:xsd:pain.001.001.09}"
OURS = Account(1, "iban", "Coral Club SIA", "EUR", iban="LV80BANK0000435195001", bic="HABALV22")
ORDER = TransferOrder(
    "pmt_0000000000001", "ООО «Ёлка & сын»", "DE89370400440532013000", "COBADEFFXXX", 270, "Settlement 2026-05/B/1"
)
FILE = TransferFile(
    "RUN0000001-1", dt.datetime(2026, 6, 5, 12, 30, 1, 999, tzinfo=dt.UTC), dt.date(2026, 6, 8), OURS, (ORDER,)
)


def texts(xml: bytes, tag: str) -> list[str | None]:
    return [element.text for element in etree.fromstring(xml).iter(f"{SPACE}{tag}")]


def test_a_file_is_the_same_to_the_byte_when_it_is_written_again() -> None:
    assert pain001.write(FILE) == pain001.write(FILE)
    assert texts(pain001.write(FILE), "MsgId") == ["RUN0000001-1"]
    assert texts(pain001.write(FILE), "CreDtTm") == ["2026-06-05T12:30:01Z"]


def test_sums_and_numbers_are_those_of_the_orders() -> None:
    orders = tuple(replace(ORDER, ref=f"pmt_{at:013}", amount_minor=at * 100 + 7) for at in range(1, 30))

    xml = pain001.write(replace(FILE, orders=orders))

    total = f"{sum(order.amount_minor for order in orders) / 100:.2f}"
    assert texts(xml, "CtrlSum") == [total, total]
    assert texts(xml, "NbOfTxs") == ["29", "29"]
    assert texts(xml, "EndToEndId") == [f"pmt{at:013}" for at in range(1, 30)]
    assert texts(xml, "InstdAmt")[0] == "1.07"


def test_names_and_remarks_are_in_the_letters_of_the_scheme() -> None:
    xml = pain001.write(FILE)

    assert texts(xml, "Nm") == ["Coral Club SIA", "Coral Club SIA", cleaning.name(ORDER.holder)]
    assert cleaning.name("ООО «Ёлка & сын»") == "OOO Iolka + syn"
    assert cleaning.name('«»"<>') == "NOTPROVIDED"
    assert cleaning.remark("//a//b/") == "a/b"
    assert len(cleaning.name("Щ" * 70)) <= 70
    assert cleaning.remark("ü" * 200) == "u" * 140


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"iban": "DE89370400440532013001"}, "/orders/0/iban"),
        ({"bic": "NOBIC"}, "/orders/0/bic"),
        ({"amount_minor": 0}, "/orders/0/amount"),
        ({"amount_minor": 10**11}, "/orders/0/amount"),
        ({"ref": "-"}, "/orders/0/ref"),
        ({"ref": "x" * 36}, "/orders/0/ref"),
    ],
)
def test_what_a_bank_would_not_take_is_refused_before_anybody_gets_it(wrong: dict[str, object], pointer: str) -> None:
    with pytest.raises(Invalid) as refused:
        pain001.write(replace(FILE, orders=(replace(ORDER, **wrong),)))  # type: ignore[arg-type]

    assert refused.value.code == "bank_file_invalid"
    assert [problem.pointer for problem in refused.value.errors] == [pointer]


def test_a_file_without_orders_or_with_one_twice_is_refused() -> None:
    for orders in ((), (ORDER, ORDER)):
        with pytest.raises(Invalid, match="bank_file_invalid"):
            pain001.write(replace(FILE, orders=orders))


def test_another_currency_than_the_euro_is_no_sepa_transfer() -> None:
    xml = pain001.write(replace(FILE, account=replace(OURS, currency="PLN")))

    assert texts(xml, "SvcLvl") == []
    assert etree.fromstring(xml).find(f".//{SPACE}InstdAmt").get("Ccy") == "PLN"  # type: ignore[union-attr]
