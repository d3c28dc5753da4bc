"""One contract, two speeds: posting one by one and posting in bulk come to the same, whatever the batch."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Sequence

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coalition import ledger
from coalition.kernel.db import fetch_all, transact
from coalition.ledger import AccountKind, Attribution, Credit, Debit, Operation
from tests.coalition.ledger.conftest import BONUS, PROGRAM, SHOP, digest, offences

BORN = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
LATER = dt.datetime(2126, 1, 1, tzinfo=dt.UTC)
PROMO = 4
EXAMPLES = int(os.environ.get("TWO_SPEEDS", "150"))
CREDITS = "SELECT id, account_id, contra_id, amount FROM entry WHERE kind = 1 AND external_id = :key"
LEGS = [((10, 1),), ((10, 2), (11, 1)), ((10, 1), (11, 1), (12, 1))]


@st.composite
def postings(draw) -> tuple:
    """(spend?, member, amount, key, body, days to expiry, active later?, legs, restriction, rule, idle days)"""
    return (
        draw(st.booleans()),
        draw(st.integers(1, 3)),
        draw(st.integers(1, 30)),
        draw(st.integers(1, 12)),
        draw(st.sampled_from("aaab")),
        draw(st.sampled_from([None, -1, 5, 5, 9])),
        draw(st.sampled_from([False, False, True])),
        draw(st.sampled_from(LEGS)),
        draw(st.sampled_from([None, None, None, PROMO])),
        draw(st.sampled_from([Attribution.FEFO, Attribution.FEFO, Attribution.FIFO, Attribution.PRO_RATA])),
        draw(st.sampled_from([None, None, 40, 50])),
    )


@st.composite
def claws(draw) -> tuple:
    """(key of the credit, amount, policy, debt floor)"""
    return (
        draw(st.integers(1, 12)),
        draw(st.integers(1, 30)),
        draw(st.sampled_from(["only_pending", "within_balance", "arrears", "arrears", "arrears"])),
        draw(st.sampled_from([5, 100])),
    )


def _made(plan: Sequence[tuple]) -> list[Credit | Debit]:
    return [_posting(*one) for one in plan]


def _posting(spend, member, amount, key, body, days, later, legs, restriction, rule, idle):
    common = {
        "account_id": ledger.account(PROGRAM, BONUS, AccountKind.WALLET, member),
        "amount": amount,
        "occurred_at": BORN,
        "program_id": PROGRAM,
        "partner_id": SHOP,
        "currency_id": BONUS,
        "external_id": f"k{key}",
        "request_hash": digest(f"{body}{amount}{spend}{member}".encode()),
        "idle_at": None if idle is None else LATER + dt.timedelta(days=idle),
    }
    if spend:
        contra = ledger.account(PROGRAM, BONUS, AccountKind.REDEMPTION, 20)
        eligible = ((PROMO, 12),) if restriction else ()
        return Debit(contra_id=contra, operation=Operation.ORDER, rule=rule, eligible=eligible, **common)
    return Credit(
        contra_id=ledger.account(PROGRAM, BONUS, AccountKind.ISSUANCE, 10),
        operation=Operation.PURCHASE,
        funding_id=ledger.funding(legs),
        expires_at=None if days is None else LATER + dt.timedelta(days=days) if days > 0 else BORN,
        active_at=LATER if later else None,
        restriction_id=restriction,
        **common,
    )


STATE = """
    SELECT 'lot' AS what, e.external_id || coalesce(l.restriction_id, 0) AS external_id, l.account_id,
           l.remaining, l.amount, l.funding_id FROM lot l
      JOIN entry e ON e.account_id = l.account_id AND e.id = l.entry_id
    UNION ALL
    SELECT CASE d.partner_id WHEN 0 THEN 'inner' ELSE d.external_id || a.no END, e.external_id, a.account_id, a.amount,
           a.drawn_before, a.funding_id FROM allocation a
      JOIN entry e ON e.account_id = a.account_id AND e.id = a.lot_id
      JOIN entry d ON d.account_id = a.account_id AND d.id = a.debit_id
    UNION ALL SELECT 'wallet', coalesce(idle_at::text, ''), account_id, undrawn, arrears, NULL FROM wallet
    UNION ALL SELECT 'debt', '', account_id, remaining, amount, NULL FROM debt
    UNION ALL SELECT 'entry', CASE partner_id WHEN 0 THEN '' ELSE external_id END, account_id, amount, operation,
           funding_id FROM entry"""
NAMED = f"""
    SELECT s.what, s.external_id, c.owner, s.remaining, s.amount, f.spec FROM ({STATE}) s
      JOIN account c ON c.id = s.account_id LEFT JOIN funding f ON f.id = s.funding_id ORDER BY 1, 2, 3, 4, 5, 6"""


class _Undo(Exception):
    """Carries the outcome out of a transaction that is not to last."""


def _claw_back(key, amount, policy, floor):
    """Claw back the credit of a key as far as it goes, whoever has it."""
    for entry_id, account_id, contra_id, born in fetch_all(CREDITS, {"key": f"k{key}"}):
        ledger.claw_back(
            [
                ledger.ClawBack(
                    account_id=account_id,
                    credit_id=entry_id,
                    contra_id=contra_id,
                    amount=min(amount, born),
                    policy=policy,
                    debt_floor=floor,
                    occurred_at=BORN,
                    program_id=PROGRAM,
                    partner_id=SHOP,
                    currency_id=BONUS,
                    operation=Operation.RETURN,
                    external_id=f"k{key}",
                    request_hash=digest(b""),
                )
            ]
        )


def _outcome(history, clawed, batch, bulk_from):
    def work():
        ledger.post(_made(history), bulk_from=bulk_from)
        for one in {key: (key, *rest) for key, *rest in clawed}.values():
            _claw_back(*one)
        results = ledger.post(_made(batch), bulk_from=bulk_from)
        keys = dict(map(tuple, fetch_all("SELECT id, external_id FROM entry")))
        told = [(keys.get(r.entry_id), r.replayed, r.refused, r.undrawn, r.available) for r in results]
        raise _Undo(told, [tuple(row) for row in fetch_all(NAMED)], offences())

    try:
        transact(work)
    except _Undo as outcome:
        return outcome.args


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    history=st.lists(postings(), max_size=8),
    clawed=st.lists(claws(), max_size=4),
    batch=st.lists(postings(), min_size=1, max_size=14),
)
def test_bulk_and_one_by_one_post_the_same(app, history, clawed, batch):
    one_by_one = _outcome(history, clawed, batch, bulk_from=10**6)
    in_bulk = _outcome(history, clawed, batch, bulk_from=1)

    assert in_bulk == one_by_one
    assert in_bulk[2] == {}
