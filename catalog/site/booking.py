"""What flights and events have in common: who sells them, what a found offer costs, and choosing one.

What was found is not stored: it travels through the page under our signature, and its price is asked again of its
seller before it is held. A seller is asked with no transaction open.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer

from catalog import pricing, rewards, suppliers
from catalog.ports import (
    Address,
    BookingSearch,
    Failure,
    Rejected,
    SupplierAccess,
    SupplierGateway,
    SupplierLine,
    SupplierQuote,
)
from catalog.pricing import Found, Quote
from catalog.rewards import Reward, RewardQuery
from coalition import partners
from coalition.kernel import clock, ports
from coalition.kernel.db import transact
from coalition.kernel.errors import Conflict, NotFound, Unavailable
from coalition.site import viewer
from coalition.site.viewer import Viewer

T = TypeVar("T")
_SELLERS = 5
_NOWHERE = Address("", "")


def sellers(kind: str) -> list[Reward]:
    """The rewards of the viewer's program behind which such things are found (`flight` or `event`)."""
    program_id = viewer.current_program().id
    query = RewardQuery(kind=kind)
    return list(transact(lambda: rewards.search(program_id, query, limit=_SELLERS)).items)


def seller(kind: str, reward_id: int) -> Reward:
    """One of them. Raises NotFound."""
    program_id = viewer.current_program().id
    found = transact(lambda: rewards.get(program_id, reward_id))
    if found.kind != kind or found.state != "on_sale":
        raise NotFound()
    return found


def search(
    among: Sequence[Reward],
    ask: Callable[[BookingSearch, SupplierAccess], tuple[T, ...] | Failure],
) -> tuple[list[tuple[Reward, T]], bool]:
    """What each seller has found, and whether all of them have answered."""
    found: list[tuple[Reward, T]] = []
    complete = True
    for reward in among:
        answer = ask(ports.get(BookingSearch), _access(reward))
        if isinstance(answer, tuple):
            found += [(reward, one) for one in answer]
        else:
            complete = False
    return found, complete


def live_price(reward: Reward, line: SupplierLine) -> SupplierQuote:
    """What the seller asks for it now. Raises Conflict `sold_out`, Unavailable `unavailable`."""
    answer = ports.get(SupplierGateway).quote(_access(reward), [line], _NOWHERE)
    if isinstance(answer, SupplierQuote):
        return answer
    if isinstance(answer, Rejected):
        raise Conflict("sold_out", "This is not to be had any more.", reason=answer.code)
    raise Unavailable("unavailable", "The seller does not answer now; try again.")


def hold(member: Viewer, reward: Reward, found: Found) -> Quote:
    """Hold the price of what was found, as long as its seller guarantees it."""
    operator = partners.operator(member.program_id)
    return transact(
        lambda: pricing.quote_found(member.program_id, member.member_id, reward.id, found, partner_id=operator.id)
    )


def points(reward: Reward, cost_minor: int, currency: str) -> int | None:
    """What it costs in points; None in a currency that the program does not reckon in."""
    return pricing.found_points(reward, cost_minor, currency)


def signed(facts: dict[str, Any]) -> str:
    """What was found, as a page may carry it."""
    return str(_serializer().dumps(facts))


def opened(token: str) -> dict[str, Any]:
    """What a page brings back. Raises NotFound for what we did not sign."""
    try:
        facts = _serializer().loads(token)
    except BadSignature:
        raise NotFound() from None
    assert isinstance(facts, dict)
    return facts


def still_good(facts: dict[str, Any]) -> bool:
    """Whether the offer may still be held."""
    return dt.datetime.fromisoformat(facts["expires_at"]) > clock.now()


def _access(reward: Reward) -> SupplierAccess:
    return transact(lambda: suppliers.access(reward.supplier_id))


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.secret_key or "", salt="booking")
