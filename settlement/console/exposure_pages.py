"""Finance's limits: how much each company may fund before it has paid, what of it is used, and what was declined."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request

from coalition import partners, programs
from coalition.kernel import ids
from coalition.kernel.db import transact
from coalition.kernel.errors import NotFound
from coalition.kernel.web.pages import use_zone
from coalition.partners import exposure
from coalition.partners.exposure import Standing
from coalition.site.viewer import require_role

blueprint = Blueprint("exposure", "settlement", template_folder="templates", url_prefix="/console/limits")
_WARN, _FULL = 80, 100


@blueprint.before_request
def _finance_only() -> None:
    require_role("finance")


@blueprint.get("")
def index() -> str:
    """The limits of a program, the most used first."""
    return render_template("settlement/exposure.html", nav="settlement", **transact(listed))


def listed() -> dict[str, Any]:
    """The limits of a program, the most used first."""
    known = programs.list_programs()
    if not known:
        raise NotFound()
    code = request.args.get("program", "")
    program = programs.by_code(code) if code else known[0]
    use_zone(program.zone)
    names = {entity.id: entity.name for entity in partners.entities(program.id)}
    limits = [row(one, names[one.limit.legal_entity_id], program) for one in exposure.standings(program.id)]
    return {"program": program, "programs": known, "limits": limits}


def row(one: Standing, name: str, program: programs.Program) -> dict[str, Any]:
    """A limit as templates want it."""
    scale = 10 ** (6 - program.currency_decimals)
    share = 100 * one.used // one.limit.cap if one.limit.cap else _FULL
    return {
        "id": ids.public("ent", one.limit.legal_entity_id),
        "name": name,
        "kind": one.limit.kind,
        "policy": one.limit.policy,
        "cap_minor": one.limit.cap // scale,
        "used_minor": -(-one.used // scale),
        "left_minor": max(one.limit.cap - one.used, 0) // scale,
        "share": share,
        "alert": "full" if share >= _FULL or one.declined else "warn" if share >= _WARN else "",
        "declined": one.declined,
        "declined_at": one.declined_at,
    }
