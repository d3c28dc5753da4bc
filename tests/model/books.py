"""The real ledger behind the words of the reference: numbers for credits, debits and holds, days for instants."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Sequence
from typing import Any

from coalition import ledger
from coalition.kernel.db import raw
from coalition.kernel.errors import Conflict
from coalition.ledger import AccountKind, Arrival, Attribution, ClawBack, Credit, Debit, GiveBack, Operation
from tests.model.drawing import ALWAYS, NEVER, Legs
from tests.model.reference import Refused, Standing

PROGRAM, BONUS, MILES, SHOP = 7, 3, 4, 5
PARTIES = (10, 11, 12)
_RULES = {"fefo": Attribution.FEFO, "fifo": Attribution.FIFO, "pro_rata": Attribution.PRO_RATA}
_CONTENTS = """
    SELECT l.account_id, r.external_id, nullif(l.expires_at, 'infinity'), l.restriction_id, s.party_id,
           sum(s.points)::bigint
      FROM lot l
      JOIN entry b ON b.account_id = l.account_id AND b.id = l.entry_id
      JOIN entry r ON r.id = coalesce(b.root_id, b.id)
     CROSS JOIN LATERAL ledger_split(l.funding_id, l.amount - l.remaining, l.amount) s
     WHERE l.account_id = ANY(%s) GROUP BY 1, 2, 3, 4, 5 HAVING sum(s.points) <> 0"""


class Books:
    """One program's wallets on the database, and one of another currency behind them, into which points are converted.

    `tag` keeps the keys of several books on one database apart.
    """

    def __init__(self, tag: str, wallets: int, first_member: int = 1) -> None:
        self.tag = tag
        self.start: dt.datetime = raw().execute("SELECT pg_catalog.now()").fetchone()[0]
        members = range(first_member, first_member + wallets)
        found = ledger.accounts(PROGRAM, BONUS, AccountKind.WALLET, members)
        self.wallets = [found[member] for member in members]
        self.wallets.append(ledger.account(PROGRAM, MILES, AccountKind.WALLET, first_member))
        self.issuers = ledger.accounts(PROGRAM, BONUS, AccountKind.ISSUANCE, PARTIES)
        self.redeemer = ledger.account(PROGRAM, BONUS, AccountKind.REDEMPTION, 20)
        self.converted = ledger.account(PROGRAM, BONUS, AccountKind.CONVERSION, 0)
        self.between = ledger.account(PROGRAM, BONUS, AccountKind.TRANSFER, 0)
        self.credits: dict[int, int] = {}
        self.debits: dict[int, int] = {}
        self.holds: dict[int, ledger.Hold] = {}

    def earn(self, wallet: int, credit: int, amount: int, legs: Legs, **lot: Any) -> None:
        posting = self.credit(wallet, credit, amount, legs, **lot)
        (posted,) = ledger.post([posting])
        self.credits[credit] = _entry(posted)

    def credit(self, wallet: int, credit: int, amount: int, legs: Legs, **lot: Any) -> Credit:
        """The posting of a credit; for tests that post it another way."""
        return Credit(
            **self._posting(wallet, amount, Operation.PURCHASE, f"c{credit}"),
            contra_id=self.issuers[legs[0][0]],
            funding_id=ledger.funding(legs),
            expires_at=self._instant(lot.get("expires", NEVER)),
            active_at=self._instant(lot.get("active", ALWAYS)),
            restriction_id=lot.get("restriction"),
        )

    def spend(
        self, wallet: int, debit: int, amount: int, now: float, *, rule: str = "fefo", eligible: Sequence = ()
    ) -> None:
        self.debits[debit] = _entry(ledger.post([self.debit(wallet, debit, amount, rule, eligible)])[0])

    def debit(self, wallet: int, debit: int, amount: int, rule: str = "fefo", eligible: Sequence = ()) -> Debit:
        """The posting of a debit."""
        common = self._posting(wallet, amount, Operation.ORDER, f"d{debit}")
        return Debit(**common, contra_id=self.redeemer, rule=_RULES[rule], eligible=tuple(eligible))

    def hold(self, wallet: int, hold: int, amount: int, now: float, until: float) -> None:
        key = self._key(f"h{hold}", amount)
        scope = {"program_id": PROGRAM, "partner_id": SHOP, "currency_id": BONUS}
        seconds = int((until - now) * 86_400)
        self.holds[hold] = ledger.hold(self.wallets[wallet], amount, seconds, **scope, **key, purpose="model")

    def capture(self, hold: int, debit: int, amount: int, now: float) -> None:
        held = self.holds[hold]
        done = ledger.capture(
            (held.account_id, held.id),
            amount,
            contra_id=self.redeemer,
            partner_id=SHOP,
            occurred_at=self.start,
            **self._key(f"d{debit}", amount),
        )
        self.debits[debit] = done.entry_id

    def release(self, hold: int) -> int:
        held = self.holds[hold]
        at, key = (held.account_id, held.id), self._key(f"r{hold}", 0)
        return ledger.release(at, partner_id=SHOP, **key).amount

    def give_back(
        self,
        number: int,
        wallet: int,
        debit: int,
        amount: int,
        now: float,
        grace: float | None,
        order: str | None = None,
    ) -> None:
        common = self._posting(wallet, amount, Operation.RETURN, f"g{number}")
        del common["currency_id"], common["program_id"]
        until = self._instant(grace)
        ledger.give_back([GiveBack(**common, entry_id=self.debits[debit], grace_until=until, order=order)])

    def claw_back(self, number: int, wallet: int, credit: int, legs: Legs, amount: int, policy: str, floor: int) -> Any:
        (done,) = ledger.claw_back(
            [
                ClawBack(
                    **self._posting(wallet, amount, Operation.RETURN, f"k{number}"),
                    credit_id=self.credits[credit],
                    contra_id=self.issuers[legs[0][0]],
                    policy=policy,
                    debt_floor=floor,
                )
            ]
        )
        return done.own, done.others, done.owed, done.waived

    def transfer(self, number: int, source: int, target: int, amount: int, operation: int = Operation.TRANSFER) -> None:
        common = self._posting(source, amount, operation, f"t{number}")
        debit = Debit(**common, contra_id=self.between)
        ledger.transfer(debit, Arrival(account_id=self.wallets[target], currency_id=BONUS))

    def convert(
        self, number: int, source: int, target: int, amount: int, result: int, now: float, expires: float | None
    ) -> int:
        debit = Debit(**self._posting(source, amount, Operation.CONVERSION, f"x{number}"), contra_id=self.converted)
        end = ledger.KEEP if expires is None else self._instant(expires)
        arrival = Arrival(account_id=self.wallets[target], currency_id=MILES, amount=result, expires_at=end)
        return ledger.transfer(debit, arrival).amount

    def merge(self, number: int, source: int, target: int, now: float) -> tuple[int, int]:
        scope = {"program_id": PROGRAM, "partner_id": SHOP, "currency_id": BONUS, "occurred_at": self.start}
        both = (self.wallets[source], self.wallets[target])
        done = ledger.merge_wallets(*both, **scope, **self._key(f"m{number}", 0))
        return done.amount, done.arrears

    def expire(self, now: float) -> None:
        while ledger.expire_holds(100):
            pass
        while ledger.expire(self._instant(now) or self.start, 100):
            pass

    def standings(self) -> list[Standing]:
        """How every wallet stands, in the reference's words."""
        found = ledger.balances_of(self.wallets)
        return [_standing(found[account]) for account in self.wallets]

    def contents(self) -> list[Counter]:
        """What lies in every wallet, in the reference's words."""
        found = {account: Counter() for account in self.wallets}
        for account, key, end, *rest, points in raw().execute(_CONTENTS, (self.wallets,)):
            found[account][(self._name(key), self._day(end), *rest)] = points
        return list(found.values())

    def _posting(self, wallet: int, amount: int, operation: int, name: str) -> dict[str, Any]:
        scope = {"program_id": PROGRAM, "partner_id": SHOP, "currency_id": BONUS, "occurred_at": self.start}
        where = {"account_id": self.wallets[wallet], "amount": amount, "operation": operation}
        return {**scope, **where, **self._key(name, amount)}

    def _key(self, name: str, amount: int) -> dict[str, Any]:
        return {"external_id": f"{self.tag}-{name}", "request_hash": hashlib.sha256(f"{amount}".encode()).digest()}

    def _name(self, key: str) -> str:
        return key.removeprefix(f"{self.tag}-")

    def _instant(self, day: float | None) -> dt.datetime | None:
        return None if day is None or day in (NEVER, ALWAYS) else self.start + dt.timedelta(days=day)

    def _day(self, instant: dt.datetime | None) -> float:
        return NEVER if instant is None else (instant - self.start).days


def _standing(found: ledger.Balance) -> Standing:
    bound = sum(points for _, points in found.restricted)
    return found.available, bound, found.pending, found.held, found.arrears


def _entry(done: Any) -> int:
    if done.refused:
        raise Refused(done.refused)
    return int(done.entry_id)


def refusal(error: Exception) -> str:
    """The code of what an operation was refused for."""
    return error.code if isinstance(error, Conflict) else str(error)
