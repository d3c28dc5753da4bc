"""What every page of the marketers' desk shares: who may enter, which program is looked at, how its things are called.

Marketers see promotions, nothing of members. The program is named by `?program=`, which every link of the desk keeps.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request

from coalition import members, partners, programs, promotions
from coalition.console.frame import choices, chosen_program
from coalition.kernel.web.pages import language
from coalition.programs import Program
from coalition.promotions import wording
from coalition.promotions.wording import Money
from coalition.site.viewer import current_staff, require_role

__all__ = ["ROLE", "blueprint", "choices", "chosen_program", "money_of", "names_of", "page", "voice_of"]

ROLE = "marketer"
blueprint = Blueprint("marketing", __name__, url_prefix="/console")
_BASE_TIER = ("Basic tier", "Базовый уровень")


@blueprint.before_request
def _marketers_only() -> None:
    require_role(ROLE)


@blueprint.url_defaults
def _same_program(endpoint: str, values: dict[str, Any]) -> None:
    if request and request.args.get("program"):
        values.setdefault("program", request.args["program"])


def page(tab: str) -> dict[str, Any]:
    """What the frame of a page wants: the active item of the navigation and the active tab."""
    staff = current_staff()
    own = tab in ("campaigns", "rulesets") and staff is not None and "admin" not in staff.roles
    return {"nav": tab if own else "promotions", "tab": tab}


def money_of(program: Program) -> Money:
    """The decimals of the program's money and of its points."""
    return Money(program.currency_decimals, {one.code: one.decimals for one in programs.currencies(program.id)})


def names_of(program: Program, *, shelves: bool = False) -> wording.Names:
    """What the program calls its partners, outlets, tiers, accounts, groups and currencies.

    With `shelves` also the categories and brands of its assortments: they are named only where they are chosen.
    """
    known = partners.list_partners(program.id)
    categories, brands = partners.shelves(program.id) if shelves else ([], [])
    outlets = {
        f"{partner.code}:{one.code}": (one.name, one.name)
        for partner in known
        for one in partners.list_outlets(partner.id)
    }
    tiers = {one.code: (one.name_en, one.name_ru) for one in members.ladder(program.id).tiers}
    return wording.Names(
        money=program.currency,
        money_decimals=program.currency_decimals,
        zone=program.zone,
        currencies={one.code: (one.name_en, one.name_ru, one.decimals) for one in programs.currencies(program.id)},
        values={
            "partners": {one.code: (one.name, one.name) for one in known},
            "outlets": outlets,
            "tiers": {"base": _BASE_TIER, **tiers},
            "groups": {one.code: (one.name_en, one.name_ru) for one in partners.groups(program.id)},
            "categories": {one: (one, one) for one in categories},
            "brands": {one: (one, one) for one in brands},
            "segments": {one: (one, one) for one in promotions.segments(program.id)},
            "accounts": {one.code: (one.name_en, one.name_ru) for one in programs.promo_accounts(program.id)},
        },
    )


def voice_of(names: wording.Names) -> wording.Voice:
    """The names in the viewer's language."""
    return wording.Voice(names, language())
