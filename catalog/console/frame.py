"""What every page of the catalog's console shares: who may enter, which program is looked at, and the tabs.

Support may look at orders and returns; all else is the catalog managers'.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import Blueprint, Response, make_response, render_template, request

from catalog import rewards, suppliers
from coalition.console import forms
from coalition.console.frame import choices, chosen_program, first_program
from coalition.kernel.db import transact
from coalition.kernel.errors import NotFound
from coalition.kernel.web.exporting import SUFFIX
from coalition.kernel.web.pages import language
from coalition.programs import Program
from coalition.site.viewer import current_staff, require_role

__all__ = [
    "blueprint",
    "choices",
    "chosen_program",
    "chosen_supplier",
    "first_program",
    "open_to_support",
    "page",
    "secret_page",
    "shelf_choices",
]

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


def secret_page(
    tab: str,
    name: str,
    secret: str | None,
    callbacks: str,
    above: tuple[str, str],
    back: str,
    *,
    errors: forms.Errors | None = None,
    status: int = 200,
) -> Response:
    """The one page that shows a secret of ours (None: it is the one that we were given); nobody keeps it on the way."""
    program = transact(chosen_program)
    shown: dict[str, Any] = {"name": name, "secret": secret, "callbacks": callbacks, "above": above, "back": back}
    shown |= {**page(tab), **transact(lambda: choices(program)), "errors": errors or []}
    answer = make_response(render_template("desk/secret.html", **shown), status)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def shelf_choices(shelves: Iterable[rewards.Category]) -> list[tuple[str, str]]:
    """Shelves to choose from, by code, deeper ones set in."""
    return [(one.code, "— " * len(one.path) + one.name(language())) for one in shelves]


def chosen_supplier(program: Program, code: str) -> suppliers.Supplier:
    """The program's supplier of this code. Raises NotFound."""
    found = suppliers.by_code(program.id, code)
    if found.program_id != program.id:
        raise NotFound()
    return found
