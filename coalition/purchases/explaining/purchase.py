"""A purchase explained: what it earned, under which rule and on what base, who pays; what paid, from which lots; and
all that returns took back and gave back. In words, too, in English or Russian.
"""

from __future__ import annotations

from collections import Counter as Sums
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from coalition import ledger, partners
from coalition.kernel.db import raw
from coalition.kernel.errors import NotFound
from coalition.ledger import Draw, Shares
from coalition.promotions import called, number
from coalition.purchases.counter import Counter, counter
from coalition.purchases.explaining.promoting import ExplainedPromotion, explained_promotions, slip
from coalition.purchases.explaining.wording import say, say_return
from coalition.purchases.finding import Told, name, tell
from coalition.purchases.returning.bought import Bought, Granted, Paid, bought
from coalition.purchases.returning.keeping import returns_of
from coalition.purchases.returns import Clawed, Restored, Returned


@dataclass(frozen=True, slots=True)
class Funder:
    """A legal entity and the points that it pays for."""

    name: str
    units: int


@dataclass(frozen=True, slots=True)
class ExplainedAward:
    """An award with its rule's version, the money it was earned on and what is left of it after returns."""

    no: int
    told: Told
    version: int
    base_minor: int | None
    funding: tuple[Funder, ...]
    clawed_back: int
    left: int


@dataclass(frozen=True, slots=True)
class ExplainedDraw:
    """Points of one lot that paid: when they had been earned, until when they were good, and who pays for them."""

    draw: Draw
    partner: str
    funding: tuple[Funder, ...]


@dataclass(frozen=True, slots=True)
class ExplainedTender:
    """Points that paid for `amount` minor units of money, from these lots; `given_back` came back in returns."""

    kind: str
    amount: int
    units: int
    currency: str
    given_back: int
    draws: tuple[ExplainedDraw, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class ExplainedReturn:
    """A return with the sentences of all that it did."""

    returned: Returned
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Explained:
    """A purchase with everything that its points did."""

    purchase: Bought
    awards: tuple[ExplainedAward, ...]
    tender: tuple[ExplainedTender, ...]
    returns: tuple[ExplainedReturn, ...]
    promotions: tuple[ExplainedPromotion, ...] = ()

    @property
    def slip(self) -> list[str]:
        """What the slip says of it: why base rules gave points, then promotions."""
        by_promotions = {one.promotion for one in self.promotions}
        told = [one.told.reason for one in self.awards if one.told.promotion not in by_promotions]
        return told + slip(self.promotions)


def explain(partner_id: int, purchase_id: int, language: str = "en") -> Explained:
    """A partner's purchase, explained; `language` is en or ru. NotFound, also for another partner's."""
    row = raw().execute("SELECT FROM purchase WHERE id = %s AND partner_id = %s", (purchase_id, partner_id)).fetchone()
    if row is None:
        raise NotFound()
    at, of = counter(partner_id), bought([purchase_id])[purchase_id]
    returns = returns_of(purchase_id)
    return Explained(
        of,
        _awards(at, of, returns, language),
        _tender(at, of, returns, language),
        tuple(ExplainedReturn(one, reasons_of(at, one, language)) for one in returns),
        explained_promotions(at, of, language),
    )


def reasons_of(at: Counter, returned: Returned, language: str) -> tuple[str, ...]:
    """The sentences of a return: what it took back, then what it gave back."""
    clawed = [say_clawed(at, returned, one, language) for one in returned.clawed_back]
    return tuple(clawed + [say_restored(at, returned, one, language) for one in returned.restored])


def say_clawed(at: Counter, returned: Returned, one: Clawed, language: str = "en") -> str:
    """Why points were taken back, and what of them is owed or was let go."""
    currency = at.currencies[one.award.currency_id]
    known = (name(currency, language), currency.decimals, language)
    return say_return("clawed", returned, one.units, *known, owed=one.owed, waived=one.waived)


def say_restored(at: Counter, returned: Returned, one: Restored, language: str = "en") -> str:
    """Why points came back."""
    currency = at.currencies[one.currency_id]
    return say_return("restored", returned, one.units, name(currency, language), currency.decimals, language)


def say_paid(at: Counter, purchase: str, amount: int, units: int, currency_id: int, language: str = "en") -> str:
    """What points paid for: `amount` minor units of money of the purchase that its partner calls `purchase`."""
    currency = at.currencies[currency_id]
    money = f"{number(amount, at.program.currency_decimals, language)} {at.program.currency}"
    numbers = {
        "units": number(units, currency.decimals, language),
        "name": called(name(currency, language), language),
    }
    return say("paid", language, **numbers, money=money, purchase=purchase)


def _awards(at: Counter, of: Bought, returns: Sequence[Returned], language: str) -> tuple[ExplainedAward, ...]:
    clawed: Sums[int] = Sums()
    for one in returns:
        clawed.update({effect.award.no: effect.units for effect in one.clawed_back})
    funding = ledger.funded((one.account_id, one.entry_id) for one in of.awards)
    return tuple(_award(at, one, clawed[one.award.no], funding[one.entry_id], language) for one in of.awards)


def _award(at: Counter, one: Granted, clawed: int, shares: Shares, language: str) -> ExplainedAward:
    award = one.award
    told = tell(at.partner.id, award, language)
    base = award.reason_params.get("base_minor")
    return ExplainedAward(award.no, told, award.version, base, _funders(shares), clawed, award.units - clawed)


def _tender(at: Counter, of: Bought, returns: Sequence[Returned], language: str) -> tuple[ExplainedTender, ...]:
    back: Sums[int] = Sums()
    for one in returns:
        back.update({effect.tender_no: effect.units for effect in one.restored})
    drawn = ledger.draws((one.account_id, one.entry_id) for one in of.tenders)
    names = {partner.id: partner.name for partner in partners.list_partners(at.program.id)}
    return tuple(_paid(at, of, one, back[one.no], drawn[one.entry_id], names, language) for one in of.tenders)


def _paid(
    at: Counter, of: Bought, one: Paid, back: int, drawn: Sequence[Draw], names: Mapping[int, str], language: str
) -> ExplainedTender:
    reason = say_paid(at, of.external_id, one.amount, one.units, one.currency_id, language)
    draws = tuple(ExplainedDraw(draw, names.get(draw.partner_id, ""), _funders(draw.shares)) for draw in drawn)
    code = at.currencies[one.currency_id].code
    return ExplainedTender("redeem" if one.no else "hold", one.amount, one.units, code, back, draws, reason)


def _funders(shares: Shares) -> tuple[Funder, ...]:
    return tuple(Funder(partners.entity(party).name, units) for party, units in shares)
