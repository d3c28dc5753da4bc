"""Where suppliers' categories belong on our shelves, pools of codes, and stock that does not add up."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from catalog import rewards
from catalog.console.frame import blueprint, choices, chosen_program, chosen_supplier, page
from coalition.console import forms
from coalition.kernel.db import transact
from coalition.kernel.errors import Refusal
from coalition.kernel.web.pages import language

BODY_MAX = 25_000_000
_MOST = 100


@blueprint.get("/suppliers/<code>/categories")
def categories(code: str) -> str:
    """The supplier's categories that nobody has mapped, with suggestions."""
    return _categories(code, [])


@blueprint.post("/suppliers/<code>/categories")
def map_categories(code: str) -> Response | tuple[str, int]:
    """Put the chosen ones on our shelves, and their offers on sale."""

    def work() -> None:
        supplier = chosen_supplier(chosen_program(), code)
        known = rewards.unmapped_categories(supplier.id, _MOST)
        given = {one.category: request.form.get(f"shelf-{at}", "") for at, one in enumerate(known)}
        asked = request.form.getlist("path")
        targets = {path: given[path] for path in asked if given.get(path)}
        rewards.approve_mapping(supplier.id, targets)
        rewards.publish(supplier.id)

    errors, status = forms.tried(work, {})
    if errors:
        return _categories(code, errors), status
    program = transact(chosen_program)
    return redirect(url_for("desk.categories", code=code, program=program.code, done="categories_mapped"), code=303)


@blueprint.get("/codes")
def pools() -> str:
    """Pools of codes, the emptiest first, and stock that does not add up."""
    return _pools([], {})


@blueprint.post("/codes/<int:offer>")
def upload_codes(offer: int) -> Response | tuple[str, int]:
    """Add the codes of a file to a pool, all of them or none."""
    file = request.files.get("file")
    if file is None or not file.filename:
        return _pools([forms.error(f"file-{offer}", "choose_file")], {}), 422
    done: list[rewards.Uploaded] = []
    try:
        lines = file.stream.read().decode("utf-8-sig").splitlines()
        transact(lambda: done.append(rewards.upload_codes(chosen_program().id, offer, lines)))
    except UnicodeDecodeError:
        return _pools([forms.error(f"file-{offer}", "invalid")], {}), 422
    except Refusal as refusal:
        if refusal.status == 404:
            raise
        said = refusal.errors[0].detail if refusal.errors else refusal.detail
        return _pools([forms.error(f"file-{offer}", "text", said)], {}), refusal.status
    return _pools([], {offer: done[0]}), 200


upload_codes.body_max = BODY_MAX  # type: ignore[attr-defined]


def unmapped(code: str) -> dict[str, Any]:
    """The categories of a supplier that nobody has mapped, and our shelves."""
    program = chosen_program()
    supplier = chosen_supplier(program, code)
    shelves = [(one.code, one.name(language())) for one in rewards.all_categories(program.id)]
    found = rewards.unmapped_categories(supplier.id, _MOST)
    return {**choices(program), "supplier": supplier, "unmapped": found, "shelves": shelves}


def all_pools() -> dict[str, Any]:
    """The pools of codes, and stock that does not add up."""
    program = chosen_program()
    incidents = rewards.stock_incidents(program.id)
    return {**choices(program), "pools": rewards.code_pools(program.id), "incidents": incidents}


def _categories(code: str, errors: forms.Errors) -> str:
    context = transact(lambda: unmapped(code))
    return render_template("desk/categories.html", errors=errors, **page("suppliers"), **context)


def _pools(errors: forms.Errors, done: dict[int, rewards.Uploaded]) -> str:
    return render_template("desk/pools.html", errors=errors, uploaded=done, **page("codes"), **transact(all_pools))
