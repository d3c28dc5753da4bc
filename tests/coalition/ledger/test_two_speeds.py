"""One contract, two speeds: posting one by one and posting in bulk come to the same, whatever the batch."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coalition import ledger
from coalition.kernel.db import fetch_all, transact
from coalition.ledger import AccountKind, Credit, Debit, Operation
from tests.coalition.ledger.conftest import BONUS, PROGRAM, SHOP, digest, offences

BORN = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
LATER = dt.datetime(2126, 1, 1, tzinfo=dt.UTC)
LEGS = [((10, 1),), ((10, 2), (11, 1)), ((10, 1), (11, 1), (12, 1))]


@st.composite
def postings(draw) -> tuple:
    """(spend?, member, amount, key, body, days to expiry, active later?, legs)"""
    return (
        draw(st.booleans()),
        draw(st.integers(1, 3)),
        draw(st.integers(1, 30)),
        draw(st.integers(1, 12)),
        draw(st.sampled_from("aaab")),
        draw(st.sampled_from([None, -1, 5, 5, 9])),
        draw(st.sampled_from([False, False, True])),
        draw(st.sampled_from(LEGS)),
    )


def _made(plan: Sequence[tuple]) -> list[Credit | Debit]:
    return [_posting(*one) for one in plan]


def _posting(spend, member, amount, key, body, days, later, legs):
    common = {
        "account_id": ledger.account(PROGRAM, BONUS, AccountKind.WALLET, member),
        "amount": amount,
        "occurred_at": BORN,
        "program_id": PROGRAM,
        "partner_id": SHOP,
        "currency_id": BONUS,
        "external_id": f"k{key}",
        "request_hash": digest(f"{body}{amount}{spend}{member}".encode()),
    }
    if spend:
        contra = ledger.account(PROGRAM, BONUS, AccountKind.REDEMPTION, 20)
        return Debit(contra_id=contra, operation=Operation.ORDER, **common)
    return Credit(
        contra_id=ledger.account(PROGRAM, BONUS, AccountKind.ISSUANCE, 10),
        operation=Operation.PURCHASE,
        funding_id=ledger.funding(legs),
        expires_at=None if days is None else LATER + dt.timedelta(days=days) if days > 0 else BORN,
        active_at=LATER if later else None,
        **common,
    )


STATE = """
    SELECT 'lot' AS what, e.external_id, l.account_id, l.remaining, l.amount, l.funding_id FROM lot l
      JOIN entry e ON e.account_id = l.account_id AND e.id = l.entry_id
    UNION ALL
    SELECT d.external_id, e.external_id, a.account_id, a.amount, a.drawn_before, a.funding_id FROM allocation a
      JOIN entry e ON e.account_id = a.account_id AND e.id = a.lot_id
      JOIN entry d ON d.account_id = a.account_id AND d.id = a.debit_id
    UNION ALL SELECT 'wallet', '', account_id, undrawn, held, NULL FROM wallet
    UNION ALL SELECT 'entry', external_id, account_id, amount, operation, funding_id FROM entry"""
NAMED = f"""
    SELECT s.what, s.external_id, c.owner, s.remaining, s.amount, f.spec FROM ({STATE}) s
      JOIN account c ON c.id = s.account_id LEFT JOIN funding f ON f.id = s.funding_id ORDER BY 1, 2, 3, 4, 5, 6"""


class _Undo(Exception):
    """Carries the outcome out of a transaction that is not to last."""


def _outcome(history, batch, bulk_from):
    def work():
        ledger.post(_made(history), bulk_from=bulk_from)
        results = ledger.post(_made(batch), bulk_from=bulk_from)
        keys = dict(map(tuple, fetch_all("SELECT id, external_id FROM entry")))
        told = [(keys.get(r.entry_id), r.replayed, r.refused, r.undrawn, r.available) for r in results]
        raise _Undo(told, [tuple(row) for row in fetch_all(NAMED)], offences())

    try:
        transact(work)
    except _Undo as outcome:
        return outcome.args


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=st.lists(postings(), max_size=8), batch=st.lists(postings(), min_size=1, max_size=14))
def test_bulk_and_one_by_one_post_the_same(app, history, batch):
    one_by_one = _outcome(history, batch, bulk_from=10**6)
    in_bulk = _outcome(history, batch, bulk_from=1)

    assert in_bulk == one_by_one
    assert in_bulk[2] == {}
