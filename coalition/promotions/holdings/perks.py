"""Personal prices and free deliveries that promotions give: told upwards, to the catalog, which knows what it sells.

Told by the outbox in the transaction of what they were given for; told again when a whole return takes them back.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from coalition.kernel import outbox
from coalition.kernel.db import fetch_one
from coalition.promotions.engine.facts import instant
from coalition.promotions.granting import Given

KINDS = frozenset({"price.override", "delivery.free"})
GIVEN, ENDED = "promotions.perk", "promotions.perk_ended"
_DOCUMENT = """
    SELECT CAST(v.document AS jsonb) AS document FROM promotion p JOIN promotion_version v ON v.promotion_id = p.id
     WHERE p.program_id = :program AND p.code = :code AND v.version = :version"""


def announce(given: Iterable[Given]) -> None:
    """Tell of every perk among these effects: for whom, what, until when, and what its promotion is called.

    Without `days` it lasts as long as its promotion does.
    """
    for one in given:
        if one.kind in KINDS:
            document = _document(one)
            name = document.get("name") or {}
            until = _until(one, document)
            payload = {
                "program_id": one.program_id,
                "member_id": one.member_id,
                "cause": cause(one.source, one.source_id, one.promotion, one.place),
                "kind": one.kind,
                "promotion": one.promotion,
                "name_en": name.get("en") or one.promotion,
                "name_ru": name.get("ru") or one.promotion,
                "until": until.isoformat() if until else None,
                "uses": one.what.get("qty"),
                "sku": one.what.get("sku"),
                "price": one.what.get("price"),
            }
            outbox.publish(GIVEN, payload, key=f"member:{one.member_id}")


def take_back(undone: Iterable[Any]) -> None:
    """Tell of every perk among these rows of given effects that it is taken back."""
    for row in undone:
        if row.kind in KINDS:
            payload = {"cause": cause(row.source, row.source_id, row.promotion, row.place)}
            outbox.publish(ENDED, payload, key=f"member:{row.member_id}")


def cause(source: str, source_id: int, promotion: str, place: int) -> str:
    """The effect by which a perk was given."""
    return f"{source}:{source_id}:{promotion}:{place}"


def _document(one: Given) -> Mapping[str, Any]:
    params = {"program": one.program_id, "code": one.promotion, "version": one.version}
    row = fetch_one(_DOCUMENT, params)
    return row.document if row is not None else {}


def _until(one: Given, document: Mapping[str, Any]) -> dt.datetime | None:
    days, to = one.what.get("days"), document.get("to")
    if type(days) is int and days > 0:
        return one.occurred_at + dt.timedelta(days=days)
    return instant(to) if to else None
