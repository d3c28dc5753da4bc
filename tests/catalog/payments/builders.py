"""A payment provider that lives in the test's process, with a book of its own, and a payment on it."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from catalog import payments
from catalog.ports import (
    PaymentAnswer,
    PaymentDone,
    PaymentList,
    PaymentNews,
    PaymentPage,
    PaymentProvider,
    PaymentRequest,
    PaymentState,
    Rejected,
    Retryable,
    Unknown,
)
from coalition.kernel import clock, jobs, ports
from coalition.kernel.db import execute, transact
from tests.builders import a_program

_numbers = itertools.count(1)


@dataclass(slots=True)
class FakeProvider:
    """Pages, reservations and what was taken, by session; `next` are the ways in which it fails before it works.

    `lost_before`: the request never arrived; `lost_after`: the answer was lost; `refuse`; `away`: not now.
    """

    many_captures: bool = False
    next: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    book: dict[str, PaymentState] = field(default_factory=dict)
    answers: dict[str, Any] = field(default_factory=dict)
    page_origin: str = "http://pay.example"

    def open(self, request: PaymentRequest) -> PaymentPage | Rejected | Retryable | Unknown:
        def work() -> PaymentPage:
            number = f"cs_{next(_numbers)}"
            self.book[number] = PaymentState(
                request.ref, number, None, "open", request.amount_minor, request.currency, many_captures=False
            )
            return PaymentPage(number, f"{self.page_origin}/{number}")

        return self._do("open", request.key, work)

    def look(self, session_id: str | None, intent_id: str | None) -> PaymentState | Rejected | Retryable | Unknown:
        self.calls.append("look")
        if self.next and self.next[0] == "blind":
            self.next.pop(0)
            return Unknown()
        found = [one for one in self.book.values() if session_id == one.session_id or intent_id == one.intent_id]
        return found[0] if found else Rejected("resource_missing")

    def close(self, session_id: str, key: str) -> PaymentAnswer:
        if self.book[session_id].status != "open":
            return Rejected("session_complete")
        return self._do("close", key, lambda: self._set(session_id, status="expired"))

    def capture(self, intent_id: str, amount_minor: int, final: bool, key: str) -> PaymentAnswer:
        one = self.of(intent_id)
        taken = one.captured_minor + amount_minor
        state = "captured" if final or taken == one.amount_minor else "authorized"
        return self._do("capture", key, lambda: self._set(one.session_id, captured_minor=taken, status=state))

    def void(self, intent_id: str, key: str) -> PaymentAnswer:
        one = self.of(intent_id)
        state = "captured" if one.captured_minor else "voided"
        return self._do("void", key, lambda: self._set(one.session_id, status=state))

    def refund(self, intent_id: str, amount_minor: int, key: str) -> PaymentAnswer:
        one = self.of(intent_id)
        back = one.refunded_minor + amount_minor
        return self._do("refund", key, lambda: self._set(one.session_id, refunded_minor=back))

    def since(self, instant: dt.datetime, cursor: str | None) -> PaymentList | Retryable | Unknown:
        at = int(cursor or 0)
        begun = [one for one in self.book.values() if one.intent_id]
        return PaymentList(tuple(begun[at : at + 2]), str(at + 2) if len(begun) > at + 2 else None)

    def parse_webhook(self, headers: Mapping[str, str], body: bytes) -> PaymentNews | None:
        return None

    def pay(self, session_id: str | None, **facts: Any) -> None:
        """The payer pays on the page."""
        assert session_id is not None
        before = clock.now() + dt.timedelta(days=7)
        self._set(
            session_id,
            status="authorized",
            intent_id=f"pi_{session_id}",
            many_captures=self.many_captures,
            **{"capture_before": before, **facts},
        )

    def of(self, intent_id: str | None) -> PaymentState:
        """What the book says of a reservation."""
        return next(one for one in self.book.values() if one.intent_id == intent_id)

    def done(self, what: str) -> int:
        """How often something really happened."""
        return len([key for key in self.answers if f":{what}" in key])

    def forget_keys(self) -> None:
        """A day has passed."""
        self.answers = {f"forgotten {key}": answer for key, answer in self.answers.items()}

    def _do(self, what: str, key: str, work: Callable[[], Any]) -> Any:
        self.calls.append(what)
        way = self.next.pop(0) if self.next else ""
        if way == "away":
            return Retryable(30)
        if way == "refuse":
            return Rejected("declined")
        if way == "lost_before":
            return Unknown()
        if key not in self.answers:
            done = work()
            self.answers[key] = done if isinstance(done, PaymentPage) else PaymentDone(f"x_{next(_numbers)}")
        return Unknown() if way == "lost_after" else self.answers[key]

    def _set(self, session_id: str | None, **facts: Any) -> None:
        assert session_id is not None
        self.book[session_id] = replace(self.book[session_id], **facts)


def bind(provider: FakeProvider) -> FakeProvider:
    """Let this provider take the money."""
    ports.bind(PaymentProvider, provider)  # type: ignore[type-abstract]
    return provider


def ask_for(amount_minor: int = 1000, ref: str = "") -> str:
    """A payment that was asked for; its reference."""
    ref = ref or f"ord_{next(_numbers)}"
    where = {"success_url": "http://shop.example/paid", "cancel_url": "http://shop.example/left"}
    program = transact(a_program)
    transact(lambda: payments.request(ref, program.id, amount_minor, "EUR", description="Order", locale="en", **where))
    return ref


def a_paid(provider: FakeProvider, amount_minor: int = 1000) -> str:
    """A payment that is authorized; its reference."""
    ref = ask_for(amount_minor)
    work()
    provider.pay(payments.find(ref).session_id)
    look(ref, provider)
    return ref


def look(ref: str, provider: FakeProvider) -> str:
    """See what the provider has."""
    return payments.look(payments.find(ref), provider, transact)


def work() -> None:
    """Do every job of payments that is due or waits for its time."""
    for _ in range(4):
        transact(lambda: execute("UPDATE job SET due_at = now() WHERE state = 'due' AND kind LIKE 'payments.%'"))
        jobs.run_due(50)


def amounts(ref: str) -> tuple[str, int, int, int]:
    """State, taken, released, given back."""
    one = payments.find(ref)
    return one.state, one.captured_minor, one.voided_minor, one.refunded_minor
