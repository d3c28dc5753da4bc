"""A member with points, a charity, and a foreign program in the process of the test. Call inside a transaction."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from coalition import ledger, members, partners, programs, wallets
from coalition.kernel import clock, laws, ports
from coalition.kernel.db import execute, transact
from coalition.ports import Agreed, Declined, ForeignAccess, ForeignOutcome, ForeignProgram, NotNow, Unsure
from tests.builders import a_partner, a_program
from tests.coalition.members.builders import a_member

_numbers = itertools.count(1)
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ACCOUNT = "NM1234567"


@dataclass(slots=True)
class FakeProgram:
    """A foreign program with a book; `next` are the ways in which it fails before it works again."""

    next: list[str] = field(default_factory=list)
    book: dict[str, tuple[str, int]] = field(default_factory=dict)
    calls: list[tuple[str, str]] = field(default_factory=list)

    def credit(self, access: ForeignAccess, ref: str, account: str, amount: int) -> ForeignOutcome:
        return self._act("credit", ref, (account, amount))

    def take_back(self, access: ForeignAccess, ref: str, credit_ref: str) -> ForeignOutcome:
        account, amount = self.book[credit_ref]
        return self._act("take_back", ref, (account, -amount))

    def status(self, access: ForeignAccess, ref: str) -> ForeignOutcome:
        self.calls.append(("status", ref))
        if self.next and self.next[0] in ("silent", "away"):
            return Unsure() if self.next.pop(0) == "silent" else NotNow(30)
        return Agreed(f"F-{ref[-4:]}") if ref in self.book else NotNow(0)

    def balance(self) -> int:
        """What the foreign program holds of ours, by its own book."""
        return sum(amount for _, amount in self.book.values())

    def _act(self, call: str, ref: str, line: tuple[str, int]) -> ForeignOutcome:
        self.calls.append((call, ref))
        way = self.next.pop(0) if self.next else "agree"
        if way == "reject":
            return Declined("unknown_account")
        if way == "unavailable":
            return NotNow(30)
        if way != "lost_before":
            self.book[ref] = line
        return Agreed(f"F-{ref[-4:]}") if way == "agree" else Unsure()


@dataclass(frozen=True, slots=True)
class World:
    """A program with one shop, a member with points, a charity and a foreign program."""

    program: programs.Program
    shop: partners.Partner
    currency: programs.Currency
    member_id: int
    charity: partners.Partner
    airline: partners.LegalEntity

    def spend(self, amount: int, key: str = "", **more: object) -> wallets.Spend:
        """A wish of the member to give points away, under a key of its own unless one is named."""
        named = {"member_id": self.member_id, "currency": self.currency, **more}
        return wallets.Spend(
            program_id=self.program.id,
            partner_id=self.shop.id,
            amount=amount,
            external_id=key or f"K-{next(_numbers)}",
            request_hash=str(amount).encode(),
            **named,  # type: ignore[arg-type]
        )

    def exchange(self, amount: int, key: str = "") -> wallets.Exchange:
        return wallets.exchange(self.spend(amount, key), "northmiles", ACCOUNT)[0]

    def find(self, exchange: wallets.Exchange) -> wallets.Exchange:
        return wallets.find_exchange(self.program.id, exchange.id)

    def wallet(self, member_id: int | None = None, currency: programs.Currency | None = None) -> int:
        owner, chosen = member_id or self.member_id, currency or self.currency
        return ledger.account(self.program.id, chosen.id, ledger.AccountKind.WALLET, owner)

    def balance(self, member_id: int | None = None, currency: programs.Currency | None = None) -> ledger.Balance:
        account = self.wallet(member_id, currency)
        nothing = ledger.Balance(account, (currency or self.currency).id, 0, 0, 0, 0, ())
        return ledger.balances_of([account]).get(account, nothing)

    def give(
        self,
        amount: int,
        *,
        days: int = 365,
        member_id: int | None = None,
        legs: Sequence[int] = (),
        restriction_id: int | None = None,
    ) -> int:
        """Points that expire after some days, paid by these legal entities (default: the shop's); the entry's id."""
        entities = list(legs) or [partners.entities_of(self.shop.id)[0].id]
        (posted,) = ledger.post(
            [
                ledger.Credit(
                    account_id=self.wallet(member_id),
                    contra_id=ledger.account(
                        self.program.id, self.currency.id, ledger.AccountKind.ISSUANCE, entities[0]
                    ),
                    amount=amount,
                    occurred_at=clock.now(),
                    program_id=self.program.id,
                    partner_id=self.shop.id,
                    currency_id=self.currency.id,
                    operation=ledger.Operation.ADJUSTMENT,
                    external_id=f"gift-{next(_numbers)}",
                    request_hash=b"gift",
                    funding_id=ledger.funding([(entity, 1) for entity in entities]),
                    expires_at=clock.now() + dt.timedelta(days=days),
                    restriction_id=restriction_id,
                )
            ]
        )
        entry_id = posted.or_refuse().entry_id
        assert entry_id is not None
        return entry_id


def a_world(points: int = 1000) -> World:
    """A member with `points` at a shop; 2 BON are 1 mile of NorthMiles."""
    program = a_program()
    shop = a_partner(program)
    charity = a_partner(program, "greenfund", kind="charity")
    airline = partners.entities_of(a_partner(program, "northmiles", kind="airline").id)[0]
    currency = programs.main_currency(program.id)
    wallets.partner_with(
        program.id,
        "northmiles",
        "NorthMiles",
        legal_entity_id=airline.id,
        currency_id=currency.id,
        rate=Decimal("0.5"),
        base_url="http://northmiles.example",
        secret=SECRET,
    )
    world = World(program, shop, currency, another_member(program, shop), charity, airline)
    if points:
        world.give(points)
    return world


def another_member(program: programs.Program, shop: partners.Partner) -> int:
    """One more member of the program."""
    member: members.Member = a_member(program, shop, card=f"99{next(_numbers):08}")
    return member.id


def become_family(program: programs.Program, head_id: int, other_id: int) -> None:
    """Let one member invite the other, who accepts."""
    phone = f"+3712{other_id:07}"
    members.add(program.id, members.get(program.id, other_id).enrolled_by, other_id, "phone", phone)
    members.invite(program.id, head_id, ("phone", phone))
    members.accept(program.id, other_id, members.invitations(other_id)[0].family_id)


def miles(world: World, rate: Decimal, **policies: object) -> programs.Currency:
    """One more currency of the program, into which bonuses are converted at this rate from today on."""
    names = {"name_en": "miles", "name_ru": "мили", "face_minor": Decimal(1)}
    made = programs.add_currency(world.program.id, "MIL", **names, **policies)  # type: ignore[arg-type]
    today = clock.local_date(clock.now(), world.program.zone)
    programs.set_rate(world.currency.id, made.id, rate, since=today)
    return made


def bind(program: FakeProgram) -> FakeProgram:
    """Let this foreign program answer for all."""
    ports.bind(ForeignProgram, program)
    return program


def hurry() -> None:
    """Let every job that waits be due."""
    transact(lambda: execute("UPDATE job SET due_at = now() WHERE state IN ('due', 'running')"))


def assert_laws_hold() -> None:
    """Every law of the whole product, over all that is in the database."""
    broken = {law.code: laws.offending(law) for law in laws.laws()}
    assert not any(broken.values()), broken
