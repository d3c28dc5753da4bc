"""Pools of codes: gift codes that were bought beforehand. The codes left are the stock of their offer.

A code goes out once: it is taken under a reservation, by the row (`SKIP LOCKED`), and that it was issued is a row that
nothing can change. Asked again under the same reservation, the same codes are shown, never others. Codes are sealed
(`kernel.sealing`), and a code that was uploaded before is recognised by its keyed hash.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from catalog.rewards import incidents
from coalition.kernel import audit, outbox, sealing
from coalition.kernel.db import execute, fetch_all, fetch_one
from coalition.kernel.errors import Conflict, FieldError, Invalid, NotFound

MAX_CODES = 100_000
_MAX_LENGTH = 200
_SHOWN = 100
_HEADINGS = ("code", "expires_on")


@dataclass(frozen=True, slots=True)
class CodePool:
    """A pool as staff see it: how many codes are free, held for orders, issued and withdrawn; `is_low` raises alarm."""

    offer_id: int
    supplier_sku: str
    title: str
    low_at: int
    is_low: bool
    free: int
    held: int
    issued: int
    withdrawn: int


@dataclass(frozen=True, slots=True)
class Uploaded:
    """What became of a file of codes: added, and left out because we have them; `lines` are the latter's numbers."""

    added: int
    known: int
    lines: Sequence[int]


def open_pool(program_id: int, offer_id: int, *, low_at: int = 10) -> None:
    """Let an offer of the program be served from codes of ours; from now on they are its stock, whatever feeds say.

    Opening again sets `low_at`. Raises NotFound for an offer of another program, Conflict `offer_reserved` while pieces
    of the old stock are set aside.
    """
    row = fetch_one(
        "SELECT program_id FROM supplier_offers WHERE offer_id = :offer_id AND electronic", {"offer_id": offer_id}
    )
    if row is None or row.program_id != program_id:
        raise NotFound()
    params = {"offer_id": offer_id, "program_id": program_id, "low_at": low_at}
    fresh = fetch_one(
        "INSERT INTO code_pool AS p (offer_id, program_id, low_at) VALUES (:offer_id, :program_id, :low_at)"
        " ON CONFLICT (offer_id) DO UPDATE SET low_at = excluded.low_at RETURNING xmax = 0 AS fresh",
        params,
    )
    assert fresh is not None
    if fresh.fresh and not execute(
        "INSERT INTO stock AS s (offer_id, on_hand, snapshot_at) VALUES (:offer_id, 0, now()) ON CONFLICT (offer_id)"
        " DO UPDATE SET on_hand = 0, oversold_qty = 0, snapshot_at = now() WHERE s.reserved = 0",
        params,
    ):
        raise Conflict("offer_reserved", "Pieces of the old stock are set aside for orders.")
    watch(offer_id)
    audit.record("codes.pool", f"offer:{offer_id}", low_at=low_at)


def offer_named(supplier_id: int, sku: str) -> int:
    """The offer of a supplier by its article number. Raises NotFound."""
    row = fetch_one(
        "SELECT offer_id FROM supplier_offers WHERE supplier_id = :supplier_id AND supplier_sku = :sku",
        {"supplier_id": supplier_id, "sku": sku},
    )
    if row is None:
        raise NotFound()
    return int(row.offer_id)


def upload_codes(program_id: int, offer_id: int, lines: Iterable[str]) -> Uploaded:
    """Add the codes of a CSV file: `code`, and if it has a second column the last day of validity (2027-01-31).

    A heading is skipped. A code that any pool has, or that stands in the file twice, is not added again. Raises
    NotFound, and Invalid that points at the lines if one is no code: then none is added.
    """
    if not fetch_one(
        "SELECT offer_id FROM code_pool WHERE offer_id = :offer_id AND program_id = :program_id FOR UPDATE",
        {"offer_id": offer_id, "program_id": program_id},
    ):
        raise NotFound()
    read = _read(lines)
    added = {
        bytes(row.mark)
        for row in fetch_all(
            "INSERT INTO code (offer_id, sealed, mark, expires_on) SELECT :offer_id, c.sealed, c.mark, c.expires_on"
            " FROM unnest(CAST(:sealed AS bytea[]), CAST(:marks AS bytea[]), CAST(:ends AS date[]))"
            " AS c (sealed, mark, expires_on) ON CONFLICT (mark) DO NOTHING RETURNING mark",
            {
                "offer_id": offer_id,
                "sealed": [sealing.seal(code) for _, code, _ in read],
                "marks": [sealing.mark(code) for _, code, _ in read],
                "ends": [expires_on for _, _, expires_on in read],
            },
        )
    }
    execute(
        "UPDATE stock SET on_hand = greatest(on_hand - oversold_qty + :added, reserved), snapshot_at = now(),"
        " oversold_qty = greatest(reserved - on_hand + oversold_qty - :added, 0) WHERE offer_id = :offer_id",
        {"added": len(added), "offer_id": offer_id},
    )
    watch(offer_id)
    audit.record("codes.upload", f"offer:{offer_id}", added=len(added), known=len(read) - len(added))
    known = [at for at, code, _ in read if sealing.mark(code) not in added]
    return Uploaded(len(added), len(read) - len(added), known[:_SHOWN])


def withdraw_codes(program_id: int, offer_id: int, codes: Sequence[str]) -> int:
    """Take codes out of the pool that their issuer has recalled; how many. What is issued or unknown stays as it is.

    Raises NotFound, Conflict `offer_reserved` if orders wait for so many that these cannot go.
    """
    if not fetch_one(
        "SELECT offer_id FROM code_pool WHERE offer_id = :offer_id AND program_id = :program_id FOR UPDATE",
        {"offer_id": offer_id, "program_id": program_id},
    ):
        raise NotFound()
    gone = execute(
        "UPDATE code SET state = 'withdrawn' WHERE offer_id = :offer_id AND state = 'free' AND mark = ANY (:marks)",
        {"offer_id": offer_id, "marks": [sealing.mark(code.strip()) for code in codes]},
    )
    if not execute(
        "UPDATE stock SET on_hand = on_hand - :gone WHERE offer_id = :offer_id AND on_hand - :gone >= reserved",
        {"gone": gone, "offer_id": offer_id},
    ):
        raise Conflict("offer_reserved", "Orders wait for these codes.")
    watch(offer_id)
    audit.record("codes.withdraw", f"offer:{offer_id}", withdrawn=gone)
    return gone


def expire_codes() -> int:
    """Withdraw free codes whose last day (UTC) is over; the number of pools that lost some.

    If orders wait for more than are left, the difference is the stock's `oversold_qty`, and is announced.
    """
    rows = fetch_all(
        "WITH gone AS (UPDATE code SET state = 'withdrawn' WHERE state = 'free' AND expires_on < current_date"
        " RETURNING offer_id), lost AS (SELECT offer_id, count(*)::int AS n FROM gone GROUP BY offer_id)"
        " UPDATE stock s SET on_hand = greatest(s.on_hand - l.n, s.reserved),"
        " oversold_qty = s.oversold_qty + greatest(s.reserved - s.on_hand + l.n, 0) FROM lost l"
        " WHERE s.offer_id = l.offer_id RETURNING s.offer_id, s.oversold_qty"
    )
    short = sorted(row.offer_id for row in rows if row.oversold_qty)
    if short:
        incidents.open_shortfalls(short)
        outbox.publish("stock.shortfall", {"offers": short[:_SHOWN]}, key=f"offer:{short[0]}")
    for row in rows:
        watch(row.offer_id)
    return len(rows)


def code_pools(program_id: int) -> Sequence[CodePool]:
    """The program's pools, the emptiest first."""
    rows = fetch_all(
        "SELECT p.offer_id, o.supplier_sku, o.title, p.low_at, p.is_low, c.free, s.reserved AS held, c.issued,"
        " c.withdrawn FROM code_pool p JOIN supplier_offers o ON o.offer_id = p.offer_id"
        " JOIN stock s ON s.offer_id = p.offer_id CROSS JOIN LATERAL (SELECT"
        " count(*) FILTER (WHERE state = 'free') AS free, count(*) FILTER (WHERE state = 'issued') AS issued,"
        " count(*) FILTER (WHERE state = 'withdrawn') AS withdrawn FROM code WHERE offer_id = p.offer_id) AS c"
        " WHERE p.program_id = :program_id ORDER BY c.free, p.offer_id LIMIT 500",
        {"program_id": program_id},
    )
    return [CodePool(*row) for row in rows]


def pooled(offer_ids: Iterable[int]) -> set[int]:
    """Those of the offers that are served from codes of ours."""
    rows = fetch_all("SELECT offer_id FROM code_pool WHERE offer_id = ANY(:ids) LIMIT 500", {"ids": list(offer_ids)})
    return {row.offer_id for row in rows}


def watch(offer_id: int) -> None:
    """Say once that a pool has run low; filling it up arms the alarm again."""
    turned = fetch_one(
        "UPDATE code_pool p SET is_low = f.low FROM (SELECT q.offer_id, count(c.id) <= q.low_at AS low,"
        " count(c.id) AS n FROM code_pool q LEFT JOIN LATERAL (SELECT id FROM code WHERE offer_id = q.offer_id"
        " AND state = 'free' LIMIT q.low_at + 1) AS c ON true WHERE q.offer_id = :offer_id"
        " GROUP BY q.offer_id, q.low_at) AS f"
        " WHERE p.offer_id = f.offer_id AND p.is_low <> f.low RETURNING p.is_low, f.n",
        {"offer_id": offer_id},
    )
    if turned is not None and turned.is_low:
        outbox.publish("codes.low", {"offer_id": offer_id, "left": turned.n}, key=f"offer:{offer_id}")


def _read(lines: Iterable[str]) -> list[tuple[int, str, dt.date | None]]:
    """(line number, code, last day) of every line, a code once. Raises Invalid with the lines that are none."""
    read: dict[str, tuple[int, str, dt.date | None]] = {}
    problems = []
    for at, row in enumerate(_rows(lines), 1):
        cells = [cell.strip() for cell in row]
        if at > MAX_CODES:
            raise Invalid("invalid", f"At most {MAX_CODES} codes at a time.")
        if not any(cells) or tuple(cells) == _HEADINGS[: len(cells)]:
            continue
        try:
            ends = dt.date.fromisoformat(cells[1]) if len(cells) > 1 and cells[1] else None
            usable = bool(cells[0]) and len(cells[0]) <= _MAX_LENGTH and cells[0].isprintable() and len(cells) <= 2
        except ValueError:
            usable = False
        if not usable:
            problems.append(FieldError(f"/lines/{at}", "bad_code", "A code, and perhaps a date (2027-01-31)."))
        else:
            read.setdefault(cells[0], (at, cells[0], ends))
    if problems:
        raise _no_codes(problems)
    return list(read.values())


def _rows(lines: Iterable[str]) -> Iterator[list[str]]:
    """The lines' cells. Raises Invalid with the line that is too long to be any."""
    reader = csv.reader(lines)
    try:
        yield from reader
    except csv.Error as error:
        problem = FieldError(f"/lines/{reader.line_num}", "bad_code", "A code, and perhaps a date (2027-01-31).")
        raise _no_codes([problem]) from error


def _no_codes(problems: Sequence[FieldError]) -> Invalid:
    return Invalid("invalid", "These lines are no codes.", problems[:_SHOWN])
