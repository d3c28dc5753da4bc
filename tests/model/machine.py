"""The state machine: random operations on the ledger and on the reference, whose answers and wallets must agree."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from coalition import ledger
from coalition.kernel.db import db, fetch_one
from coalition.kernel.errors import Conflict
from coalition.ledger import Operation
from tests.model import clock
from tests.model.books import Books, refusal
from tests.model.drawing import ALWAYS, NEVER, ORDERS
from tests.model.reference import Ledger, Refused

WALLETS = 4
MILES = WALLETS  # the wallet of another currency
wallets = st.integers(0, WALLETS - 1)
amounts = st.one_of(st.integers(1, 12), st.integers(1, 300))
funders = st.sampled_from([((10, 1),), ((11, 1),), ((10, 60), (11, 40)), ((10, 1), (11, 1), (12, 1))])
ends = st.sampled_from([NEVER, 1, 3, 3, 10])
rules = st.sampled_from(["fefo", "fefo", "fifo", "pro_rata"])
promos = st.sampled_from([(), (), ((1, 5),), ((1, 1000),), ((1, 1000), (2, 40)), ((2, 40), (0, 0), (1, 1000))])
policies = st.sampled_from(["only_pending", "within_balance", "arrears"])
picks = st.integers(0, 10**6)


def _laws() -> str:
    """Every law of the ledger in one question: the first one that is broken, if any."""
    timely = ("T5", "H2")  # sweeps of the machine come when it likes
    asked = [f"SELECT '{law.code}' AS code FROM ({law.sql}) x" for law in ledger.laws() if law.code not in timely]
    return " UNION ALL ".join(asked) + " LIMIT 1"


class Machine(RuleBasedStateMachine):
    """One run: a few wallets, one clock, and every operation there is."""

    def __init__(self) -> None:
        super().__init__()
        self.savepoint = db.session.begin_nested()
        self.day = 0
        self.numbers = 0
        self.reference = Ledger()
        self.born: dict[int, tuple[int, Any]] = {}
        self.moves: dict[int, tuple[int, int, int]] = {}
        self.last: tuple[Callable[[], Any], Any] | None = None

    @initialize()
    def open_books(self) -> None:
        clock.move_to(0)
        self.books = Books("m", WALLETS)

    def teardown(self) -> None:
        self.savepoint.rollback()

    @rule(
        wallet=wallets,
        amount=amounts,
        legs=funders,
        end=ends,
        wait=st.sampled_from([0, 0, 1]),
        promo=st.sampled_from([None, None, 1, 2]),
    )
    def earn(self, wallet: int, amount: int, legs: Any, end: float, wait: int, promo: int | None) -> None:
        number, wallet = self._number(), self.reference.home(wallet)
        active = self.day + wait if wait else ALWAYS
        lot = {"expires": end if end == NEVER else self.day + wait + end, "active": active, "restriction": promo}
        self.born[number] = (wallet, legs)
        self._both("earn", lambda of: of.earn(wallet, number, amount, legs, **lot))

    @rule(wallet=wallets, amount=amounts, how=rules, eligible=promos)
    def spend(self, wallet: int, amount: int, how: str, eligible: Any) -> None:
        number, wallet = self._number(), self.reference.home(wallet)
        self._both("spend", lambda of: of.spend(wallet, number, amount, self.day, rule=how, eligible=eligible))

    @rule(wallet=wallets, amount=amounts, days=st.integers(1, 4))
    def hold(self, wallet: int, amount: int, days: int) -> None:
        number, wallet = self._number(), self.reference.home(wallet)
        self._both("hold", lambda of: of.hold(wallet, number, amount, self.day, self.day + days))

    @precondition(lambda self: self.reference.holds)
    @rule(pick=picks, amount=amounts)
    def capture(self, pick: int, amount: int) -> None:
        hold, number = self._pick(self.reference.holds, pick), self._number()
        self._both("capture", lambda of: of.capture(hold, number, amount, self.day))

    @precondition(lambda self: self.reference.holds)
    @rule(pick=picks)
    def release(self, pick: int) -> None:
        hold = self._pick(self.reference.holds, pick)
        if self.reference.holds[hold].open:
            self._both("release", lambda of: of.release(hold))

    @precondition(lambda self: self.reference.spendings)
    @rule(pick=picks, amount=amounts, grace=st.sampled_from([None, 5]), order=st.sampled_from(ORDERS))
    def give_back(self, pick: int, amount: int, grace: int | None, order: str) -> None:
        debit, number = self._pick(self.reference.spendings, pick), self._number()
        wallet = self.reference.spendings[debit].wallet
        until = None if grace is None else self.day + grace
        self._differ(
            lambda: self.reference.give_back(debit, amount, self.day, until, order),
            lambda: self.books.give_back(number, wallet, debit, amount, self.day, until, order),
        )

    @precondition(lambda self: self.born)
    @rule(pick=picks, amount=amounts, policy=policies, floor=st.sampled_from([0, 50, 10_000]))
    def claw_back(self, pick: int, amount: int, policy: str, floor: int) -> None:
        credit, number = self._pick(self.born, pick), self._number()
        wallet, legs = self.born[credit]
        self._differ(
            lambda: self.reference.claw_back(wallet, credit, amount, self.day, policy, floor),
            lambda: self.books.claw_back(number, wallet, credit, legs, amount, policy, floor),
        )

    @rule(source=wallets, onto=wallets, amount=amounts)
    def transfer(self, source: int, onto: int, amount: int) -> None:
        self._move(source, onto, amount, Operation.TRANSFER)

    @precondition(lambda self: self.moves)
    @rule(pick=picks)
    def reverse_a_transfer(self, pick: int) -> None:
        """As staff do: as many points go back to who gave them, or to who that is today."""
        source, onto, amount = self.moves.pop(self._pick(self.moves, pick))
        self._move(onto, source, amount, Operation.REVERSAL)

    @rule(wallet=wallets, amount=amounts, result=amounts, days=st.sampled_from([None, 2]))
    def convert(self, wallet: int, amount: int, result: int, days: int | None) -> None:
        number, wallet = self._number(), self.reference.home(wallet)
        end = None if days is None else self.day + days
        self._differ(
            lambda: self.reference.convert(wallet, MILES, amount, result, self.day, end),
            lambda: self.books.convert(number, wallet, MILES, amount, result, self.day, end),
        )

    @precondition(lambda self: len(self.reference.homes) < WALLETS - 2)
    @rule(source=wallets, onto=wallets)
    def merge(self, source: int, onto: int) -> None:
        """Two of the wallets are left, at least; whatever concerns a merged one happens to its home."""
        source, onto, number = self.reference.home(source), self.reference.home(onto), self._number()
        if source != onto:
            self._differ(
                lambda: self.reference.merge(source, onto, self.day),
                lambda: self.books.merge(number, source, onto, self.day),
            )

    @precondition(lambda self: self.last)
    @rule()
    def send_again(self) -> None:
        """A replay changes nothing and answers the same."""
        again, answer = self.last  # type: ignore[misc]
        assert self._outcome(again) == answer

    @rule(days=st.integers(1, 3))
    def wait(self, days: int) -> None:
        self.day += days
        self.last = None
        clock.move_to(self.day)

    @rule()
    def sweep(self) -> None:
        self.last = None
        self.reference.expire(self.day)
        self.books.expire(self.day)

    @invariant()
    def the_wallets_agree(self) -> None:
        if not hasattr(self, "books"):
            return
        known = range(WALLETS + 1)
        assert self.books.standings() == [self.reference.standing(wallet, self.day) for wallet in known]
        assert self.books.contents() == [self.reference.contents(wallet) for wallet in known]

    @invariant()
    def every_law_holds(self) -> None:
        broken = fetch_one(_LAWS)
        assert broken is None, broken

    def _move(self, source: int, onto: int, amount: int, operation: int) -> None:
        source, onto, number = self.reference.home(source), self.reference.home(onto), self._number()
        if source == onto:
            return
        self._differ(
            lambda: self.reference.transfer(source, onto, amount, self.day),
            lambda: self.books.transfer(number, source, onto, amount, operation),
        )
        if self.last and not isinstance(self.last[1], str) and operation == Operation.TRANSFER:
            self.moves[number] = (source, onto, amount)

    def _both(self, name: str, work: Callable[[Any], Any]) -> None:
        self._differ(lambda: work(self.reference), lambda: work(self.books))

    def _differ(self, model: Callable[[], Any], real: Callable[[], Any]) -> None:
        expected, found = self._outcome(model), self._outcome(real)
        assert found == expected
        self.last = (real, found)

    def _outcome(self, work: Callable[[], Any]) -> Any:
        try:
            with db.session.begin_nested():
                return work()
        except (Refused, Conflict) as error:
            return refusal(error)

    def _number(self) -> int:
        self.numbers += 1
        return self.numbers

    def _pick(self, among: Any, pick: int) -> int:
        keys = sorted(among)
        return keys[pick % len(keys)]


_LAWS = _laws()
