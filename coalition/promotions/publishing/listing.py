"""Finding promotions, their versions and the rulesets of a program."""

from __future__ import annotations

import json
from dataclasses import fields

from coalition.kernel.db import AnyRow, fetch_all, fetch_one
from coalition.kernel.errors import NotFound
from coalition.kernel.web.paging import Page, decode_cursor, encode_cursor
from coalition.promotions.publishing.types import Promotion, Published, Version

_COLUMNS = ", ".join(f"p.{one.name}" for one in fields(Promotion) if one.name != "published")
_FROM = (
    f"SELECT {_COLUMNS}, v.document AS published FROM promotion_now p"
    " LEFT JOIN promotion_version v ON v.promotion_id = p.id AND v.version = p.version"
)
_MOST = 1_000


def one(program_id: int, code: str) -> Promotion:
    """The promotion with this code. Raises NotFound."""
    row = fetch_one(f"{_FROM} WHERE p.program_id = :program AND p.code = :code", {"program": program_id, "code": code})
    if row is None:
        raise NotFound()
    return _promotion(row)


def listed(program_id: int, state: str | None = None, q: str | None = None) -> list[Promotion]:
    """The promotions of a program, what changed last first; at most a thousand.

    `state`: a phase, `changing` for those with a draft beside what is published, None for all but archived ones. `q`:
    part of the code or of a name, whatever the case.
    """
    rows = fetch_all(
        f"{_FROM} WHERE p.program_id = :program"
        " AND CASE WHEN CAST(:state AS text) IS NULL THEN p.phase <> 'archived'"
        "          WHEN :state = 'changing' THEN p.draft IS NOT NULL AND p.version IS NOT NULL"
        "          ELSE p.phase = :state END"
        " AND (CAST(:q AS text) IS NULL OR strpos(lower(concat_ws(' ', p.code,"
        "      coalesce(v.document::jsonb, p.draft) #>> '{name,en}', coalesce(v.document::jsonb, p.draft)"
        "      #>> '{name,ru}')), lower(:q)) > 0)"
        " ORDER BY p.changed_at DESC, p.id DESC LIMIT :most",
        {"program": program_id, "state": state, "q": (q or "").strip().replace("\0", "") or None, "most": _MOST},
    )
    return [_promotion(row) for row in rows]


def versions(program_id: int, code: str) -> list[Version]:
    """What was ever published of a promotion, the latest first. Raises NotFound."""
    rows = fetch_all(
        "SELECT version, document, sha256, actor, approval_id, created_at FROM promotion_version"
        " WHERE promotion_id = :id ORDER BY version DESC LIMIT :most",
        {"id": one(program_id, code).id, "most": _MOST},
    )
    return [
        Version(**{**row._mapping, "document": json.loads(row.document), "sha256": bytes(row.sha256)}) for row in rows
    ]


def rulesets(program_id: int, cursor: str | None = None, limit: int = 50) -> Page[Published]:
    """The rulesets of a program, the latest first."""
    (before,) = decode_cursor(cursor, int) or (None,)
    rows = fetch_all(
        "SELECT id, no, sha256, since, published_at, actor, note,"
        "       jsonb_array_length(document::jsonb -> 'promotions') AS promotions"
        "  FROM ruleset WHERE program_id = :program AND (CAST(:before AS bigint) IS NULL OR no < :before)"
        " ORDER BY no DESC LIMIT :limit",
        {"program": program_id, "before": before, "limit": limit + 1},
    )
    found = [Published(**{**row._mapping, "sha256": bytes(row.sha256)}) for row in rows]
    return Page(found[:limit], encode_cursor(found[limit - 1].no) if len(found) > limit else None)


def _promotion(row: AnyRow) -> Promotion:
    published = json.loads(row.published) if row.published else None
    return Promotion(**{**row._mapping, "published": published})
