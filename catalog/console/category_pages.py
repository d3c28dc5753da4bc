"""The shelves of a program: the tree of them, another one, and what one is called and where it hangs."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, url_for
from werkzeug.wrappers import Response

from catalog import rewards
from catalog.console.frame import blueprint, choices, chosen_program, page, shelf_choices
from coalition.console import forms
from coalition.kernel.db import transact
from coalition.kernel.errors import FieldError, Invalid
from coalition.kernel.web.icons import shapes
from coalition.kernel.web.pages import language
from coalition.programs import Program

_TEXTS = ("code", "name_en", "name_ru", "kind", "parent", "icon", "artwork", "position")
_FIELDS = {f"/{name}": name for name in _TEXTS}
_FIRST = {"kind": "goods", "icon": "box", "artwork": "box", "position": "0"}
_FARTHEST = 1_000_000
Answer = Response | tuple[str, int]


@blueprint.get("/shelves")
def shelf_list() -> str:
    """Every shelf, and the form of another."""
    return _page([], {})


@blueprint.post("/shelves")
def add_shelf() -> Answer:
    """Add a shelf."""
    given = forms.answers(*_TEXTS)

    def work() -> None:
        program = chosen_program()
        facts = _facts(given)
        rewards.create_category(
            program.id, given["code"], kind=given["kind"], parent_id=_above(program, given["parent"]), **facts
        )

    errors, status = forms.tried(work, _FIELDS)
    return (_page(errors, given), status) if errors else _done("shelf_added")


@blueprint.get("/shelves/<code>")
def shelf(code: str) -> str:
    """One shelf, and the form that changes it."""
    return _one(code, [], {})


@blueprint.post("/shelves/<code>")
def change_shelf(code: str) -> Answer:
    """Call a shelf anew, and hang it elsewhere; what lies on it goes with it."""
    given = forms.answers(*_TEXTS)

    def work() -> None:
        program = chosen_program()
        found = rewards.category(program.id, code)
        rewards.change_category(program.id, found.id, **_facts(given))
        parent_id = _above(program, given["parent"])
        if parent_id != found.parent_id:
            rewards.move_category(program.id, found.id, parent_id)

    errors, status = forms.tried(work, _FIELDS)
    return (_one(code, errors, given), status) if errors else _done("shelf_changed")


def listed() -> dict[str, Any]:
    """Every shelf of the chosen program, each after the one above it."""
    program = chosen_program()
    return {**choices(program), "shelves": rewards.all_categories(program.id), "language": language()}


def _facts(given: dict[str, str]) -> dict[str, Any]:
    """What a shelf is called and looks like. Raises Invalid for a picture that we do not have, or no number."""
    position = forms.whole(given["position"] or "0")
    problems = [] if given["icon"] in shapes() else [FieldError("/icon", "invalid", "There is no such picture.")]
    if position is None or not 0 <= position <= _FARTHEST:
        problems.append(FieldError("/position", "invalid", "A whole number, not below zero."))
    if problems:
        raise Invalid("invalid", "No shelf is like this.", problems)
    return {name: given[name] for name in ("name_en", "name_ru", "icon", "artwork")} | {"position": position}


def _above(program: Program, code: str) -> int | None:
    """The shelf above; None for the top. Raises NotFound."""
    return rewards.category(program.id, code).id if code else None


def _done(said: str) -> Response:
    program = transact(chosen_program)
    return redirect(url_for("desk.shelf_list", program=program.code, done=said), code=303)


def _parents(found: dict[str, Any], but: rewards.Category | None = None) -> list[tuple[str, str]]:
    """The shelves under which one may hang."""
    return shelf_choices(
        one for one in found["shelves"] if but is None or (one.id != but.id and but.id not in one.path)
    )


def _page(errors: forms.Errors, given: dict[str, str]) -> str:
    found = transact(listed)
    shown = {"answers": dict.fromkeys(_TEXTS, "") | _FIRST | given, "parents": _parents(found), **_choices()}
    return render_template("desk/shelves.html", errors=errors, **shown, **page("products"), **found)


def _one(code: str, errors: forms.Errors, given: dict[str, str]) -> str:
    def work() -> dict[str, Any]:
        found = listed()
        one = rewards.category(found["program"].id, code)
        above = next((each.code for each in found["shelves"] if each.id == one.parent_id), "")
        known = {name: str(getattr(one, name)) for name in _TEXTS if name != "parent"}
        answers = {**known, "parent": above, **given, "code": one.code, "kind": one.kind}
        return {**found, "shelf": one, "answers": answers, "parents": _parents(found, one)}

    return render_template("desk/shelf.html", errors=errors, **_choices(), **page("products"), **transact(work))


def _choices() -> dict[str, Any]:
    return {"kinds": tuple(rewards.KINDS), "artworks": rewards.ARTWORKS}
