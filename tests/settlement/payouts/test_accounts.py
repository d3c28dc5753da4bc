"""Where money goes is changed by two people of finance, or not at all."""

from __future__ import annotations

import pytest
from psycopg.errors import InsufficientPrivilege

from coalition.kernel import approvals
from coalition.kernel.db import raw, transact
from coalition.kernel.errors import Forbidden, Invalid
from settlement import payouts
from settlement.payouts import NewAccount
from tests.settlement.builders import Coalition
from tests.settlement.payouts.builders import Finance, as_actor

GOOD = {"kind": "iban", "holder": "Fresh SIA", "currency": "EUR", "iban": "LV80 BANK 0000 4351 9500 1"}


def test_a_new_account_takes_the_place_of_the_old_one_once_a_second_person_agrees(
    coalition: Coalition, finance: Finance
) -> None:
    entity = coalition.entities["B"]
    asked = as_actor(finance.first, lambda: payouts.propose(NewAccount(entity, **GOOD), "by letter", key="k"))
    assert [one.kind for one in transact(lambda: payouts.current([entity]))[entity]] == ["stripe"]

    with pytest.raises(Forbidden, match="self_approval"):
        as_actor(finance.first, lambda: approvals.approve(asked.id))
    as_actor(finance.second, lambda: approvals.approve(asked.id))
    as_actor(finance.second, lambda: approvals.execute(asked.id))

    last, _ = transact(lambda: payouts.current([entity]))[entity]
    assert (last.kind, last.iban) == ("iban", "LV80BANK0000435195001")
    finance.give_account(entity, connected="acct_new")
    now = transact(lambda: payouts.current([entity]))[entity]
    assert [one.connected for one in now] == ["acct_new", ""]


def test_who_is_not_of_finance_cannot_approve_an_account(coalition: Coalition, finance: Finance) -> None:
    wanted = NewAccount(coalition.entities["B"], **GOOD)
    asked = as_actor(finance.first, lambda: payouts.propose(wanted, "by letter", key="k"))
    support = finance.hire("support")

    as_actor(support, lambda: approvals.approve(asked.id))
    with pytest.raises(Forbidden, match="approver_refused"):
        as_actor(support, lambda: approvals.execute(asked.id))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"iban": "LV80BANK0000435195002"}, "/iban"),
        ({"bic": "NOBIC"}, "/bic"),
        ({"holder": ""}, "/holder"),
        ({"currency": "euro"}, "/currency"),
        ({"connected": "acct_1"}, "/connected"),
        ({"kind": "cash"}, "/kind"),
        ({"kind": "stripe", "iban": "", "email": "nobody"}, "/email"),
    ],
)
def test_what_is_no_account_is_refused(coalition: Coalition, change: dict[str, str], field: str) -> None:
    with pytest.raises(Invalid) as error:
        transact(lambda: payouts.propose(NewAccount(coalition.entities["B"], **{**GOOD, **change}), "r", key="k"))

    assert field in {one.pointer for one in error.value.errors}


@pytest.mark.parametrize("column", ["iban", "connected", "holder", "approval_id"])
def test_the_application_cannot_rewrite_an_account(coalition: Coalition, finance: Finance, column: str) -> None:
    with pytest.raises(InsufficientPrivilege):
        transact(lambda: raw().execute(f"UPDATE entity_account SET {column} = {column}".encode()))
