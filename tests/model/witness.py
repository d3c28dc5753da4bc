"""Eight sessions at once on the same few wallets, and the serial order in which they say that it happened.

Every operation notes the version of the wallets it has locked. These versions order all that happened to a wallet, so
the reference can do the same one after the other, and must give every answer again, refusals too.
"""

from __future__ import annotations

import random
import threading
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from flask import Flask

from coalition.kernel.db import db, raw, transact
from coalition.kernel.errors import Conflict
from tests.model.books import Books, refusal
from tests.model.reference import Ledger, Refused

SESSIONS, WALLETS = 8, 3
_FUNDERS = (((10, 1),), ((11, 1),), ((10, 60), (11, 40)))
_LATER = 300


@dataclass(frozen=True)
class Deed:
    """What one session did, what it was answered, and the version of each wallet it saw."""

    name: str
    wallets: tuple[int, ...]
    model: Callable[[Ledger], Any]
    answer: Any
    versions: dict[int, int]

    def place(self, wallet: int) -> tuple[int, int]:
        """Where the deed stands on a wallet: behind what made the version it saw, if it made none itself.

        What was clawed back to nothing, all waived, counts against its credit only, so a refusal may come of it.
        """
        if isinstance(self.answer, str):
            return self.versions[wallet], 2
        nothing = self.name == "claw_back" and not any(self.answer[:3])
        return self.versions[wallet], int(nothing)


@dataclass
class Session:
    """One client: random deeds on shared books, each in a transaction of its own."""

    number: int
    books: Books
    shared: dict[str, dict[int, Any]]
    done: list[Deed] = field(default_factory=list)

    def run(self, deeds: int) -> None:
        chance = random.Random(self.number)
        for turn in range(deeds):
            number = self.number * 10_000 + turn
            kind = chance.choice(("earn", "earn", "spend", "spend", "hold", "end", "back", "claw", "transfer"))
            getattr(self, f"_{kind}")(number, chance, chance.randrange(WALLETS), chance.randint(1, 60))

    def earn(self, number: int, wallet: int, amount: int, legs: Any) -> None:
        """One credit, with an end of its own: ids are given before the wallet is locked, so they do not order lots."""
        end = 30 + number // 10_000 * 100 + number % 10_000
        if self._do("earn", (wallet,), lambda of: of.earn(wallet, number, amount, legs, expires=end)):
            self.shared["credits"][number] = (wallet, legs)

    def _earn(self, number: int, chance: random.Random, wallet: int, amount: int) -> None:
        self.earn(number, wallet, amount, chance.choice(_FUNDERS))

    def _spend(self, number: int, chance: random.Random, wallet: int, amount: int) -> None:
        if self._do("spend", (wallet,), lambda of: of.spend(wallet, number, amount, 0)):
            self.shared["debits"][number] = wallet

    def _hold(self, number: int, chance: random.Random, wallet: int, amount: int) -> None:
        if self._do("hold", (wallet,), lambda of: of.hold(wallet, number, amount, 0, _LATER)):
            self.shared["holds"][number] = wallet

    def _end(self, number: int, chance: random.Random, wallet: int, amount: int) -> None:
        if held := self._pick("holds", chance):
            hold, wallet = held
            if chance.random() < 0.5:
                if self._do("capture", (wallet,), lambda of: of.capture(hold, number, amount, 0)):
                    self.shared["debits"][number] = wallet
            elif self.shared["released"].setdefault(hold, number) == number:
                self._do("release", (wallet,), lambda of: of.release(hold))

    def _back(self, number: int, chance: random.Random, wallet: int, amount: int) -> None:
        if spent := self._pick("debits", chance):
            debit, wallet = spent
            self._differ(
                "give_back",
                (wallet,),
                lambda model: model.give_back(debit, amount, 0, None),
                lambda: self.books.give_back(number, wallet, debit, amount, 0, None),
            )

    def _claw(self, number: int, chance: random.Random, wallet: int, amount: int) -> None:
        if earned := self._pick("credits", chance):
            credit, (wallet, legs) = earned
            policy = chance.choice(("within_balance", "arrears"))
            self._differ(
                "claw_back",
                (wallet,),
                lambda model: model.claw_back(wallet, credit, amount, 0, policy, 500),
                lambda: self.books.claw_back(number, wallet, credit, legs, amount, policy, 500),
            )

    def _transfer(self, number: int, chance: random.Random, wallet: int, amount: int) -> None:
        target = (wallet + chance.randint(1, WALLETS - 1)) % WALLETS
        self._differ(
            "transfer",
            (wallet, target),
            lambda model: model.transfer(wallet, target, amount, 0),
            lambda: self.books.transfer(number, wallet, target, amount),
        )

    def _pick(self, kind: str, chance: random.Random) -> tuple[int, Any] | None:
        known = list(self.shared[kind].items())
        return chance.choice(known) if known else None

    def _do(self, name: str, wallets: tuple[int, ...], work: Callable[[Any], Any]) -> bool:
        return self._differ(name, wallets, work, lambda: work(self.books))

    def _differ(
        self, name: str, wallets: tuple[int, ...], model: Callable[[Ledger], Any], real: Callable[[], Any]
    ) -> bool:
        answer, versions = transact(lambda: (_answer(real), self._versions(wallets)))
        self.done.append(Deed(name, wallets, model, answer, versions))
        return not isinstance(answer, str)

    def _versions(self, wallets: tuple[int, ...]) -> dict[int, int]:
        accounts = [self.books.wallets[wallet] for wallet in wallets]
        rows = raw().execute("SELECT account_id, version FROM wallet WHERE account_id = ANY(%s)", (accounts,))
        seen = dict(rows.fetchall())
        return {wallet: seen.get(account, 0) for wallet, account in zip(wallets, accounts, strict=True)}


def at_once(application: Flask, books: Books, deeds: int) -> list[Deed]:
    """Let all sessions work at the same time; everything they did."""
    shared: dict[str, dict[int, Any]] = {kind: {} for kind in ("credits", "debits", "holds", "released")}
    sessions = [Session(number, books, shared) for number in range(1, SESSIONS + 1)]
    failures: list[BaseException] = []
    first = Session(0, books, shared)
    for wallet in range(WALLETS):  # there is nothing to lock before the first points
        first.earn(wallet, wallet, 1, _FUNDERS[0])

    def work(session: Session) -> None:
        with application.app_context():
            try:
                session.run(deeds)
            except BaseException as error:
                failures.append(error)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=work, args=(session,)) for session in sessions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return [deed for session in (first, *sessions) for deed in session.done]


def witness(deeds: list[Deed]) -> Ledger:
    """Do everything again, one after the other, in an order that every wallet agrees to. AssertionError if none is."""
    queues: dict[int, list[Deed]] = defaultdict(list)
    for deed in deeds:
        for wallet in deed.wallets:
            queues[wallet].append(deed)
    for wallet, queue in queues.items():
        queue.sort(key=lambda deed, wallet=wallet: deed.place(wallet), reverse=True)  # type: ignore[misc]
    model = Ledger()
    while any(queues.values()):
        ready = next(
            (
                queue[-1]
                for queue in queues.values()
                if queue and all(_first(queues, queue[-1], w) for w in queue[-1].wallets)
            ),
            None,
        )
        assert ready is not None, "no serial order explains what the sessions saw"
        for wallet in ready.wallets:
            queues[wallet].remove(ready)
        expected = _answer(lambda deed=ready: deed.model(model))  # type: ignore[misc]
        assert expected == ready.answer, (ready, expected)
    return model


def _first(queues: dict[int, list[Deed]], deed: Deed, wallet: int) -> bool:
    return queues[wallet][-1].place(wallet) == deed.place(wallet)


def _answer(work: Callable[[], Any]) -> Any:
    try:
        return work()
    except (Refused, Conflict) as error:
        return refusal(error)
