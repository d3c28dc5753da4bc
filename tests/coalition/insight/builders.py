"""A shop whose receipts are stored, with products that its assortment knows, for back-tests."""

from __future__ import annotations

import datetime as dt
from typing import Any

from coalition import insight, partners, promotions, purchases
from tests.builders import a_partner, a_program
from tests.coalition.members.builders import a_member
from tests.coalition.promotions.publishing.builders import ACTOR, a_credit, a_document
from tests.coalition.purchases.builders import Shop, a_body, a_line, a_shop

FIRST, LAST = dt.date(2026, 11, 1), dt.date(2026, 11, 30)
CARDS = ("4276000012345678", "4276000012345679")
DAIRY = {"f": "category", "op": "eq", "v": "dairy"}
HALF_A_PERCENT = a_document("half", a_credit(bp=50))


def on_dairy(code: str = "dairy", bp: int = 500, **facts: Any) -> dict[str, Any]:
    """A promotion of dairy products."""
    return a_document(code, a_credit(bp=bp, where=DAIRY), **facts)


def a_stocked_shop(*documents: dict[str, Any]) -> Shop:
    """A shop with a second member, milk (the sku S1) among what it sells, and these promotions in force."""
    shop = a_shop(a_program())
    a_member(shop.program, shop.partner, card=CARDS[1])
    partners.classify(shop.partner.id, [partners.Item("S1", "food/dairy", "Cow"), partners.Item("S2", "food/bread")])
    a_partner(shop.program, "sponsor")
    if documents:
        promotions.publish(shop.program.id, documents, actor=ACTOR)
    return shop


def bought(shop: Shop, *amounts: int, day: int = 20, card: int = 0, **more: Any) -> int:
    """A purchase of milk and bread and so on, on a day of November; its number."""
    body = a_body(*amounts, member={"kind": "card", "value": CARDS[card]}, **more)
    body["occurred_at"] = f"2026-11-{day:02}T09:30:00Z"
    body["lines"] = [a_line(no, amount) for no, amount in enumerate(amounts, start=1)]
    (recorded,) = shop.record(purchases.read(body))
    assert isinstance(recorded, purchases.Recorded), recorded
    return recorded.id


def played(trial: insight.Trial, size: int = 2) -> insight.Figures:
    """A back-test made at once, in small blocks."""
    at: insight.Cursor | None = insight.Cursor()
    while at is not None:
        block = trial.read(at, size)
        trial.play(block)
        at = block.then
    return insight.taken(trial.tally)


def tried(shop: Shop, *documents: dict[str, Any], size: int = 2, part: int = 100, **facts: Any) -> insight.Figures:
    """What drafts come to on the receipts of November."""
    draft = promotions.rehearse(shop.program.id, documents, always=True)
    active = promotions.ruleset_by_id(shop.program.id, draft.ruleset_id)
    return played(insight.Trial(active, draft, FIRST, LAST, part=part, **facts), size)
