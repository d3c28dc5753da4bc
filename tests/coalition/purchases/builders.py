"""Builders of receipts and of a coalition in which they earn. Call them inside a transaction."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from coalition import ledger, members, partners, programs, promotions, purchases
from coalition.kernel import clock, ids
from tests.builders import a_partner, a_program
from tests.coalition.members.builders import a_member

_numbers = itertools.count(1)
CARD = "4276000012345678"
# The day of purchases that name none: so lately that nothing of theirs has ended; one day for a run across midnight.
LATELY = clock.now().date() - dt.timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Shop:
    """A partner whose members earn 1 BON for every full 2.00 EUR, and one member with the card `CARD`."""

    program: programs.Program
    partner: partners.Partner
    member: members.Member
    currency: programs.Currency

    @property
    def entity(self) -> partners.LegalEntity:
        """The legal entity of the shop's outlet."""
        return partners.entities_of(self.partner.id)[0]

    def record(self, *receipts: purchases.Receipt) -> list[purchases.Recorded | purchases.Refused]:
        """Record receipts as this partner."""
        return purchases.record(self.partner.id, receipts)

    def available(self) -> int:
        """The member's usable points."""
        found = ledger.balances(self.program.id, self.member.id)
        return found[0].available if found else 0


def a_shop(program: programs.Program | None = None, code: str = "", card: str = CARD) -> Shop:
    """A partner with a base rule and a member."""
    program = program or a_program()
    partner = a_partner(program, code)
    currency = programs.main_currency(program.id)
    promotions.create_base_rule(
        program.id, partner.id, currency.id, points=1, each_minor=200, name_en="Base points", name_ru="Базовые баллы"
    )
    return Shop(program, partner, a_member(program, partner, card=card), currency)


def a_line(no: int, amount: int, **more: Any) -> dict[str, Any]:
    """A line of a receipt as JSON."""
    return {"no": no, "sku": f"S{no}", "name": "Milk", "qty_m": 1000, "price": amount, "amount": amount, **more}


def a_body(*amounts: int, **more: Any) -> dict[str, Any]:
    """A purchase of last week as JSON, of one line an amount (default: one line of 8.99), with the member's card."""
    lines = [a_line(no, amount) for no, amount in enumerate(amounts or (899,), start=1)]
    return {
        "external_id": f"R-{next(_numbers):06}",
        "occurred_at": f"{LATELY}T09:30:00Z",
        "outlet": "S1",
        "member": {"kind": "card", "value": CARD},
        "currency": "EUR",
        "channel": "pos",
        "lines": lines,
        **more,
    }


def a_card(number: int, **more: Any) -> dict[str, Any]:
    """A line of a file of cards that are taken over."""
    balance = {"amount": 100 + number, "currency": "BON"}
    head = {"external_id": f"C-{number}", "kind": "bank_card_token", "value": f"tok-{number:08}"}
    return {**head, "balance": balance, **more}


def a_receipt(*amounts: int, **more: Any) -> purchases.Receipt:
    """A purchase as the room takes it."""
    return purchases.read(a_body(*amounts, **more))


def a_hold(
    shop: Shop,
    amount: int,
    *,
    ttl_s: int = 600,
    operation: int = ledger.Operation.HOLD,
    eligible: Sequence[tuple[int, int]] = (),
) -> ledger.Hold:
    """Points of the shop's member set aside for the shop; `eligible`: which restricted ones may be, and how many."""
    wallet = ledger.account(shop.program.id, shop.currency.id, ledger.AccountKind.WALLET, shop.member.id)
    return ledger.hold(
        wallet,
        amount,
        ttl_s,
        program_id=shop.program.id,
        partner_id=shop.partner.id,
        currency_id=shop.currency.id,
        external_id=f"H-{next(_numbers)}",
        request_hash=b"hold",
        purpose=f"test of {clock.now():%Y}",
        operation=operation,
        eligible=eligible,
    )


def public_hold(hold: ledger.Hold) -> str:
    """The hold's id as partners know it."""
    return ids.public("hld", hold.account_id, hold.id)


def earn_for_wine(shop: Shop) -> None:
    """Let the shop's member have 10 ordinary points and 20 that pay for wine alone."""
    names = {"name_en": "wine points", "name_ru": "винные баллы"}
    partners.add_group(shop.program.id, "wine", name_en="wine", name_ru="вино")
    account = programs.open_promo_account(shop.currency.id, "wine", product_groups=["wine"], **names)
    where = (shop.program.id, shop.partner.id, shop.currency.id)
    promotions.create_base_rule(*where, code="wine", points=1, each_minor=100, promo_account_id=account.id, **names)
    shop.record(a_receipt(2000))


def bought(shop: Shop, body: dict[str, Any]) -> int:
    """Record a purchase; its number."""
    (recorded,) = shop.record(purchases.read(body))
    assert isinstance(recorded, purchases.Recorded), recorded
    return recorded.id


def a_return(purchase_id: int, lines: Mapping[int, int | None], **more: Any) -> purchases.Return:
    """A return of lines (number to thousandths, None for all that is left), the day after `a_body`."""
    wanted = [{"no": no, "qty_m": qty_m} for no, qty_m in lines.items()]
    at = f"{LATELY + dt.timedelta(days=1)}T09:30:00Z"
    body = {"external_id": f"T-{next(_numbers):06}", "occurred_at": at, "lines": wanted, **more}
    return replace(purchases.read_return(body, purchases.RETURN), purchase_id=purchase_id)


def a_void(purchase_id: int, **more: Any) -> purchases.Return:
    """A void of a whole purchase."""
    body = {"external_id": f"V-{next(_numbers):06}", **more}
    return replace(purchases.read_return(body, purchases.VOID), purchase_id=purchase_id)


def give_back(shop: Shop, request: purchases.Return) -> purchases.Returned:
    """Record a return that cannot be refused."""
    (returned,) = purchases.record_returns(shop.partner.id, [request])
    assert isinstance(returned, purchases.Returned), returned
    return returned
