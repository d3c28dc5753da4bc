"""The book of those who sell what is no parcel: codes, flights, seats. One row a deal, whatever became of it.

States: `held`, `pending`, `issued`, `rejected`, `released` (let go, or cancelled before it was paid), `expired`,
`cancelled`. A campaign counts `issued` as given: our books must agree with these rows.
"""

from __future__ import annotations

import datetime as dt
import json
import time
from collections.abc import Mapping, Sequence
from typing import Any

from coalition.kernel import clock
from integrations.simulator.book import SHIP_AFTER, Book

_LATE_S = 3.0


def find(book: Book, external_id: str) -> dict[str, Any] | None:
    """The deal under the seller's number, its hold lapsed if its time is over."""
    book.write(
        "UPDATE deal SET state = 'expired' WHERE external_id = :id AND state = 'held' AND expires_at <= :now",
        id=external_id,
        now=time.time(),
    )
    return _opened(book.row("SELECT * FROM deal WHERE external_id = :id", id=external_id))


def by_ref(book: Book, supplier: str, client_ref: str) -> list[dict[str, Any]]:
    """Every deal under our reference, the oldest first."""
    rows = book.rows(
        "SELECT external_id FROM deal WHERE supplier = :s AND client_ref = :r ORDER BY number", s=supplier, r=client_ref
    )
    return [deal for row in rows if (deal := find(book, row["external_id"])) is not None]


def create(
    book: Book,
    supplier: str,
    client_ref: str,
    *,
    prefix: str,
    state: str,
    body: object,
    lines: Sequence[Mapping[str, Any]],
    facts: Mapping[str, Any],
    total: int = 0,
    expires_at: float | None = None,
) -> dict[str, Any]:
    """A new deal under a new number."""
    last = book.row("SELECT coalesce(max(number), 0) AS number FROM deal")
    number = int(last["number"]) + 1 if last else 1
    book.write(
        "INSERT INTO deal (number, supplier, client_ref, external_id, state, body, lines, facts, total, expires_at)"
        " VALUES (:number, :supplier, :client_ref, :external_id, :state, :body, :lines, :facts, :total, :expires_at)",
        number=number,
        supplier=supplier,
        client_ref=client_ref,
        external_id=f"{prefix}{number:08d}",
        state=state,
        body=json.dumps(body, sort_keys=True, ensure_ascii=False),
        lines=json.dumps(lines, ensure_ascii=False),
        facts=json.dumps(facts, ensure_ascii=False),
        total=total,
        expires_at=expires_at,
    )
    made = find(book, f"{prefix}{number:08d}")
    assert made is not None
    return made


def change(book: Book, deal: Mapping[str, Any], state: str, *, code: str | None = None, **facts: Any) -> dict[str, Any]:
    """Bring a deal to a state, adding to its facts; the deal as it is now."""
    book.write(
        "UPDATE deal SET state = :state, code = coalesce(:code, code), facts = :facts WHERE external_id = :id",
        state=state,
        code=code,
        facts=json.dumps({**deal["facts"], **facts}, ensure_ascii=False),
        id=deal["external_id"],
    )
    changed = find(book, deal["external_id"])
    assert changed is not None
    return changed


def asked_again(book: Book, deal: Mapping[str, Any], body: object) -> bool:
    """Count a repetition; whether it asks for the very same thing."""
    book.write("UPDATE deal SET requests = requests + 1 WHERE external_id = :id", id=deal["external_id"])
    return bool(deal["body"] == json.dumps(body, sort_keys=True, ensure_ascii=False))


def decide_later(book: Book, deal: Mapping[str, Any], step: str) -> None:
    """Mean to come back to a deal."""
    due_at = time.time() + float(book.setting(SHIP_AFTER, "2"))
    book.plan(deal["supplier"], deal["external_id"], step, due_at)


def tell(book: Book, deal: Mapping[str, Any], facts: Mapping[str, Any], mood: frozenset[str]) -> None:
    """Put news of a deal into the post: once, twice, late, or not at all."""
    if "news_lost" in mood:
        return
    due_at = time.time() + (_LATE_S if "news_late" in mood else 0.0)
    path = f"/api/v1/suppliers/{deal['supplier']}/callbacks/native"
    for _ in range(2 if "news_twice" in mood else 1):
        book.tell(path, f"suppliers/{deal['supplier']}", facts, due_at)


def stamp(at: float | None = None) -> str:
    """A moment as the sellers write it; now if none is given."""
    return (clock.now() if at is None else dt.datetime.fromtimestamp(at, dt.UTC)).isoformat()


def public(book: Book) -> list[dict[str, Any]]:
    """Every deal, as tests read it."""
    names = ("supplier", "client_ref", "external_id", "state", "code", "lines", "facts", "total", "requests")
    rows = (_opened(row) for row in book.rows("SELECT * FROM deal ORDER BY number"))
    return [{name: row[name] for name in names} for row in rows if row is not None]


def _opened(row: dict[str, Any] | None) -> dict[str, Any] | None:
    if row is None:
        return None
    return {**row, "lines": json.loads(row["lines"]), "facts": json.loads(row["facts"])}
