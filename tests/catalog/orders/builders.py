"""A shop with rewards in stock, a member with points, an order; and a supplier that lives in the test's process."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from catalog import orders, pricing, rewards, suppliers
from catalog.orders.supplying.asking import PLAIN
from catalog.ports import (
    Accepted,
    Address,
    Cancelled,
    CancelRefused,
    CancelTerms,
    Caps,
    Failure,
    NotFound,
    Outcome,
    Pending,
    Rejected,
    Reserved,
    Retryable,
    SupplierAccess,
    SupplierGateway,
    SupplierLine,
    Undone,
    Unknown,
)
from coalition import ledger, members, partners, programs
from coalition.kernel import clock, laws, ports
from tests.builders import a_program
from tests.catalog.builders import a_category, a_supplier, offers_in_stock

HOME = Address("Anna Ozola", "anna@example.com", "+37120000000", "LV", "Riga", "LV-1010", "Brivibas iela 40")
_numbers = itertools.count(1)


@dataclass(slots=True)
class FakeSupplier:
    """A supplier's order desk with a book; `next` are the ways in which it fails before it works again.

    `told` is what it says with an acceptance besides its number (lines, artefacts, issued), `terms` what a
    cancellation gives back.
    """

    next: list[str] = field(default_factory=list)
    book: dict[str, str] = field(default_factory=dict)
    calls: list[tuple[str, str]] = field(default_factory=list)
    can: Caps = PLAIN
    told: dict[str, Any] = field(default_factory=dict)
    terms: CancelTerms | None = None
    holds_for_s: int = 1800

    def caps(self, ctx: SupplierAccess) -> Caps:
        return self.can

    def reserve(
        self, ctx: SupplierAccess, client_ref: str, lines: Sequence[SupplierLine], address: Address
    ) -> Reserved | Pending | Failure:
        self.calls.append(("reserve", client_ref))
        way = self._way("hold")
        if way in _FAILURES:
            return _FAILURES[way]
        self.book[client_ref] = "held"
        return Unknown() if way == "lost_after" else self._held(client_ref)

    def release(self, ctx: SupplierAccess, client_ref: str, external_id: str | None = None) -> Undone:
        self.calls.append(("release", client_ref))
        way = self._way("release")
        if way in ("lost_before", "unavailable"):
            return Unknown()
        if self.book.get(client_ref) == "accepted":
            return CancelRefused("confirmed")
        known = self.book.pop(client_ref, None)
        return Cancelled() if known else NotFound()

    def confirm(
        self,
        ctx: SupplierAccess,
        client_ref: str,
        lines: Sequence[SupplierLine],
        address: Address,
        external_id: str | None = None,
    ) -> Outcome:
        self.calls.append(("confirm", client_ref))
        way = self._way("accept")
        if way in _FAILURES:
            return _FAILURES[way]
        self.book[client_ref] = "pending" if way == "pending" else "accepted"
        if way == "pending":
            return Pending(30)
        return Unknown() if way == "lost_after" else self._accepted(client_ref)

    def status(self, ctx: SupplierAccess, client_ref: str, external_id: str | None = None) -> Outcome:
        self.calls.append(("status", client_ref))
        way = self._way("")
        if way == "silent":
            return Unknown()
        if way == "away":
            return Retryable(30)
        state = self.book.get(client_ref)
        if state is None:
            return NotFound()
        if state == "held":
            return self._held(client_ref)
        if state == "cancelled":
            return Cancelled()
        return Pending(30) if state == "pending" else self._accepted(client_ref)

    def cancel_quote(self, ctx: SupplierAccess, external_id: str) -> CancelTerms | CancelRefused | Retryable | Unknown:
        self.calls.append(("cancel_quote", external_id))
        return self.terms or CancelRefused("not_offered")

    def cancel(self, ctx: SupplierAccess, client_ref: str, external_id: str) -> Undone:
        self.calls.append(("cancel", client_ref))
        way = self._way("cancel")
        if way == "refuse":
            return CancelRefused("too_late")
        if way == "lost_before":
            return Unknown()
        self.book[client_ref] = "cancelled"
        return Unknown() if way == "lost_after" else Cancelled()

    def live(self) -> list[str]:
        """The references that it would deliver, or keeps something for."""
        return sorted(ref for ref, state in self.book.items() if state != "cancelled")

    def _way(self, usual: str) -> str:
        return self.next.pop(0) if self.next else usual

    def _accepted(self, client_ref: str) -> Accepted:
        return Accepted(f"X-{client_ref}", **self.told)

    def _held(self, client_ref: str) -> Reserved:
        return Reserved(f"H-{client_ref}", clock.now() + dt.timedelta(seconds=self.holds_for_s))


_FAILURES: dict[str, Failure] = {
    "reject": Rejected("out_of_stock"),
    "unavailable": Retryable(30),
    "lost_before": Unknown(),
}


@dataclass(frozen=True, slots=True)
class World:
    """A program whose operator sells the rewards of suppliers to one member."""

    program: programs.Program
    partner: partners.Partner
    supplier: suppliers.Supplier
    rewards: tuple[rewards.Reward, ...]
    member_id: int

    def quote(self, *lines: tuple[int, int], member_id: int | None = None) -> pricing.Quote:
        wanted = lines or ((self.rewards[0].id, 1),)
        return pricing.quote(
            self.program.id, member_id or self.member_id, wanted, "courier", HOME, partner_id=self.partner.id
        )

    def place(self, quoted: pricing.Quote | None = None, external_id: str = "", **how: Any) -> orders.Order:
        chosen = quoted or self.quote()
        order, _ = orders.place(
            self.program.id,
            chosen.member_id,
            self.partner.id,
            external_id=external_id or f"order-{next(_numbers)}",
            quote_id=chosen.id,
            request_hash=b"body",
            **how,
        )
        return order

    def find(self, order: orders.Order) -> orders.Order:
        return orders.find(self.program.id, order.id)

    def balance(self, member_id: int | None = None) -> ledger.Balance:
        return ledger.balances(self.program.id, member_id or self.member_id)[0]

    def reward(self, at: int = 0) -> rewards.Reward:
        return rewards.get(self.program.id, self.rewards[at].id)


def a_world(
    *, pieces: int = 5, points: int = 10_000, delivery_points: int = 390, program: programs.Program | None = None
) -> World:
    """A supplier with three rewards of 1,000 points and `pieces` pieces each, and a member with `points`."""
    program = program or a_program()
    a_category(program)
    supplier = a_supplier(program)
    offers_in_stock(supplier, A1=pieces, A2=pieces, A3=pieces)
    pricing.offer_delivery(
        supplier.id, "courier", kind="courier", points=delivery_points, cost_minor=350, days_min=2, days_max=3
    )
    found = rewards.search(program.id, rewards.RewardQuery(sort="new")).items
    operator = partners.operator(program.id)
    world = World(program, operator, supplier, tuple(found), a_member(program, operator))
    if points:
        give_points(program, world.member_id, points)
    return world


def a_member(program: programs.Program, partner: partners.Partner) -> int:
    """A member with a card whose number is the member's external id."""
    number = f"card-{next(_numbers)}"
    profile = members.Profile(first_name="Anna", last_name="Ozola", email="anna@example.com")
    asked = members.Enrolment(number, b"anna", profile, identifiers=(("card", number),))
    return members.enrol(program.id, partner.id, asked)[0].id


def give_points(program: programs.Program, member_id: int, points: int) -> None:
    """Points that the operator pays for, good for a year."""
    currency = programs.main_currency(program.id)
    entity = partners.operator_entity(program.id)
    now = dt.datetime.now(dt.UTC)
    (posted,) = ledger.post(
        [
            ledger.Credit(
                account_id=ledger.account(program.id, currency.id, ledger.AccountKind.WALLET, member_id),
                contra_id=ledger.account(program.id, currency.id, ledger.AccountKind.ISSUANCE, entity.id),
                amount=points,
                occurred_at=now,
                program_id=program.id,
                partner_id=partners.operator(program.id).id,
                currency_id=currency.id,
                operation=ledger.Operation.ADJUSTMENT,
                external_id=f"gift-{next(_numbers)}",
                request_hash=b"gift",
                funding_id=ledger.funding([(entity.id, 1)]),
                expires_at=now + dt.timedelta(days=365),
            )
        ]
    )
    posted.or_refuse()


def bind(supplier: FakeSupplier) -> FakeSupplier:
    """Let this supplier answer for all."""
    ports.bind(SupplierGateway, supplier)  # type: ignore[type-abstract]
    return supplier


def assert_laws_hold() -> None:
    """Every law of the whole product, over all that is in the database."""
    broken = {law.code: laws.offending(law) for law in laws.laws()}
    assert broken
    assert not any(broken.values()), broken
