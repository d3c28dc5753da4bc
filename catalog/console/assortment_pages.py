"""What a program shows, of whom and on which shelves, and which of our suppliers other programs may show, too."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, url_for
from werkzeug.wrappers import Response

from catalog import pricing, rewards, suppliers
from catalog.console.frame import blueprint, choices, chosen_program, chosen_supplier, page, shelf_choices
from coalition import programs
from coalition.console import forms
from coalition.kernel.db import transact
from coalition.kernel.web.pages import language
from coalition.kernel.web.paging import place
from coalition.programs import Program

_TEXTS = ("supplier", "shelf", "shown", "margin", "shared", "with")
_FIELDS = {f"/{name}": name for name in _TEXTS} | {"/program": "with"}
Answer = Response | tuple[str, int]


@blueprint.get("/assortment")
def assortment() -> str:
    """The program's decisions, the form of another, and who else may show our suppliers."""
    return _page([], {})


@blueprint.post("/assortment")
def decide_assortment() -> Answer:
    """Show a supplier, a shelf or a supplier's goods on a shelf, or not, with a margin of its own; or decide anew."""
    given = forms.answers(*_TEXTS)
    margin = forms.units(given["margin"], 2) if given["margin"] else None
    if given["margin"] and margin is None:
        return _page([forms.error("margin", "percent_any")], given), 422

    def work() -> None:
        program = chosen_program()
        rewards.assort(
            program.id,
            supplier_id=place(given["supplier"]),
            category_id=rewards.category(program.id, given["shelf"]).id if given["shelf"] else None,
            shown=given["shown"] != "no",
            margin_bp=margin,
        )
        _publish(program.id)

    return _done(given, "assortment_decided", *forms.tried(work, _FIELDS))


@blueprint.post("/assortment/share")
def share_supplier() -> Answer:
    """Let another program show a supplier of ours, if it wants to."""
    given = forms.answers(*_TEXTS)

    def work() -> None:
        ours = chosen_program()
        rewards.share_supplier(ours.id, chosen_supplier(ours, given["shared"]).id, programs.by_code(given["with"]).id)

    return _done(given, "supplier_shared", *forms.tried(work, _FIELDS))


@blueprint.post("/assortment/unshare")
def unshare_supplier() -> Answer:
    """Take a supplier of ours away from another program; what was ordered there goes on."""
    given = forms.answers(*_TEXTS)

    def work() -> None:
        ours, other = chosen_program(), programs.by_code(given["with"])
        rewards.unshare_supplier(ours.id, chosen_supplier(ours, given["shared"]).id, other.id)
        _publish(other.id)

    return _done(given, "supplier_unshared", *forms.tried(work, _FIELDS))


def listed() -> dict[str, Any]:
    """The program's decisions with the names of what they are about; `known` are its own suppliers and those it may
    show."""
    program = chosen_program()
    decided, shelves = rewards.assortment(program.id), rewards.all_categories(program.id)
    known = {one.id: one.name for one in suppliers.standings(program.id)}
    known |= {one.supplier_id: suppliers.get(one.supplier_id).name for one in decided if one.supplier_id}
    names = {one.id: one.name(language()) for one in shelves}
    told = [
        {
            "supplier": known.get(one.supplier_id or 0),
            "shelf": names.get(one.category_id or 0),
            "shown": one.shown,
            "margin_bp": one.margin_bp,
        }
        for one in decided
    ]
    return {**choices(program), "decided": told, "known": known, "shelves": shelves}


def _publish(program_id: int) -> None:
    rewards.republish(program_id)
    pricing.rebuild(program_id)


def _done(given: dict[str, str], said: str, errors: forms.Errors, status: int) -> Answer:
    if errors:
        return _page(errors, given), status
    program = transact(chosen_program)
    return redirect(url_for("desk.assortment", program=program.code, done=said), code=303)


def _page(errors: forms.Errors, given: dict[str, str]) -> str:
    def work() -> dict[str, Any]:
        found = listed()
        program: Program = found["program"]
        others = {one.id: one for one in programs.list_programs() if one.id != program.id}
        own = {one.id: one for one in suppliers.standings(program.id)}
        return {
            **found,
            "sellers": sorted(found["known"].items(), key=lambda one: one[1]),
            "places": shelf_choices(found["shelves"]),
            "own": [(one.code, one.name) for one in own.values()],
            "others": [(one.code, one.name) for one in others.values()],
            "shared": [(own[at], others[with_id]) for at, with_id in rewards.shares(program.id) if with_id in others],
        }

    answers = dict.fromkeys(_TEXTS, "") | {"shown": "yes"} | given
    return render_template(
        "desk/assortment.html", errors=errors, answers=answers, **page("suppliers"), **transact(work)
    )
