"""Statements to look through: those of a program or of some entities, by period, state and direction, latest first."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from coalition.kernel.db import fetch_all
from coalition.kernel.web.paging import Page, decode_cursor, encode_cursor
from settlement.statements.reading import Statement, heads
from settlement.statements.states import STATES

DIRECTIONS = ("receives", "pays")


@dataclass(frozen=True, slots=True)
class Sought:
    """Which statements: of one program, of some entities (None: of all but the operator), of one period's code, in one
    state, of entities that receive or pay. An empty text leaves a question open; an unknown word finds nothing.

    `told`: only those that their entities have been sent; a draft is nobody's yet.
    """

    program_id: int
    entity_ids: Collection[int] | None = None
    period: str = ""
    state: str = ""
    direction: str = ""
    told: bool = False


def find(sought: Sought, cursor: str | None, limit: int) -> Page[Statement]:
    """A page of the statements sought, the latest first. Raises Invalid for a cursor that is not ours."""
    (before,) = decode_cursor(cursor, int) or (None,)
    condition = f"{_SOUGHT} AND (CAST(:before AS bigint) IS NULL OR s.id < :before)"
    found = heads(condition, {**_params(sought), "before": before}, limit + 1, order="s.id DESC")
    return Page(found[:limit], encode_cursor(found[limit - 1].id) if len(found) > limit else None)


@dataclass(frozen=True, slots=True)
class Standing:
    """How many statements are in a state, and what they come to in a currency: both sums >= 0, minor units."""

    state: str
    currency: str
    statements: int
    receives_minor: int
    pays_minor: int


def standing(sought: Sought) -> list[Standing]:
    """What the statements sought come to, by state and the currency in which they are settled."""
    rows = fetch_all(
        f"""SELECT e.state, s.settlement_currency AS currency, count(*) AS statements,
                   coalesce(sum(s.settlement_minor) FILTER (WHERE s.settlement_minor > 0), 0)::bigint AS receives_minor,
                   coalesce(-sum(s.settlement_minor) FILTER (WHERE s.settlement_minor < 0), 0)::bigint AS pays_minor
              FROM statement s JOIN settlement_period p ON p.id = s.period_id
              LEFT JOIN settlement_reopening r ON r.period_id = s.period_id AND r.version = s.version
             CROSS JOIN LATERAL (
                   SELECT x.state FROM statement_event x WHERE x.statement_id = s.id ORDER BY x.no DESC LIMIT 1) e
             WHERE {_SOUGHT} GROUP BY 1, 2""",
        _params(sought),
    )
    found = [Standing(**row._mapping) for row in rows]
    return sorted(found, key=lambda one: (STATES.index(one.state), one.currency))


_SOUGHT = """s.program_id = :program AND r.period_id IS NULL
    AND CASE WHEN CAST(:entities AS bigint[]) IS NULL THEN NOT s.is_operator ELSE s.legal_entity_id = ANY(:entities) END
    AND (NOT :told OR e.state <> 'draft')
    AND (:period = '' OR p.code = :period) AND (:state = '' OR e.state = :state)
    AND CASE :direction WHEN '' THEN true WHEN 'receives' THEN s.position_minor > 0
        WHEN 'pays' THEN s.position_minor < 0 ELSE false END"""


def _params(sought: Sought) -> dict[str, object]:
    entities = None if sought.entity_ids is None else list(sought.entity_ids)
    return {
        "program": sought.program_id,
        "entities": entities,
        "period": sought.period,
        "state": sought.state,
        "direction": sought.direction,
        "told": sought.told,
    }
