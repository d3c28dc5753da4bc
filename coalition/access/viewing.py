"""Clients as the pages of their owners see them, and what has happened to each. Nothing here shows a secret."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

from coalition.kernel import audit, clock
from coalition.kernel.audit import Trace
from coalition.kernel.db import AnyRow, fetch_all, fetch_one
from coalition.kernel.errors import NotFound
from coalition.kernel.web.paging import Page, decode_cursor, encode_cursor

_MOST = 200
_SELECT = """
    SELECT c.id, c.client_id, c.program_id, c.partner_id, c.name, c.kind, c.scopes, c.redirect_uris, c.active,
           c.created_at, CASE WHEN c.old_secret_until > :now THEN c.old_secret_until END AS old_secret_until,
           (SELECT max(t.issued_at) FROM oauth_token t WHERE t.oauth_client_id = c.id) AS last_token_at,
           ARRAY(SELECT k ->> 'kid' FROM jsonb_array_elements(c.jwks -> 'keys') k) AS key_ids
      FROM oauth_client c"""


@dataclass(frozen=True, slots=True)
class ClientView:
    """A client as its owner sees it. While `old_secret_until` is to come, the secret before the last one is right, too.

    `last_token_at` is the last of the tokens that are not yet forgotten (a day after they end).
    """

    id: int
    client_id: str
    program_id: int
    partner_id: int
    name: str
    kind: str
    scopes: tuple[str, ...]
    redirect_uris: tuple[str, ...]
    key_ids: tuple[str, ...]
    active: bool
    created_at: dt.datetime
    old_secret_until: dt.datetime | None
    last_token_at: dt.datetime | None


def clients_of(partner_id: int) -> list[ClientView]:
    """A partner's clients, the oldest first, at most 200."""
    rows = fetch_all(
        f"{_SELECT} WHERE c.partner_id = :partner ORDER BY c.id LIMIT {_MOST}",
        {"partner": partner_id, "now": clock.now()},
    )
    return [_view(row) for row in rows]


def clients_in(program_id: int, cursor: str | None = None, limit: int = 50) -> Page[ClientView]:
    """A page of a program's clients, of all its partners, the newest first."""
    position = decode_cursor(cursor, int)
    rows = fetch_all(
        f"{_SELECT} WHERE c.program_id = :program AND (CAST(:before AS bigint) IS NULL OR c.id < :before)"
        " ORDER BY c.id DESC LIMIT :limit",
        {"program": program_id, "before": position[0] if position else None, "limit": limit + 1, "now": clock.now()},
    )
    shown = [_view(row) for row in rows[:limit]]
    return Page(shown, encode_cursor(shown[-1].id) if len(rows) > limit else None)


def client_counts(program_id: int) -> Counter[int]:
    """How many clients each partner of a program has, by partner."""
    rows = fetch_all(
        "SELECT partner_id, count(*) AS count FROM oauth_client WHERE program_id = :program GROUP BY 1",
        {"program": program_id},
    )
    return Counter({row.partner_id: row.count for row in rows})


def client_view(client_id: str, *, partner_id: int | None = None) -> ClientView:
    """One client; with `partner_id` that partner's only. NotFound."""
    row = fetch_one(
        f"{_SELECT} WHERE c.client_id = :client AND c.partner_id = coalesce(CAST(:partner AS bigint), c.partner_id)",
        {"client": client_id, "partner": partner_id, "now": clock.now()},
    )
    if row is None:
        raise NotFound()
    return _view(row)


def clients_by_id(numbers: Collection[int]) -> dict[int, tuple[str, int]]:
    """The public id and the partner of clients, by the number that the trail's actors have (`client:12`)."""
    rows = fetch_all("SELECT id, client_id, partner_id FROM oauth_client WHERE id = ANY(:ids)", {"ids": list(numbers)})
    return {row.id: (row.client_id, row.partner_id) for row in rows}


def token_events(
    client_id: str, cursor: str | None = None, limit: int = 50, *, partner_id: int | None = None
) -> Page[Trace]:
    """What happened to a client, the newest first: made, changed, switched, tokens given and ended. NotFound."""
    subject = f"client:{client_view(client_id, partner_id=partner_id).id}"
    position = decode_cursor(cursor, int)
    found = audit.trail(subject, int(position[0]) if position else None, limit + 1)
    return Page(found[:limit], encode_cursor(found[limit - 1].id) if len(found) > limit else None)


def _view(row: AnyRow) -> ClientView:
    lists = {name: tuple(getattr(row, name)) for name in ("scopes", "redirect_uris", "key_ids")}
    return ClientView(**{**row._mapping, **lists})
