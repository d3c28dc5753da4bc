"""What a program shows of what suppliers offer, and with which margin: a choice of suppliers and of shelves.

A program shows its own suppliers unless it decides otherwise. Another program's supplier is shown only if that program
shares it and this one takes it: two decisions, of which either can be taken back. What any decision hides is hidden;
of the margins the narrowest counts (a supplier's goods on a shelf, then the supplier, then the shelf).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from catalog import suppliers
from coalition import programs
from coalition.kernel import audit
from coalition.kernel.db import execute, fetch_all, fetch_one
from coalition.kernel.errors import FieldError, Invalid, NotFound

_MOST = 500


@dataclass(frozen=True, slots=True)
class Assorted:
    """One decision: about a supplier as a whole, a category as a whole, or a supplier's goods in a category.

    `margin_bp` in 0.01 % of the cost; None leaves it to the wider decision and at last to the supplier's own.
    """

    supplier_id: int | None
    category_id: int | None
    shown: bool
    margin_bp: int | None


def assort(
    program_id: int,
    *,
    supplier_id: int | None = None,
    category_id: int | None = None,
    shown: bool = True,
    margin_bp: int | None = None,
) -> None:
    """Decide whether something is shown, and with which margin; deciding again replaces it. Publishing makes it so.

    Raises NotFound for a category of another program, or a supplier that is neither its own nor shared with it.
    """
    if supplier_id is None and category_id is None:
        raise Invalid("invalid", "Name a supplier or a category.", [FieldError("/supplier", "required", "Missing.")])
    if margin_bp is not None and margin_bp not in suppliers.MARGIN_BP:
        problem = FieldError("/margin", "invalid", "From -99.99 to 1000 percent.")
        raise Invalid("invalid", problem.detail, [problem])
    if supplier_id is not None and not _may_show(program_id, supplier_id):
        raise NotFound()
    if category_id is not None and not fetch_one(
        "SELECT id FROM category WHERE program_id = :program_id AND id = :id",
        {"program_id": program_id, "id": category_id},
    ):
        raise NotFound()
    execute(
        "INSERT INTO assortment (program_id, supplier_id, category_id, shown, margin_bp) VALUES (:program_id,"
        " :supplier_id, :category_id, :shown, :margin_bp) ON CONFLICT (program_id, supplier_id, category_id)"
        " DO UPDATE SET shown = excluded.shown, margin_bp = excluded.margin_bp",
        {
            "program_id": program_id,
            "supplier_id": supplier_id,
            "category_id": category_id,
            "shown": shown,
            "margin_bp": margin_bp,
        },
    )
    facts = {"supplier": supplier_id, "category": category_id, "shown": shown, "margin_bp": margin_bp}
    audit.record("assortment.decide", f"program:{program_id}", **facts)


def assortment(program_id: int) -> Sequence[Assorted]:
    """The program's decisions, suppliers first."""
    rows = fetch_all(
        "SELECT supplier_id, category_id, shown, margin_bp FROM assortment WHERE program_id = :program_id"
        " ORDER BY supplier_id, category_id NULLS FIRST LIMIT :limit",
        {"program_id": program_id, "limit": _MOST},
    )
    return [Assorted(*row) for row in rows]


def shares(owner_program_id: int) -> Sequence[tuple[int, int]]:
    """Which suppliers of ours are shared with which other programs, as (supplier, program)."""
    rows = fetch_all(
        "SELECT a.supplier_id, a.program_id FROM assortment a WHERE a.category_id IS NULL AND a.program_id <> :owner"
        " AND a.supplier_id = ANY (:own) ORDER BY a.supplier_id, a.program_id LIMIT :limit",
        {
            "owner": owner_program_id,
            "own": [one.id for one in suppliers.standings(owner_program_id)],
            "limit": _MOST,
        },
    )
    return [(row.supplier_id, row.program_id) for row in rows]


def share_supplier(owner_program_id: int, supplier_id: int, program_id: int) -> None:
    """Let another program show a supplier of ours, if it wants to; sharing twice changes nothing.

    Raises NotFound if the supplier is not ours, Invalid if the programs count money in different currencies.
    """
    if suppliers.get(supplier_id).program_id != owner_program_id or program_id == owner_program_id:
        raise NotFound()
    if programs.get(program_id).currency != programs.get(owner_program_id).currency:
        detail = "The programs count money in different currencies."
        raise Invalid("invalid", detail, [FieldError("/program", "invalid", detail)])
    execute(
        "INSERT INTO assortment (program_id, supplier_id, shown) VALUES (:program_id, :supplier_id, false)"
        " ON CONFLICT DO NOTHING",
        {"program_id": program_id, "supplier_id": supplier_id},
    )
    audit.record("supplier.share", f"supplier:{supplier_id}", program=program_id)


def unshare_supplier(owner_program_id: int, supplier_id: int, program_id: int) -> None:
    """Take a supplier of ours away from another program; publishing hides it there. Orders go on. Raises NotFound."""
    if suppliers.get(supplier_id).program_id != owner_program_id or program_id == owner_program_id:
        raise NotFound()
    execute(
        "DELETE FROM assortment WHERE program_id = :program_id AND supplier_id = :supplier_id",
        {"program_id": program_id, "supplier_id": supplier_id},
    )
    audit.record("supplier.unshare", f"supplier:{supplier_id}", program=program_id)


def _may_show(program_id: int, supplier_id: int) -> bool:
    if suppliers.get(supplier_id).program_id == program_id:
        return True
    shared = fetch_one(
        "SELECT id FROM assortment WHERE program_id = :program_id AND supplier_id = :supplier_id"
        " AND category_id IS NULL FOR UPDATE",
        {"program_id": program_id, "supplier_id": supplier_id},
    )
    return shared is not None
