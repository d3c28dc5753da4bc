"""Quotes as rows: what was asked, which ruleset answered, and which discounts it has promised until when."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psycopg

from coalition.kernel import ids
from coalition.kernel.db import RacingKey, raw
from coalition.promotions.granting import Legs
from coalition.purchases.fields import request_hash
from coalition.purchases.lines import written
from coalition.purchases.receipts import Discount, Receipt

PREFIX = "pqt"
_NEXT = "SELECT nextval('purchase_quote_id')"
_INSERT = """
    INSERT INTO purchase_quote (id, expires_at, program_id, partner_id, member_id, ruleset_id, content, discounts)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s)"""
_READ = """
    SELECT id, expires_at, partner_id, member_id, ruleset_id, content, discounts,
           EXISTS (SELECT FROM purchase_quote_use u WHERE u.quote_id = q.id)
      FROM purchase_quote q WHERE id = %s AND partner_id = %s"""
_USE = "INSERT INTO purchase_quote_use (quote_id, purchase_id) VALUES (%s, %s)"
_DISCOUNT = """
    INSERT INTO purchase_discount (purchase_id, no, quote_id, promotion, promotion_version, effect, amount_minor, lines,
                                   funding) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)"""


@dataclass(frozen=True, slots=True)
class KeptQuote:
    """A quote of a partner; `content` is the digest of what it was asked about, `used` whether a purchase
    has closed it.
    """

    id: int
    expires_at: dt.datetime
    partner_id: int
    member_id: int | None
    ruleset_id: int | None
    content: bytes
    discounts: tuple[Discount, ...]
    used: bool = False


def next_id() -> int:
    """The number of the next quote."""
    row = raw().execute(_NEXT).fetchone()
    assert row is not None
    return int(row[0])


def public(quote_id: int) -> str:
    """The quote's id as partners know it."""
    return ids.public(PREFIX, quote_id)


def content(receipt: Receipt) -> bytes:
    """The digest of what is quoted: the same for a purchase of the same goods at the same outlet with these codes."""
    return request_hash((receipt.outlet, receipt.currency, receipt.member, receipt.coupons), written(receipt.lines))


def insert(program_id: int, quote: KeptQuote) -> None:
    """Write a quote."""
    head = (quote.id, quote.expires_at, program_id, quote.partner_id, quote.member_id, quote.ruleset_id, quote.content)
    raw().execute(_INSERT.encode(), (*head, json.dumps([_written(one) for one in quote.discounts])))


def find(partner_id: int, quote_id: int) -> KeptQuote | None:
    """A partner's quote; None for no such one."""
    row = raw().execute(_READ.encode(), (quote_id, partner_id)).fetchone()
    if row is None:
        return None
    number, expires_at, of, member_id, ruleset_id, digest, discounts, used = row
    promised = tuple(Discount(**one) for one in discounts)
    return KeptQuote(number, expires_at, of, member_id, ruleset_id, bytes(digest), promised, used)


def use(purchase_id: int, quote_id: int, discounts: Sequence[tuple[Discount, Legs]]) -> None:
    """Close a quote by a purchase, and write the discounts that it was given, with who pays for each.

    RacingKey if the quote is used by now.
    """
    try:
        raw().execute(_USE, (quote_id, purchase_id))
        for no, (one, legs) in enumerate(discounts, start=1):
            what = (one.promotion, one.version, one.effect, one.minor)
            how = (json.dumps(dict(one.lines)), json.dumps([list(leg) for leg in legs]))
            raw().execute(_DISCOUNT.encode(), (purchase_id, no, quote_id, *what, *how))
    except psycopg.errors.UniqueViolation as error:
        raise RacingKey from error


def _written(one: Discount) -> dict[str, Any]:
    head = {"promotion": one.promotion, "version": one.version, "effect": one.effect}
    return {**head, "minor": one.minor, "lines": dict(one.lines)}
