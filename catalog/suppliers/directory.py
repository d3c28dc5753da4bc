"""Who supplies a program, through which feeds, and how a supplier's own categories map to ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from catalog.ports import SupplierAccess
from coalition import partners, programs
from coalition.kernel import audit
from coalition.kernel.db import execute, fetch_all, fetch_one
from coalition.kernel.errors import NotFound

_SUPPLIER = "SELECT id, program_id, code, name, legal_entity_id, kind, protocol, margin_bp, state FROM supplier"
_FEED = (
    "SELECT f.id, f.supplier_id, f.code, f.url, f.currency, f.zone, f.max_bytes, f.missing_percent, f.missing_rows,"
    " f.overlap_percent, f.quarantine_percent FROM feed f"
)
_DEFAULT_MAX_BYTES = 2_000_000_000
_LIST_LIMIT = 500


@dataclass(frozen=True, slots=True)
class Supplier:
    """One supplier of one program. `legal_entity_id` is who is paid; `margin_bp` is added to its costs, in 0.01 %.

    `protocol` is how it is spoken to: `goods`, `giftcode`, `flight` or `event`.
    """

    id: int
    program_id: int
    code: str
    name: str
    legal_entity_id: int
    kind: str
    protocol: str
    margin_bp: int
    state: str


@dataclass(frozen=True, slots=True)
class Guards:
    """What a feed may not do without a person's consent; percentages of what was known before.

    Over `missing_percent` (and more than `missing_rows` rows) nothing is taken off sale; below `overlap_percent` of
    known ids, or over `quarantine_percent` of bad rows, the run is refused.
    """

    missing_percent: int = 20
    missing_rows: int = 50
    overlap_percent: int = 80
    quarantine_percent: int = 10


@dataclass(frozen=True, slots=True)
class Feed:
    """A file that a supplier publishes; prices in `currency`, dates without a zone are in `zone`."""

    id: int
    supplier_id: int
    code: str
    url: str | None
    currency: str
    zone: str
    max_bytes: int
    guards: Guards


def create(
    program_id: int,
    code: str,
    name: str,
    legal_entity_id: int,
    *,
    base_url: str,
    secret: str,
    kind: str = "goods",
    protocol: str = "goods",
    token: str = "",
    margin_bp: int = 0,
) -> Supplier:
    """A new supplier. `secret` (`whsec_...`) signs its webhooks, and our requests unless a `token` admits us."""
    row = fetch_one(
        "INSERT INTO supplier (program_id, code, name, legal_entity_id, base_url, secret, kind, protocol,"
        " token, margin_bp) VALUES (:program_id, :code, :name, :legal_entity_id, :base_url, :secret, :kind,"
        " :protocol, :token, :margin_bp) RETURNING id",
        {
            "program_id": program_id,
            "code": code,
            "name": name,
            "legal_entity_id": legal_entity_id,
            "base_url": base_url.rstrip("/"),
            "secret": secret,
            "kind": kind,
            "protocol": protocol,
            "token": token,
            "margin_bp": margin_bp,
        },
    )
    assert row is not None
    audit.record("supplier.create", f"supplier:{row.id}", code=code, legal_entity_id=legal_entity_id)
    return get(row.id)


def create_feed(
    supplier_id: int,
    code: str,
    *,
    url: str | None = None,
    guards: Guards | None = None,
    max_bytes: int = _DEFAULT_MAX_BYTES,
) -> Feed:
    """A new feed of a supplier, in its program's currency and zone; without `url` it is uploaded, never fetched."""
    program, chosen = programs.get(get(supplier_id).program_id), guards or Guards()
    row = fetch_one(
        "INSERT INTO feed (supplier_id, code, url, currency, zone, max_bytes, missing_percent, missing_rows,"
        " overlap_percent, quarantine_percent) VALUES (:supplier_id, :code, :url, :currency, :zone, :max_bytes,"
        " :missing_percent, :missing_rows, :overlap_percent, :quarantine_percent) RETURNING id",
        {
            "supplier_id": supplier_id,
            "code": code,
            "url": url,
            "currency": program.currency,
            "zone": program.zone,
            "max_bytes": max_bytes,
            "missing_percent": chosen.missing_percent,
            "missing_rows": chosen.missing_rows,
            "overlap_percent": chosen.overlap_percent,
            "quarantine_percent": chosen.quarantine_percent,
        },
    )
    assert row is not None
    return get_feed(row.id)


def map_categories(supplier_id: int, targets: Mapping[str, str]) -> None:
    """Map a supplier's category paths (`"Home/Kitchen"`) to codes of our categories; a known path is mapped anew."""
    for path, target in sorted(targets.items()):
        execute(
            "INSERT INTO category_mapping (supplier_id, supplier_category, target)"
            " VALUES (:supplier_id, :path, :target) ON CONFLICT (supplier_id, supplier_category)"
            " DO UPDATE SET target = excluded.target",
            {"supplier_id": supplier_id, "path": path, "target": target},
        )


def get(supplier_id: int) -> Supplier:
    """The supplier. Raises NotFound."""
    return _one(f"{_SUPPLIER} WHERE id = :id", {"id": supplier_id})


def by_code(program_id: int, code: str) -> Supplier:
    """The supplier of a program by its code. Raises NotFound."""
    return _one(
        f"{_SUPPLIER} WHERE program_id = :program_id AND code = :code", {"program_id": program_id, "code": code}
    )


def of_partner(program_id: int, partner_id: int, code: str) -> Supplier:
    """The supplier by its code if its legal entity belongs to the partner; to anybody else it is NotFound."""
    found = by_code(program_id, code)
    if partners.entity(found.legal_entity_id).partner_id != partner_id:
        raise NotFound()
    return found


def list_suppliers(program_id: int) -> Sequence[Supplier]:
    """The program's active suppliers by name."""
    sql = f"{_SUPPLIER} WHERE program_id = :program_id AND state = 'active' ORDER BY name LIMIT :limit"
    return [Supplier(**row._mapping) for row in fetch_all(sql, {"program_id": program_id, "limit": _LIST_LIMIT})]


def access(supplier_id: int) -> SupplierAccess:
    """How to reach the supplier: read it inside a transaction, use it after. Raises NotFound."""
    row = fetch_one(
        "SELECT code, base_url, secret, protocol, id, caps, token FROM supplier WHERE id = :id", {"id": supplier_id}
    )
    if row is None:
        raise NotFound()
    return SupplierAccess(*row)


def get_feed(feed_id: int) -> Feed:
    """The feed. Raises NotFound."""
    return _one_feed(f"{_FEED} WHERE f.id = :id", {"id": feed_id})


def feed(supplier_id: int, code: str) -> Feed:
    """The supplier's feed by its code. Raises NotFound."""
    return _one_feed(
        f"{_FEED} WHERE f.supplier_id = :supplier_id AND f.code = :code", {"supplier_id": supplier_id, "code": code}
    )


def feeds_to_fetch() -> Sequence[int]:
    """The ids of the feeds of active suppliers that are fetched from an address."""
    rows = fetch_all(
        "SELECT f.id FROM feed f JOIN supplier s ON s.id = f.supplier_id"
        " WHERE f.url IS NOT NULL AND s.state = 'active' ORDER BY f.id LIMIT :limit",
        {"limit": _LIST_LIMIT},
    )
    return [row.id for row in rows]


def _one(sql: str, params: Mapping[str, Any]) -> Supplier:
    row = fetch_one(sql, params)
    if row is None:
        raise NotFound()
    return Supplier(**row._mapping)


def _one_feed(sql: str, params: Mapping[str, Any]) -> Feed:
    row = fetch_one(sql, params)
    if row is None:
        raise NotFound()
    facts = dict(row._mapping)
    guards = Guards(**{field.name: facts.pop(field.name) for field in fields(Guards)})
    return Feed(**facts, guards=guards)
