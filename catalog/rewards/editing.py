"""What a program's staff do to product cards: their own words over the feeds', merging and splitting, hiding.

All of it is this program's alone: another program that shows the same product sees the feeds' words. Nothing that a
feed brings undoes it. What is decided here is on the shelf at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from catalog.rewards import shelving
from coalition.kernel import audit
from coalition.kernel.db import execute, fetch_all, fetch_one, load_sql
from coalition.kernel.errors import FieldError, Invalid, NotFound
from coalition.kernel.web.paging import Page, decode_cursor, encode_cursor

TEXTS = ("title_en", "title_ru", "description_en", "description_ru", "brand")


@dataclass(frozen=True, slots=True)
class Card:
    """A product card as a program shows it: `texts` are what it says, `own` the fields that its staff wrote.

    `own_category` is the shelf that staff chose, if they did. `offers` are the program's rewards under it, on sale or
    not; `points` the least price of those on sale.
    """

    product_id: int
    gtin: str | None
    mpn: str | None
    category_code: str | None
    own_category: str | None
    texts: Mapping[str, str | None]
    own: tuple[str, ...]
    hidden: bool
    offers: int
    on_sale: int
    points: int | None


def cards(program_id: int, q: str = "", *, cursor: str | None = None, limit: int = 50) -> Page[Card]:
    """The program's cards, the newest first; `q` is part of a title, a brand or an article, or a GTIN."""
    position = decode_cursor(cursor, int)
    rows = fetch_all(
        load_sql(__file__, "cards.sql"),
        {
            "program_id": program_id,
            "q": f"%{_literal(q.strip().lower())}%" if q.strip() else None,
            "gtin": q.strip().zfill(14) if q.strip().isdigit() else None,
            "before": position[0] if position else 2**62,
            "product_id": None,
            "limit": limit + 1,
        },
    )
    found = [_card(row) for row in rows[:limit]]
    return Page(found, encode_cursor(found[-1].product_id) if len(rows) > limit else None)


def card(program_id: int, product_id: int) -> Card:
    """One card of the program. Raises NotFound if the program has no reward under it."""
    rows = fetch_all(
        load_sql(__file__, "cards.sql"),
        {
            "program_id": program_id,
            "q": None,
            "gtin": None,
            "before": 2**62,
            "product_id": product_id,
            "limit": 1,
        },
    )
    if not rows:
        raise NotFound()
    return _card(rows[0])


def edit_card(
    program_id: int,
    product_id: int,
    texts: Mapping[str, str | None] | None = None,
    *,
    category_id: int | None = None,
    hidden: bool = False,
) -> None:
    """Replace the staff's words: what is not named, or empty, is again what the feeds say.

    Raises NotFound for a card or a category that the program does not have, Invalid for an unknown field.
    """
    card(program_id, product_id)
    if unknown := sorted(set(texts or ()) - set(TEXTS)):
        raise Invalid(
            "invalid", "A card has no such field.", [FieldError(f"/{unknown[0]}", "unknown_field", "Unknown.")]
        )
    if category_id is not None and not fetch_one(
        "SELECT id FROM category WHERE id = :id AND program_id = :program_id",
        {"id": category_id, "program_id": program_id},
    ):
        raise NotFound()
    written = {name: ((texts or {}).get(name) or "").strip() or None for name in TEXTS}
    execute(
        f"INSERT INTO product_edit AS e (program_id, product_id, {', '.join(TEXTS)}, category_id, hidden)"
        f" VALUES (:program_id, :product_id, {', '.join(f':{name}' for name in TEXTS)}, :category_id, :hidden)"
        f" ON CONFLICT (program_id, product_id) DO UPDATE SET {', '.join(f'{n} = excluded.{n}' for n in TEXTS)},"
        " category_id = excluded.category_id, hidden = excluded.hidden, updated_at = now()",
        {
            "program_id": program_id,
            "product_id": product_id,
            "category_id": category_id,
            "hidden": hidden,
            **written,
        },
    )
    fields = sorted(name for name, text in written.items() if text)
    shelving.republish_offers(program_id, _offers(program_id, product_id))
    audit.record("card.edit", f"product:{product_id}", program=program_id, fields=fields, hidden=hidden)


def merge_cards(program_id: int, product_id: int, into_id: int) -> None:
    """Put everything of one card under another, in this program. Raises NotFound, Invalid for a card into itself."""
    if product_id == into_id:
        raise Invalid("invalid", "A card cannot be merged into itself.", [FieldError("/into", "invalid", "The same.")])
    card(program_id, into_id)
    _pin(program_id, _offers(program_id, product_id), into_id)
    audit.record("card.merge", f"product:{product_id}", program=program_id, into=into_id)


def split_card(program_id: int, reward_id: int) -> int:
    """Give a reward a card of its own, in this program; the card's id. Raises NotFound."""
    row = fetch_one(
        "SELECT offer_id FROM reward WHERE id = :id AND program_id = :program_id",
        {"id": reward_id, "program_id": program_id},
    )
    if row is None:
        raise NotFound()
    execute(load_sql(__file__, "card_own.sql"), {"offer_id": row.offer_id})
    own = fetch_one(
        "SELECT id FROM product WHERE lead_offer_id = :offer_id AND gtin IS NULL", {"offer_id": row.offer_id}
    )
    assert own is not None
    _pin(program_id, [row.offer_id], own.id)
    audit.record("card.split", f"reward:{reward_id}", program=program_id, product=own.id)
    return int(own.id)


def unpin_card(program_id: int, product_id: int) -> None:
    """Take back what was merged into a card or split off to it: its offers lie where their numbers put them."""
    offers = _offers_under(program_id, product_id)
    execute(
        "DELETE FROM product_pin WHERE program_id = :program_id AND product_id = :product_id",
        {"program_id": program_id, "product_id": product_id},
    )
    audit.record("card.unpin", f"product:{product_id}", program=program_id)
    shelving.republish_offers(program_id, offers)


def _offers(program_id: int, product_id: int) -> Sequence[int]:
    """The offers under a card. Raises NotFound if there are none."""
    found = _offers_under(program_id, product_id)
    if not found:
        raise NotFound()
    return found


def _offers_under(program_id: int, product_id: int) -> Sequence[int]:
    rows = fetch_all(
        "SELECT offer_id FROM reward WHERE program_id = :program_id AND product_id = :product_id ORDER BY offer_id",
        {"program_id": program_id, "product_id": product_id},
    )
    return [row.offer_id for row in rows]


def _pin(program_id: int, offer_ids: Sequence[int], product_id: int) -> None:
    execute(
        "INSERT INTO product_pin (program_id, offer_id, product_id) SELECT :program_id, offer_id, :product_id"
        " FROM unnest(CAST(:offers AS bigint[])) AS o (offer_id)"
        " ON CONFLICT (program_id, offer_id) DO UPDATE SET product_id = excluded.product_id",
        {"program_id": program_id, "offers": list(offer_ids), "product_id": product_id},
    )
    shelving.republish_offers(program_id, [*offer_ids, *_offers_under(program_id, product_id)])


def _card(row: object) -> Card:
    facts = dict(row._mapping)  # type: ignore[attr-defined]
    own = tuple(name for name in TEXTS if facts.pop(f"own_{name}"))
    return Card(texts={name: facts.pop(name) for name in TEXTS}, own=own, **facts)


def _literal(text: str) -> str:
    """The text as LIKE finds it literally."""
    return "".join(f"\\{char}" if char in "\\%_" else char for char in text)
