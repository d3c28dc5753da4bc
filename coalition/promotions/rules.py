"""Base rules as versioned rows: a new version ends the one before it, and no version is ever rewritten."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Sequence

from coalition.kernel import audit, clock
from coalition.kernel.db import AnyRow, execute, fetch_all, fetch_one
from coalition.kernel.remembering import Remembered
from coalition.promotions.evaluation import Rule

_COLUMNS = (
    "id, partner_id, code, version, currency_id, points, each_minor, funder_id, name_en, name_ru, valid_from, valid_to,"
    " tiers, promo_account_id, mccs, mccs_excluded, event_type"
)
_MOST = 1_000
_FRESH_S = 1.0
_ALWAYS = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)  # the first year that a receipt may carry
_memory = Remembered[dict[int, tuple[float, tuple["Rule", ...]]]](dict)


def create_base_rule(
    program_id: int,
    partner_id: int,
    currency_id: int,
    *,
    points: int,
    each_minor: int,
    name_en: str,
    name_ru: str,
    funder_id: int | None = None,
    code: str = "base",
    valid_from: dt.datetime | None = None,
    tiers: Sequence[str] | None = None,
    promo_account_id: int | None = None,
    mccs: Sequence[str] | None = None,
    mccs_excluded: Sequence[str] = (),
    event_type: str | None = None,
) -> Rule:
    """Let a partner's members earn `points` per full `each_minor`; a rule of the same code ends where this one begins.

    `valid_from` defaults to now, for a first version to always, so that late receipts earn. `tiers`: for members of
    these tiers alone (None: for all). `promo_account_id`: the points pay only where that promo account does. `mccs`
    and `mccs_excluded`: at such merchants alone. With an `event_type` the rule gives `points` for an event, and
    `each_minor` means nothing. Other processes follow within a second. An overlap with another version, or a promo
    account of another currency, offends the schema (IntegrityError).
    """
    scope = {"partner": partner_id, "code": code}
    now = valid_from or clock.now()
    ended = execute(
        "UPDATE base_rule SET valid_to = :now WHERE partner_id = :partner AND code = :code AND valid_to IS NULL",
        {**scope, "now": now},
    )
    begins = now if ended else valid_from or _ALWAYS
    row = fetch_one(
        "INSERT INTO base_rule (program_id, partner_id, currency_id, code, version, points, each_minor, funder_id,"
        " name_en, name_ru, valid_from, tiers, promo_account_id, mccs, mccs_excluded, event_type)"
        " SELECT :program, :partner, :currency, :code, 1 + coalesce(max(version), 0), :points, :each, :funder,"
        " :name_en, :name_ru, :begins, CAST(:tiers AS text[]), :promo, CAST(:mccs AS text[]),"
        " CAST(:excluded AS text[]), :event"
        " FROM base_rule WHERE partner_id = :partner AND code = :code"
        f" RETURNING {_COLUMNS}",
        {
            **scope,
            "program": program_id,
            "currency": currency_id,
            "points": points,
            "each": each_minor,
            "funder": funder_id,
            "name_en": name_en,
            "name_ru": name_ru,
            "begins": begins,
            "tiers": list(tiers) if tiers is not None else None,
            "promo": promo_account_id,
            "mccs": list(mccs) if mccs is not None else None,
            "excluded": list(mccs_excluded),
            "event": event_type,
        },
    )
    assert row is not None
    _memory().pop(partner_id, None)
    audit.record("base_rule.create", f"base_rule:{row.id}", partner_id=partner_id, code=code, version=row.version)
    return _rule(row)


def in_force(partner_id: int) -> tuple[Rule, ...]:
    """Every version of a partner's rules, past ones too (late receipts need them); at most a second old."""
    memory = _memory()
    read_at, rules = memory.get(partner_id, (0.0, ()))
    if not read_at or time.monotonic() - read_at > _FRESH_S:
        rules = tuple(list_rules(partner_id))
        memory[partner_id] = (time.monotonic(), rules)
    return rules


def list_rules(partner_id: int) -> list[Rule]:
    """A partner's rules with all their versions, newest first."""
    rows = fetch_all(
        f"SELECT {_COLUMNS} FROM base_rule WHERE partner_id = :partner ORDER BY valid_from DESC, id DESC LIMIT :most",
        {"partner": partner_id, "most": _MOST},
    )
    return [_rule(row) for row in rows]


def _rule(row: AnyRow) -> Rule:
    sets = {
        "tiers": None if row.tiers is None else tuple(row.tiers),
        "mccs": None if row.mccs is None else frozenset(row.mccs),
        "mccs_excluded": frozenset(row.mccs_excluded),
    }
    return Rule(**{**row._mapping, **sets})
