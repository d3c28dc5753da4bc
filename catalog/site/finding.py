"""What flights and events have in common: asking every seller, and holding the price of what a member has chosen.

A seller is asked with no transaction open; one that does not answer makes the answer incomplete, not wrong.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import TypeVar

from flask import redirect, url_for
from werkzeug.wrappers import Response

from catalog import pricing, rewards, suppliers
from catalog.ports import BookingSearch, Failure, SupplierAccess
from catalog.pricing import Quote
from catalog.suppliers import BookableOffer, Supplier
from coalition import partners
from coalition.kernel import ports
from coalition.kernel.db import transact
from coalition.kernel.errors import NotFound
from coalition.site import viewer
from coalition.site.viewer import Viewer

T = TypeVar("T")
_MOST_SELLERS = 5


def ask(
    kind: str, question: Callable[[BookingSearch, SupplierAccess], tuple[T, ...] | Failure]
) -> tuple[list[tuple[Supplier, tuple[T, ...]]], bool]:
    """What each seller of the viewer's program has answered, and whether all of them have."""
    program_id = viewer.current_program().id
    sellers = transact(lambda: suppliers.searchable(program_id, kind))[:_MOST_SELLERS]
    answers = [(one, question(ports.get(BookingSearch), access(one))) for one in sellers]
    told = [(one, answer) for one, answer in answers if isinstance(answer, tuple)]
    return told, len(told) == len(answers)


def access(supplier: Supplier) -> SupplierAccess:
    """How to speak with a seller."""
    return transact(lambda: suppliers.access(supplier.id))


def seller(kind: str, code: str) -> Supplier:
    """A seller of the viewer's program. Raises NotFound."""
    program_id = viewer.current_program().id
    found = transact(lambda: suppliers.searchable(program_id, kind))
    one = next((one for one in found if one.code == code), None)
    if one is None:
        raise NotFound()
    return one


def hold(member: Viewer, found: BookableOffer) -> Quote:
    """Quote what the member has found, as long as its seller promises the price. Raises what the rooms raise."""
    operator = partners.operator(member.program_id)

    def work() -> Quote:
        reward = rewards.shelve(member.program_id, member.member_id, found.id)
        lines = [(reward.id, found.pieces)]
        return pricing.quote(member.program_id, member.member_id, lines, None, None, partner_id=operator.id)

    return transact(work)


def lapsed(endpoint: str) -> Response:
    """What was found is not promised any more: to the search again."""
    return redirect(url_for(endpoint, notice="find_lapsed"), code=303)


def day(typed: str) -> dt.date | None:
    """A day like 2026-12-31; None for anything else."""
    try:
        return dt.date.fromisoformat(typed)
    except ValueError:
        return None
