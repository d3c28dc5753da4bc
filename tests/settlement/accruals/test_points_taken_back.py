"""Points that come back, are clawed back, owed, netted or moved, at the prices of their issue or redemption."""

from __future__ import annotations

import datetime as dt
import hashlib
from decimal import Decimal
from itertools import count
from typing import Any

from flask import Flask

from coalition import ledger
from coalition.kernel.clock import start_of_day
from coalition.kernel.db import fetch_all, fetch_one, transact
from coalition.kernel.money import to_minor
from coalition.ledger import AccountKind, Debit, GiveBack, Operation
from settlement import accruals, statements, terms
from tests.settlement.builders import FAR, Coalition, broken_laws, on_issue
from tests.settlement.statements.test_arithmetic_vectors import VECTOR
from tests.settlement.statements.test_closing import agreed, positions

MAY, JUNE = dt.date(2026, 5, 5), dt.date(2026, 6, 5)
SPAN = dt.timedelta(days=3650)
_keys = count(1)


def _key(coalition: Coalition, on: dt.date) -> dict[str, Any]:
    key = f"back-{next(_keys)}"
    return {
        "occurred_at": start_of_day(on, coalition.program.zone) + dt.timedelta(hours=12),
        "external_id": key,
        "request_hash": hashlib.sha256(key.encode()).digest(),
    }


def _entry(kind: int, amount: int) -> Any:
    found = fetch_one("SELECT * FROM entry WHERE kind = :kind AND amount = :amount", {"kind": kind, "amount": amount})
    assert found is not None
    return found


def _give_back(coalition: Coalition, redeemed: int, points: int, on: dt.date) -> None:
    def work() -> None:
        entry = _entry(2, -redeemed)
        back = GiveBack(
            account_id=entry.account_id,
            entry_id=entry.id,
            amount=points,
            partner_id=entry.partner_id,
            operation=Operation.RETURN,
            **_key(coalition, on),
        )
        ledger.give_back([back])

    transact(work)


def _claw_back(coalition: Coalition, issued: int, points: int, on: dt.date) -> ledger.ClawedBack:
    def work() -> ledger.ClawedBack:
        entry = _entry(1, issued)
        claw = ledger.ClawBack(
            account_id=entry.account_id,
            credit_id=entry.id,
            contra_id=entry.contra_id,
            amount=points,
            policy="arrears",
            debt_floor=10**6,
            program_id=entry.program_id,
            partner_id=entry.partner_id,
            currency_id=entry.currency_id,
            operation=Operation.RETURN,
            **_key(coalition, on),
        )
        return ledger.claw_back([claw])[0]

    return transact(work)


def _accrued(kind: str) -> list[tuple[int, Decimal | None, Decimal | None]]:
    rows = transact(
        lambda: fetch_all(
            "SELECT points, funding_price, service_price FROM accrual WHERE kind = :kind ORDER BY xid, points",
            {"kind": kind},
        )
    )
    return [tuple(row) for row in rows]


def _two_agreements(coalition: Coalition) -> None:
    entity = coalition.join("A")
    first_of_june = dt.date(2026, 6, 1)
    transact(lambda: terms.agree(entity, on_issue("0.01"), starts_on=MAY, ends_on=dt.date(2026, 5, 31)))
    transact(lambda: terms.agree(entity, on_issue("0.02", "0.001"), starts_on=first_of_june))


def test_the_vectors_april_return_is_booked_in_april_at_the_prices_of_march(live: Flask) -> None:
    coalition = Coalition()
    for name, facts in VECTOR["agreements"].items():
        coalition.join(name, agreed(facts))
    transact(lambda: accruals.open_period(coalition.program.id, "2026-Q1"))
    for lot in VECTOR["lots"]:
        ends = dt.datetime.fromisoformat(lot["expires"]).replace(tzinfo=dt.UTC) + SPAN
        coalition.issue(lot["points"], dt.date.fromisoformat(lot["issued"]), lot["legs"], expires_at=ends)
    for redemption in VECTOR["redemptions"]:
        coalition.redeem(redemption["points"], dt.date.fromisoformat(redemption["at"]), redemption.get("redeemer"))
    march = coalition.close("2026-Q1")
    before = positions(march.period.id)
    (returned,) = VECTOR["adjustments"]

    _give_back(coalition, 900, returned["points"], dt.date.fromisoformat(returned["at"]))
    april = coalition.close("2026-Q2")

    found = positions(april.period.id)
    assert found[coalition.entities["C"]] == -to_minor(Decimal(returned["lines"]["C"]["net_payable"]))
    assert [found.get(coalition.entities[name], 0) for name in ("A", "B")] == [0, 0]
    assert sum(found.values()) == 0
    assert positions(march.period.id) == before
    _assert_named(coalition, april, returned["lines"]["C"])
    (expiry,) = VECTOR["expiries"]
    transact(lambda: ledger.expire(dt.datetime.fromisoformat(expiry["at"]).replace(tzinfo=dt.UTC) + SPAN, 10))
    coalition.accrue()
    assert {points: price for points, price, _ in _accrued("expire")} == {180: Decimal("0.005"), 120: Decimal(0)}
    assert broken_laws() == {}
    assert transact(lambda: accruals.rebuild(coalition.program.id)).differing == 0


def _assert_named(coalition: Coalition, april: statements.Closed, figures: dict[str, Any]) -> None:
    """The return stands in credit notes of its own, to the cent, and each of its entries names the draw it corrects."""
    heads = {one.legal_entity_id: one for one in transact(lambda: statements.of_period(april.period))}
    stated = heads[coalition.entities["C"]]
    found = {one.kind: one for one in transact(lambda: statements.documents([stated.id]))[stated.id]}
    for kind, name in (("redeemer_credit", "redeemer_return"), ("issuer_credit", "issuer_credit")):
        document = found.pop(kind)
        amounts = (document.net_minor, document.vat_minor, document.gross_minor)
        assert amounts == tuple(-to_minor(Decimal(figures[name][part])) for part in ("net", "vat", "gross"))
    assert found == {}
    entries, _ = transact(lambda: statements.entries(stated, None, 10))
    named = {entry.reverses for entry in entries}
    rows = transact(lambda: fetch_all("SELECT * FROM accrual WHERE movement_id = ANY(:ids)", {"ids": sorted(named)}))
    assert len(rows) == len(named)
    assert {(row.kind, row.occurred_on) for row in rows} == {("redeem", dt.date(2026, 3, 5))}


def test_what_is_clawed_back_and_what_is_owed_is_priced_as_it_was_issued(live: Flask) -> None:
    coalition = Coalition()
    _two_agreements(coalition)
    coalition.issue(100, MAY, {"A": 1})
    assert coalition.redeem(60, MAY)

    clawed = _claw_back(coalition, 100, 100, JUNE)
    coalition.issue(70, JUNE, {"A": 1})
    coalition.accrue()

    assert (clawed.own, clawed.owed) == (40, 60)
    [issued] = transact(lambda: fetch_all("SELECT movement_id FROM accrual WHERE kind = 'issue' AND points = 100"))
    rows = transact(lambda: fetch_all("SELECT DISTINCT reverses_id FROM accrual WHERE kind = 'clawback'"))
    assert rows == [(issued.movement_id,)]
    assert [points for points, *_ in _accrued("clawback")] == [40, 60]
    assert {price for _, price, _ in _accrued("clawback")} == {Decimal("0.01")}
    assert _accrued("adjust") == [(60, None, None)]
    assert broken_laws() == {}
    assert transact(lambda: accruals.rebuild(coalition.program.id)).differing == 0


def test_transferred_points_make_nothing_due_and_expire_at_the_price_of_their_issue(live: Flask) -> None:
    coalition = Coalition()
    entity = coalition.join("A")
    priced = [("0.01", MAY, dt.date(2026, 5, 31)), ("0.02", dt.date(2026, 6, 1), None)]
    for price, starts_on, ends_on in priced:
        prices = on_issue(price, breakage_share=Decimal("0.5"))
        transact(lambda p=prices, s=starts_on, e=ends_on: terms.agree(entity, p, starts_on=s, ends_on=e))
    coalition.issue(100, MAY, {"A": 1}, expires_at=FAR)
    wallets = [coalition.account(AccountKind.WALLET, member) for member in (1, 2)]
    debit = Debit(
        account_id=wallets[0],
        contra_id=coalition.account(AccountKind.TRANSFER, 0),
        amount=30,
        program_id=coalition.program.id,
        partner_id=coalition.operator.partner_id,
        currency_id=coalition.currency.id,
        operation=Operation.TRANSFER,
        **_key(coalition, JUNE),
    )

    transact(lambda: ledger.transfer(debit, ledger.Arrival(account_id=wallets[1], currency_id=coalition.currency.id)))
    transact(lambda: ledger.expire(FAR, 10))
    coalition.accrue()

    assert _accrued("adjust") == [(-30, None, None), (30, None, None)]
    assert {(points, price) for points, price, _ in _accrued("expire")} == {
        (70, Decimal("0.005")),
        (30, Decimal("0.005")),
    }
    assert broken_laws() == {}
