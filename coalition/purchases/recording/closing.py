"""Closing a quote: its purchase gets the discounts that were promised, under the ruleset that promised them.

The promotions are evaluated once more; where a limit has meanwhile left less than was promised, the purchase is refused
(`quote_changed`) and nothing of it remains, so that no cap is exceeded and the till asks anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from coalition import promotions
from coalition.kernel import ids
from coalition.kernel.errors import Conflict, FieldError, Invalid, NotFound
from coalition.promotions import granting
from coalition.promotions.granting import Seller
from coalition.purchases.counter import Counter
from coalition.purchases.receipts import Discount
from coalition.purchases.recording import promising
from coalition.purchases.recording.storing import Draft

DISCOUNT = "discount"


def quoted(at: Counter, draft: Draft) -> Draft:
    """The draft with what its quote promises.

    Invalid `unknown_quote`; Conflict `quote_expired`, `quote_used`, or `quote_differs` for other goods or members.
    """
    receipt = draft.receipt
    try:
        quote = promising.find(at.partner.id, ids.parse(promising.PREFIX, receipt.quote or ""))
    except NotFound:
        quote = None
    if quote is None:
        detail = "There is no such quote."
        raise Invalid("unknown_quote", detail, [FieldError("/quote_id", "unknown_quote", detail)])
    if quote.used:
        raise Conflict("quote_used", "Another purchase has closed this quote.")
    if receipt.occurred_at > quote.expires_at:
        raise Conflict("quote_expired", "The quote is over; ask for a new one.")
    if (quote.content, quote.member_id) != (promising.content(receipt), draft.member_id):
        raise Conflict("quote_differs", "The quote was for other goods, another outlet, member or other coupons.")
    return replace(draft, discounts=quote.discounts, quote=(quote.id, quote.ruleset_id))


def discounts_of(ruleset: promotions.Ruleset, effects: Sequence[Mapping[str, Any]]) -> tuple[Discount, ...]:
    """The discounts among an event's effects."""
    versions = ruleset.versions
    return tuple(
        Discount(one["promotion"], versions[one["promotion"]], one["effect"], one["minor"], one["lines"])
        for one in effects
        if one["kind"] == DISCOUNT
    )


def close(at: Counter, purchase_id: int, draft: Draft) -> None:
    """Close the quote of a recorded purchase, and write the discounts that it was given."""
    if draft.quote is None:
        return
    quote_id, ruleset_id = draft.quote
    documents = promotions.kept_ruleset(ruleset_id).documents if ruleset_id is not None else {}
    seller = Seller(at.program.id, at.partner.id, draft.outlet.legal_entity_id)
    paying = [(one, granting.legs(documents[one.promotion].get("sponsor"), seller)) for one in draft.discounts]
    promising.use(purchase_id, quote_id, paying)


def check_kept(promised: Sequence[Discount], given: Sequence[Discount]) -> None:
    """Conflict `quote_changed` unless what is given is what was promised."""
    if tuple(promised) != tuple(given):
        raise Conflict("quote_changed", "A limit has left less than the quote promised; ask for a new one.")
