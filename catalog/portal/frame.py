"""What every page of suppliers shares: who may enter, and which suppliers are the partner's own.

A supplier is its legal entity's partner's. Whatever an address names is looked up among these suppliers; another's is
NotFound, as if it did not exist.
"""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint

from catalog import suppliers
from coalition.kernel.errors import NotFound
from coalition.portal.frame import ADMIN, viewer
from coalition.site.viewer import Colleague, require_colleague

PEOPLE = ("supplier", ADMIN)
blueprint = Blueprint("supply", "catalog", url_prefix="/portal/supply")


@blueprint.before_request
def _partners_only() -> None:
    require_colleague()


def is_supplier(colleague: Colleague) -> bool:
    """Whether the colleague's partner supplies rewards, whatever else it does."""
    return bool(suppliers.owned_by(colleague.program_id, colleague.partner_id))


def own_suppliers() -> Mapping[int, suppliers.Supplier]:
    """The viewer's own suppliers, by number. Forbidden for people without the right; NotFound where there is none."""
    colleague = viewer(*PEOPLE)
    found = {one.id: one for one in suppliers.owned_by(colleague.program_id, colleague.partner_id)}
    if not found:
        raise NotFound()
    return found


def own_supplier(code: str) -> suppliers.Supplier:
    """One of the viewer's own suppliers, by its code. Raises NotFound, for another's too."""
    for one in own_suppliers().values():
        if one.code == code:
            return one
    raise NotFound()
