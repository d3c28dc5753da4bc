"""Putting offers to product cards: what two suppliers sell under the same GTIN is one card, and nothing else is.

A title is never evidence. A number that a shop may give to anything itself (restricted circulation) is no evidence
either. A card's texts are those of one of its offers, its lead; what a program's staff write stands over them
(`editing`). Everything is set by set, inside the door's transaction.
"""

from __future__ import annotations

from coalition.kernel.db import execute, load_sql

_STEPS = (
    "card_numbers.sql",
    "card_offers.sql",
    "card_links.sql",
    "card_leads.sql",
    "card_texts.sql",
    "card_pictures.sql",
    "card_galleries.sql",
)


def match(supplier_id: int) -> None:
    """Put every new or renumbered offer of the supplier to its card, and let the cards say what their leads say.

    Locks the cards that get or lose an offer, in their order: a supplier that brings the same number at the same time
    waits, and counts on what the first has done. Repeating it changes nothing.
    """
    for step in _STEPS:
        execute(load_sql(__file__, step), {"supplier_id": supplier_id})
