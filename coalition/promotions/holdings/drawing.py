"""Drawing lots: who of those with tickets of a draw wins, so that nobody can choose and everybody can check.

Each draw has a seed of its own, the HMAC-SHA256 of its name under the program's secret. Its SHA-256 (the commitment) is
known before the draw and can be published; the seed is told with the winners. A ticket's score is the HMAC-SHA256 of
`member|number` under the seed; the lowest scores win, one prize a member. Whoever has seed and entries can draw again
(`winners_of`), and finds the same. A draw is held by one statement of SQL, however many tickets there are.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import heapq
import hmac
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from coalition.kernel import audit
from coalition.kernel.db import RacingKey, execute, fetch_all, fetch_one, load_sql
from coalition.kernel.errors import Conflict, FieldError, Invalid
from coalition.promotions.publishing.settings import draw_secret

PRIZES_MOST = 10_000
TICKETS_MOST = 5_000_000
_BLOCK = 64  # bytes that SHA-256 takes at a time: what HMAC pads its key to
_READ = """
    SELECT name, drawn_at, actor, prizes, seed, jsonb_array_length(entries) AS entrants, winners FROM prize_draw
     WHERE program_id = :program AND name = :name"""
_ENTRIES = """
    SELECT (e ->> 0)::bigint AS member_id, (e ->> 1)::bigint AS tickets
      FROM prize_draw d CROSS JOIN LATERAL jsonb_array_elements(d.entries) WITH ORDINALITY x (e, no)
     WHERE d.program_id = :program AND d.name = :name AND no > :after ORDER BY no LIMIT :most"""
_CHUNK = 5_000


class Entry(NamedTuple):
    """A member with its number of tickets."""

    member_id: int
    tickets: int


class Winner(NamedTuple):
    """Who won, by which of its tickets (from 1 on), with the ticket's score in hex."""

    member_id: int
    ticket: int
    score: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """A draw that was held: `seed` in hex, its SHA-256 the `commitment`; how many took part, who won, best first."""

    name: str
    drawn_at: dt.datetime
    actor: str
    prizes: int
    seed: str
    commitment: str
    entrants: int
    winners: tuple[Winner, ...]


def commitment(program_id: int, name: str) -> str:
    """The SHA-256 of a draw's seed in hex: to be published before anybody has a ticket.

    Conflict `no_draw_secret` before the program's first ruleset.
    """
    return hashlib.sha256(_seed(program_id, name)).hexdigest()


def hold_draw(program_id: int, name: str, *, prizes: int) -> Drawing:
    """Draw the winners of so many prizes among those who have tickets now, once and for good.

    The same draw again is the first one. Invalid for a number of prizes that cannot be, Conflict `drawn` for one that
    was held with another, `no_tickets` where nobody takes part. Raises RacingKey.
    """
    if not 1 <= prizes <= PRIZES_MOST:
        raise Invalid("invalid", "How many prizes?", [FieldError("/prizes", "invalid", f"From 1 to {PRIZES_MOST}.")])
    if (known := drawing(program_id, name)) is not None:
        if known.prizes != prizes:
            raise Conflict("drawn", "This draw was held before, with another number of prizes.")
        return known
    seed = _seed(program_id, name)
    params = {"program": program_id, "name": name, "actor": audit.origin().actor, "prizes": prizes, "seed": seed}
    if not execute(load_sql(__file__, "hold_draw.sql"), {**params, **_pads(seed), "most": TICKETS_MOST}):
        if drawing(program_id, name) is not None:
            raise RacingKey
        raise Conflict("no_tickets", f"Nobody has a ticket of this draw, or all have more than {TICKETS_MOST:,}.")
    audit.record("prize_draw.hold", f"program:{program_id}", name=name, prizes=prizes)
    found = drawing(program_id, name)
    assert found is not None
    return found


def drawing(program_id: int, name: str) -> Drawing | None:
    """A draw that was held; None for one that was not."""
    row = fetch_one(_READ, {"program": program_id, "name": name})
    if row is None:
        return None
    seed = bytes(row.seed)
    return Drawing(
        row.name,
        row.drawn_at,
        row.actor,
        row.prizes,
        seed.hex(),
        hashlib.sha256(seed).hexdigest(),
        row.entrants,
        tuple(Winner(*one) for one in row.winners),
    )


def entries_after(program_id: int, name: str, after: int = 0) -> list[Entry]:
    """Who took part in a draw that was held, in order: the next 5,000 after so many; none at the end."""
    params = {"program": program_id, "name": name, "after": after, "most": _CHUNK}
    return [Entry(row.member_id, row.tickets) for row in fetch_all(_ENTRIES, params)]


def winners_of(seed: bytes, entries: Iterable[Entry], prizes: int) -> list[Winner]:
    """Who wins: pure, the same for the same seed and entries, whatever their order; holds no more than the winners."""
    best = (min(_scored(seed, *one), key=lambda won: won.score) for one in entries)
    return heapq.nsmallest(prizes, best, key=lambda won: (won.score, won.member_id))


def _scored(seed: bytes, member_id: int, tickets: int) -> Iterator[Winner]:
    """The tickets of a member with their scores, one at a time."""
    for no in range(1, tickets + 1):
        yield Winner(member_id, no, hmac.digest(seed, f"{member_id}|{no}".encode(), "sha256").hex())


def _pads(seed: bytes) -> dict[str, bytes]:
    """The seed as the two blocks that HMAC begins its hashes with (RFC 2104)."""
    key = seed.ljust(_BLOCK, b"\0")
    return {"inner_pad": bytes(byte ^ 0x36 for byte in key), "outer_pad": bytes(byte ^ 0x5C for byte in key)}


def _seed(program_id: int, name: str) -> bytes:
    secret = draw_secret(program_id)
    if not secret:
        raise Conflict("no_draw_secret", "The program has published no promotions yet.")
    return hmac.digest(secret.encode(), f"draw|{name}".encode(), "sha256")
