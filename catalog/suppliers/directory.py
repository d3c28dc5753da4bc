"""Who supplies a program, and how a supplier's own categories map to ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from catalog.ports import SupplierAccess
from coalition import partners
from coalition.access import suspended_partners, suspension
from coalition.kernel import audit
from coalition.kernel.db import execute, fetch_all, fetch_one
from coalition.kernel.errors import Conflict, NotFound

_SUPPLIER = "SELECT id, program_id, code, name, legal_entity_id, kind, protocol, margin_bp, state FROM supplier"
_LIST_LIMIT = 500


@dataclass(frozen=True, slots=True)
class Supplier:
    """One supplier of one program. `legal_entity_id` is who is paid; `margin_bp` is added to its costs, in 0.01 %.

    `protocol` is how it is spoken to: `goods`, `giftcode`, `flight`, `event`, or `pool` for
    codes of our own.
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
    """A new supplier. `secret` (`whsec_...`) signs its webhooks, and our requests unless a `token` admits us.

    Raises Conflict `code_in_use`.
    """
    row = fetch_one(
        "INSERT INTO supplier (program_id, code, name, legal_entity_id, base_url, secret, kind, protocol,"
        " token, margin_bp) VALUES (:program_id, :code, :name, :legal_entity_id, :base_url, :secret, :kind,"
        " :protocol, :token, :margin_bp) ON CONFLICT (program_id, code) DO NOTHING RETURNING id",
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
    if row is None:
        raise Conflict("code_in_use", "The program has a supplier of this code.")
    audit.record("supplier.create", f"supplier:{row.id}", code=code, legal_entity_id=legal_entity_id)
    return get(row.id)


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


def owned_by(program_id: int, partner_id: int) -> Sequence[Supplier]:
    """The suppliers whose legal entity belongs to the partner, by name; suspended ones, too."""
    entities = [entity.id for entity in partners.entities_of(partner_id)]
    sql = f"{_SUPPLIER} WHERE program_id = :program_id AND legal_entity_id = ANY(:entities) ORDER BY name LIMIT :limit"
    params = {"program_id": program_id, "entities": entities, "limit": _LIST_LIMIT}
    return [Supplier(**row._mapping) for row in fetch_all(sql, params)]


def barred_entities() -> list[int]:
    """The legal entities of suspended partners: no file is taken for the suppliers that are theirs."""
    return [entity.id for partner_id in suspended_partners() for entity in partners.entities_of(partner_id)]


def let_send(supplier_id: int) -> None:
    """Raise Conflict `partner_suspended` if the partner whose supplier it is is suspended."""
    if suspension(partners.entity(get(supplier_id).legal_entity_id).partner_id) is not None:
        raise Conflict("partner_suspended", "The partner is suspended; no file is taken for its supplier.")


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


def _one(sql: str, params: Mapping[str, Any]) -> Supplier:
    row = fetch_one(sql, params)
    if row is None:
        raise NotFound()
    return Supplier(**row._mapping)
