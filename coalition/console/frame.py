"""What every page of the console shares: who may enter, and which program is looked at.

Staff belong to the installation; the program is named by `?program=`, and is the first one where it is not.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request

from coalition import partners, programs
from coalition.kernel.errors import NotFound
from coalition.kernel.web.pages import language, use_zone
from coalition.site.viewer import require_role

blueprint = Blueprint("console", __name__, url_prefix="/console")
ROLES = ("support",)


@blueprint.before_request
def _staff_only() -> None:
    require_role(*ROLES)


def chosen_program() -> programs.Program:
    """The program this page is about. Raises NotFound for an unknown code."""
    code = request.args.get("program") or request.form.get("program") or ""
    program = programs.by_code(code) if code else first_program()
    use_zone(program.zone)
    return program


def first_program() -> programs.Program:
    """The program that is looked at where none is named. Raises NotFound in an installation without one."""
    known = programs.list_programs()
    if not known:
        raise NotFound()
    return known[0]


def choices(program: programs.Program) -> dict[str, Any]:
    """The chosen program and the others that could be looked at, as templates want them."""
    return {"program": program, "programs": programs.list_programs()}


def currency_name(currency: programs.Currency) -> str:
    """The name of a points currency in the viewer's language."""
    return currency.name_ru if language() == "ru" else currency.name_en


def partner_names(program_id: int) -> dict[int, str]:
    """The names of a program's partners, by id."""
    return {partner.id: partner.name for partner in partners.list_partners(program_id)}
