"""Tending suppliers: what staff see of each, and the few facts of one that may change after it was made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from catalog.suppliers.directory import get
from coalition.kernel import audit
from coalition.kernel.db import execute, fetch_all
from coalition.kernel.errors import FieldError, Invalid

STATES = ("active", "suspended")
MARGIN_BP = range(-9_999, 100_001)
SILENT = ("pool", "none")  # nobody is asked: they need no address
_MOST = 500
_STANDING = """
    SELECT s.id, s.code, s.name, s.kind, s.protocol, s.margin_bp, s.state, s.base_url,
           count(o.id) FILTER (WHERE o.state = 'active') AS offers_active,
           count(o.id) FILTER (WHERE o.state <> 'active') AS offers_off
      FROM supplier s LEFT JOIN offer o ON o.supplier_id = s.id
     WHERE s.program_id = :program_id
     GROUP BY s.id ORDER BY s.state, s.name LIMIT :most"""


@dataclass(frozen=True, slots=True)
class Standing:
    """A supplier as staff see it: how it is spoken to, and how many of its offers are on sale or off it."""

    id: int
    code: str
    name: str
    kind: str
    protocol: str
    margin_bp: int
    state: str
    base_url: str
    offers_active: int
    offers_off: int


def standings(program_id: int) -> Sequence[Standing]:
    """Every supplier of the program, the active ones first."""
    rows = fetch_all(_STANDING, {"program_id": program_id, "most": _MOST})
    return [Standing(**row._mapping) for row in rows]


def change(supplier_id: int, *, name: str, margin_bp: int, state: str, base_url: str) -> None:
    """Change a supplier's name, margin, state or address; what it sold is as it was. Raises Invalid, NotFound.

    A suspended supplier's offers are not orderable; its orders go on. The margin holds for prices made from now on.
    """
    found, problems = get(supplier_id), []
    if not 1 <= len(name) <= 100:
        problems.append(FieldError("/name", "invalid", "From 1 to 100 characters."))
    if margin_bp not in MARGIN_BP:
        problems.append(FieldError("/margin_bp", "invalid", "From -99.99 to 1000 percent."))
    if state not in STATES:
        problems.append(FieldError("/state", "invalid", f"One of {', '.join(STATES)}."))
    if not base_url.startswith(("http://", "https://")) and (base_url or found.protocol not in SILENT):
        problems.append(FieldError("/base_url", "invalid", "An address begins with https://."))
    if problems:
        raise Invalid("invalid", "The supplier cannot be changed like this.", problems)
    execute(
        "UPDATE supplier SET name = :name, margin_bp = :margin_bp, state = :state, base_url = :base_url WHERE id = :id",
        {"id": supplier_id, "name": name, "margin_bp": margin_bp, "state": state, "base_url": base_url.rstrip("/")},
    )
    audit.record("supplier.change", f"supplier:{supplier_id}", before=found.margin_bp, margin_bp=margin_bp, state=state)
