"""What every page of the catalog's console shares: who may enter, which program is looked at, and the tabs.

Support may look at orders and returns; all else is the catalog managers'.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request

from catalog import suppliers
from coalition.console.frame import choices, chosen_program, first_program
from coalition.kernel.errors import NotFound
from coalition.kernel.web.exporting import SUFFIX
from coalition.programs import Program
from coalition.site.viewer import current_staff, require_role

__all__ = ["blueprint", "choices", "chosen_program", "chosen_supplier", "first_program", "open_to_support", "page"]

blueprint = Blueprint("desk", "catalog", url_prefix="/console/catalog")
_OPEN: set[str] = set()
_KEEPERS = ("catalog", "admin")


def open_to_support(view: Any) -> Any:
    """Let support in, too: it answers members about orders and returns."""
    _OPEN.add(f"desk.{view.__name__}")
    return view


@blueprint.before_request
def _staff_only() -> None:
    asked = (request.endpoint or "").removesuffix(SUFFIX)
    require_role("catalog", *(["support"] if asked in _OPEN else []))


def page(tab: str) -> dict[str, Any]:
    """What the frame of a page wants: the active item of the main navigation, the active tab, who may do things."""
    staff = current_staff()
    return {"nav": "desk", "tab": tab, "may_decide": staff is not None and not staff.roles.isdisjoint(_KEEPERS)}


def chosen_supplier(program: Program, code: str) -> suppliers.Supplier:
    """The program's supplier of this code. Raises NotFound."""
    found = suppliers.by_code(program.id, code)
    if found.program_id != program.id:
        raise NotFound()
    return found
