"""Reading statements as they were written: heads, documents and lines, read back and never recomputed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from coalition.kernel.db import AnyRow, fetch_all
from coalition.kernel.errors import NotFound
from settlement.accruals import Period
from settlement.statements.arithmetic import Document, Drawn, Line

_PAGE = 10_000  # rows that are read at once; there may be any number of pages
_MOST = 10_000  # versions of one statement, closed periods of one program
_HEAD = """
    SELECT s.id, s.program_id, s.period_id, p.code AS period_code, p.starts_on, p.ends_on, s.legal_entity_id, s.number,
           s.version, e.state, s.is_operator, s.currency, s.currency_decimals, s.points_decimals, s.attribution,
           s.position_minor, s.parties, encode(s.content_sha256, 'hex') AS content_sha256, s.issued_at,
           s.settlement_currency, s.settlement_decimals, s.settlement_minor, s.fx_rate, s.fx_source, s.fx_at,
           r.period_id IS NOT NULL AS replaced
      FROM statement s JOIN settlement_period p ON p.id = s.period_id
      LEFT JOIN settlement_reopening r ON r.period_id = s.period_id AND r.version = s.version
     CROSS JOIN LATERAL (
           SELECT x.state FROM statement_event x WHERE x.statement_id = s.id ORDER BY x.no DESC LIMIT 1) e"""


@dataclass(frozen=True, slots=True)
class Statement:
    """The head of a statement; `state` is that of its last event, `position_minor` + receives, - pays, VAT included.

    `parties` holds the names, countries and tax numbers of `operator` and `party` as they were at the close.
    `settlement_minor` is the position in the settlement currency, at the rate fixed at the close (None: the same
    currency). Of a period that was opened again the older `version` is `replaced`.
    """

    id: int
    program_id: int
    period_id: int
    period_code: str
    starts_on: dt.date
    ends_on: dt.date
    legal_entity_id: int
    number: str
    version: int
    state: str
    is_operator: bool
    currency: str
    currency_decimals: int
    points_decimals: int
    attribution: str
    position_minor: int
    parties: dict[str, dict[str, str]]
    content_sha256: str
    issued_at: dt.datetime
    settlement_currency: str
    settlement_decimals: int
    settlement_minor: int
    fx_rate: Decimal | None
    fx_source: str | None
    fx_at: dt.datetime | None
    replaced: bool


def get(statement_id: int) -> Statement:
    """The statement. Raises NotFound."""
    found = heads("s.id = :id", {"id": statement_id}, 1)
    if not found:
        raise NotFound()
    return found[0]


def told(statement_id: int, entity_ids: Collection[int]) -> Statement:
    """A statement as its entity may see it: one of these entities' own, once it was sent. Raises NotFound."""
    found = get(statement_id)
    if found.state == "draft" or found.is_operator or found.legal_entity_id not in entity_ids:
        raise NotFound()
    return found


def of_period(period: Period) -> list[Statement]:
    """Every statement of a period in its last version, the operator's last; none while it is open."""
    found: list[Statement] = []
    while len(found) % _PAGE == 0:
        last = found[-1] if found else None
        page = heads(
            "s.period_id = :period AND r.period_id IS NULL AND (CAST(:number AS text) IS NULL"
            " OR (s.is_operator, s.number) > (CAST(:operator AS boolean), :number))",
            {
                "period": period.id,
                "operator": last.is_operator if last else None,
                "number": last.number if last else None,
            },
            _PAGE,
        )
        if not page:
            break
        found += page
    return found


def versions(statement: Statement) -> list[Statement]:
    """Every version of a statement, the first one first."""
    params = {"period": statement.period_id, "entity": statement.legal_entity_id}
    return heads("s.period_id = :period AND s.legal_entity_id = :entity", params, _MOST, order="s.version")


def of_entities(
    entity_ids: Collection[int], *, period: str | None, after: int | None, limit: int, told: bool = False
) -> list[Statement]:
    """Statements of these legal entities (of one period, if named), newest first, behind the one with id `after`.

    `told`: only those that were sent to them.
    """
    condition = """s.legal_entity_id = ANY(:entities) AND r.period_id IS NULL
        AND (NOT :told OR e.state <> 'draft')
        AND (CAST(:period AS text) IS NULL OR p.code = :period) AND (CAST(:after AS bigint) IS NULL OR s.id < :after)"""
    params = {"entities": list(entity_ids), "period": period, "after": after, "told": told}
    return heads(condition, params, limit, order="s.id DESC")


def documents(statement_ids: Collection[int]) -> dict[int, list[Document]]:
    """The documents of these statements with their lines, by statement; the operator's carry their twins' lines."""
    rows = document_rows(statement_ids)
    lines = _lines({row.mirrors_id or row.id for row in rows})
    found: dict[int, list[Document]] = {statement_id: [] for statement_id in statement_ids}
    for row in rows:
        own = tuple(lines.get(row.mirrors_id or row.id, ()))
        figures = (row.sign, row.vat_rate, own, row.net_minor, row.vat_minor, row.id, row.number)
        found[row.statement_id].append(Document(row.kind, row.legal_entity_id, row.counterparty_id, *figures))
    return found


def document_rows(statement_ids: Collection[int]) -> Sequence[AnyRow]:
    """The documents of these statements as they are stored, in their order; `mirrors_id` is the twin of a mirror."""
    return _every(
        """SELECT d.id, d.statement_id, s.legal_entity_id, d.mirrors_id, d.number, d.kind, d.counterparty_id, d.sign,
                  d.vat_rate, d.net_minor, d.vat_minor
             FROM statement_document d JOIN statement s ON s.id = d.statement_id
            WHERE d.statement_id = ANY(:ids) AND (d.statement_id, d.id) > (:first, :second)
            ORDER BY d.statement_id, d.id LIMIT :limit""",
        statement_ids,
        ("statement_id", "id"),
    )


def drawn_of(period: Period) -> list[Drawn]:
    """The statements of a closed period in the shape in which `draw_up` previews an open one."""
    heads = of_period(period)
    found = documents([head.id for head in heads])
    return [Drawn(head.legal_entity_id, head.is_operator, tuple(found[head.id])) for head in heads]


def heads(
    condition: str, params: dict[str, Any], limit: int, order: str = "s.is_operator, s.number"
) -> list[Statement]:
    """The statements for which an SQL condition holds: `s` is the statement, `p` its period, `e` its last event, `r`
    the reopening that replaced it."""
    rows = fetch_all(f"{_HEAD} WHERE {condition} ORDER BY {order} LIMIT :limit", {**params, "limit": limit})
    return [Statement(**row._mapping) for row in rows]


def _lines(document_ids: Collection[int]) -> dict[int, Sequence[Line]]:
    rows = _every(
        """SELECT document_id, no, code, agreement_id, currency_id, quantity, unit_price, net_minor FROM statement_line
            WHERE document_id = ANY(:ids) AND (document_id, no) > (:first, :second)
            ORDER BY document_id, no LIMIT :limit""",
        document_ids,
        ("document_id", "no"),
    )
    found: dict[int, list[Line]] = {}
    for row in rows:
        facts = dict(row._mapping)
        del facts["no"]
        found.setdefault(facts.pop("document_id"), []).append(Line(**facts))
    return dict(found)


def _every(query: str, ids: Collection[int], key: tuple[str, str]) -> list[AnyRow]:
    """All rows of a query that is ordered by a key of two numbers and read page by page, each behind the last one."""
    found: list[AnyRow] = []
    behind = (-1, -1)
    while len(found) % _PAGE == 0:
        params = {"ids": list(ids), "first": behind[0], "second": behind[1], "limit": _PAGE}
        page = fetch_all(query, params)
        if not page:
            break
        found += page
        behind = (getattr(page[-1], key[0]), getattr(page[-1], key[1]))
    return found


@dataclass(frozen=True, slots=True)
class Settled:
    """What a closed period came to, the operator left out: who pays and who receives, in minor units (both >= 0)."""

    statements: int
    payers: int
    payable_minor: int
    receivers: int
    receivable_minor: int


def settled(program_id: int) -> dict[int, Settled]:
    """What each closed period of a program came to, by period."""
    rows = fetch_all(
        f"""SELECT period_id, count(*) AS statements,
                   count(*) FILTER (WHERE NOT is_operator AND position_minor < 0) AS payers,
                   coalesce(-sum(position_minor) FILTER (WHERE NOT is_operator AND position_minor < 0), 0)::bigint
                     AS payable_minor,
                   count(*) FILTER (WHERE NOT is_operator AND position_minor > 0) AS receivers,
                   coalesce(sum(position_minor) FILTER (WHERE NOT is_operator AND position_minor > 0), 0)::bigint
                     AS receivable_minor
              FROM statement s WHERE program_id = :program AND NOT EXISTS (SELECT FROM settlement_reopening r
                   WHERE (r.period_id, r.version) = (s.period_id, s.version)) GROUP BY 1 LIMIT {_MOST}""",
        {"program": program_id},
    )
    found = {}
    for row in rows:
        facts = dict(row._mapping)
        period_id = facts.pop("period_id")
        found[period_id] = Settled(**facts)
    return found
