"""Evaluations as rows: what they went by and what they came to, so that they can be run again and explained.

Of a purchase's lines only what the platform knew of their products is kept; the rest stands in the purchase itself.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from coalition import partners
from coalition.kernel.copying import copy_csv, quoted
from coalition.kernel.db import raw
from coalition.promotions.granting.happening import Event, Line, described

PURCHASE, EVENT = "purchase", "event"
_FEW = 24  # from more on, COPY is quicker
_COLUMNS = "kind, of_id, program_id, ruleset_id, member_id, facts, before, used, effects"
_INSERT = f"""
    INSERT INTO evaluation ({_COLUMNS})
    SELECT %s, x.of_id, %s, x.ruleset_id, x.member_id, x.facts, x.before, x.used, x.effects
      FROM unnest(%s::bigint[], %s::int[], %s::bigint[], %s::jsonb[], %s::jsonb[], %s::jsonb[], %s::jsonb[])
           x(of_id, ruleset_id, member_id, facts, before, used, effects)"""
_READ = """
    SELECT of_id, program_id, ruleset_id, member_id, facts, before, used, effects FROM evaluation
     WHERE kind = %s AND of_id = ANY(%s)"""
_RELEASED = "SELECT key, sum(amount)::bigint FROM limit_release WHERE purchase_id = %s GROUP BY key"
_RELEASE = """
    INSERT INTO limit_release (return_id, purchase_id, program_id, key, amount)
    SELECT %s, %s, %s, x.key, x.amount FROM unnest(%s::text[], %s::bigint[]) x(key, amount)"""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """An evaluation as it is kept. `facts` is the event without what the purchase's own rows say of its lines; `before`
    what the counters said, `used` what of them it has used, `effects` what was granted."""

    of_id: int
    program_id: int
    ruleset_id: int
    member_id: int
    facts: Mapping[str, Any]
    before: Mapping[str, int]
    used: Mapping[str, int]
    effects: Sequence[Mapping[str, Any]]

    def event(self, lines: Iterable[Line]) -> Event:
        """The event again, with the lines of the purchase."""
        return unpacked(self.facts, lines)


def insert(kind: str, evaluations: Sequence[Evaluation]) -> None:
    """Write evaluations: a few in one statement, many by COPY."""
    if len(evaluations) > _FEW:
        copy_csv("evaluation", _COLUMNS, (_row(kind, one) for one in evaluations))
    elif evaluations:
        sql, params = inserting(kind, evaluations)
        raw().execute(sql.encode(), params)


def inserting(kind: str, evaluations: Sequence[Evaluation]) -> tuple[str, tuple[Any, ...]]:
    """The statement that writes them (there is at least one), for whoever writes something else along with it."""
    rows = [
        (one.of_id, one.ruleset_id, one.member_id, *map(_json, (one.facts, one.before, one.used, one.effects)))
        for one in evaluations
    ]
    return _INSERT, (kind, evaluations[0].program_id, *map(list, zip(*rows, strict=True)))


def read(kind: str, ids: Collection[int]) -> dict[int, Evaluation]:
    """The evaluations of purchases or events, by their numbers; what promotions were not asked about is left out."""
    rows = raw().execute(_READ.encode(), (kind, list(ids))).fetchall() if ids else []
    return {row[0]: Evaluation(*row) for row in rows}


def released(purchase_id: int) -> dict[str, int]:
    """What returns of a purchase have given back to counters, by key."""
    return dict(raw().execute(_RELEASED.encode(), (purchase_id,)).fetchall())


def insert_release(return_id: int, purchase_id: int, program_id: int, amounts: Mapping[str, int]) -> None:
    """Write down what a return gives back to counters."""
    if amounts:
        columns = (list(amounts), list(amounts.values()))
        raw().execute(_RELEASE.encode(), (return_id, purchase_id, program_id, *columns))


def packed(event: Event) -> dict[str, Any]:
    """The event without its lines, and what is known of their products: by number, path, brand, groups and VAT rate."""
    payload = dict(event["payload"])
    lines = payload.pop("lines", None)
    if lines is not None:
        payload["products"] = {
            str(line["no"]): [line["category_path"], line["brand"], line["groups"], *_rate(line)]
            for line in lines
            if (line["category_path"], line["groups"]) != (partners.NO_PRODUCT.category_path, []) or _rate(line)
        }
    return {**event, "payload": payload}


def unpacked(facts: Mapping[str, Any], lines: Iterable[Line]) -> Event:
    """The event again."""
    payload = dict(facts["payload"])
    products = payload.pop("products", None)
    if products is not None:
        payload["lines"] = [described(line, _product(products.get(str(line.no)))) for line in lines]
    return {**facts, "payload": payload}


def _row(kind: str, one: Evaluation) -> str:
    texts = ",".join(str(quoted(_json(value))) for value in (one.facts, one.before, one.used, one.effects))
    return f"{kind},{one.of_id},{one.program_id},{one.ruleset_id},{one.member_id},{texts}"


def _product(kept: Sequence[Any] | None) -> partners.Product:
    return partners.Product(kept[0], kept[1], tuple(kept[2]), *kept[3:]) if kept else partners.NO_PRODUCT


def _rate(line: Mapping[str, Any]) -> list[int]:
    return [line["vat_bp"]] if "vat_bp" in line else []


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
