"""The bank as a provider: it takes what it is asked, sends nothing, and knows no more than we do."""

from __future__ import annotations

import datetime as dt

from integrations.bank.provider import BankProvider
from settlement.ports import (
    Absent,
    Accepted,
    Account,
    CollectRequest,
    Party,
    PayoutProvider,
    PayRequest,
    Rejected,
    Unknown,
)

ACCOUNT = Account(1, "iban", "B SIA", "EUR", iban="DE89370400440532013000")
PAY = PayRequest("pmt_0000000000002", ACCOUNT, 270, "EUR", "Settlement 2026-05/B/1", "settle:pmt_0000000000002:0")
COLLECT = CollectRequest(
    "pmt_0000000000001", Party("ent_1", "A SIA", "LV", None), 1210, "EUR", dt.date(2026, 6, 19), "Settlement", "key"
)


def test_what_is_asked_is_accepted_under_its_own_reference_however_often() -> None:
    bank: PayoutProvider = BankProvider()

    assert [bank.pay(PAY), bank.pay(PAY)] == [Accepted(PAY.ref)] * 2
    assert bank.collect(COLLECT) == Accepted(COLLECT.ref)
    assert (bank.name, bank.kind) == ("bank", "iban")


def test_nothing_is_paid_to_what_is_no_bank_account() -> None:
    stripe = Account(2, "stripe", "B SIA", "EUR", connected="acct_1", email="b@coral.test")

    assert BankProvider().pay(PayRequest("pmt_1", stripe, 1, "EUR", "x", "k")) == Rejected("not_an_iban")


def test_a_look_finds_what_was_asked_and_never_that_money_has_moved() -> None:
    bank = BankProvider()

    assert bank.look(PAY, None) == Absent()
    assert bank.look(PAY, PAY.ref) == Accepted(PAY.ref)
    assert bank.cancel(PAY, PAY.ref, "k") == Unknown()
    assert bank.parse_webhook({}, b"{}") is None
