"""Campaigns as they are kept. What a campaign says is compiled into its promotions when a ruleset is composed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from coalition.kernel.db import AnyRow, fetch_all
from coalition.promotions.publishing.compiling import Campaign

_COLUMNS = ", ".join(field.name for field in fields(Campaign))
_MOST = 1_000


def by_code(program_id: int) -> dict[str, Campaign]:
    """Every campaign of a program by its code."""
    return {one.code: one for one in list_campaigns(program_id)}


def list_campaigns(program_id: int) -> list[Campaign]:
    """The campaigns of a program, the latest first."""
    rows: Sequence[AnyRow] = fetch_all(
        f"SELECT {_COLUMNS} FROM campaign WHERE program_id = :program ORDER BY starts_at DESC NULLS LAST, code"
        " LIMIT :most",
        {"program": program_id, "most": _MOST},
    )
    return [_campaign(row) for row in rows]


def _campaign(row: AnyRow) -> Campaign:
    values: dict[str, Any] = dict(row._mapping)
    sets = {name: tuple(values[name]) for name in ("segments_any", "segments_none")}
    return Campaign(**{**values, **sets})
