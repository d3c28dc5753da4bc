"""Where suppliers' categories belong on our shelves, pools of codes, and stock that does not add up."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from catalog import rewards, suppliers
from catalog.console.frame import blueprint, choices, chosen_program, chosen_supplier, page
from coalition.console import forms
from coalition.kernel.db import transact
from coalition.kernel.errors import FieldError, Invalid, NotFound, Refusal
from coalition.kernel.web.pages import language

BODY_MAX = 25_000_000
_MOST = 100
_LOW_MOST = 1_000_000


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


@blueprint.post("/codes")
def open_pool() -> Response | tuple[str, int]:
    """Let an electronic reward be served from codes of ours."""
    given = forms.answers("supplier", "sku", "low_at")
    low_at = forms.whole(given["low_at"] or "10")
    if low_at is None or not 0 <= low_at <= _LOW_MOST:
        return _pools([forms.error("low_at", "invalid")], {}, given), 422

    def work() -> None:
        program = chosen_program()
        try:
            offer_id = rewards.offer_named(chosen_supplier(program, given["supplier"]).id, given["sku"])
            rewards.open_pool(program.id, offer_id, low_at=low_at)
        except NotFound:
            problem = FieldError("/sku", "invalid", "The supplier has no electronic reward of this number.")
            raise Invalid("invalid", problem.detail, [problem]) from None

    errors, status = forms.tried(work, {"/sku": "sku"})
    if errors:
        return _pools(errors, {}, given), status
    program = transact(chosen_program)
    return redirect(url_for("desk.pools", program=program.code, done="pool_opened"), code=303)


@blueprint.post("/codes/<int:offer>/withdraw")
def withdraw_codes(offer: int) -> Response | tuple[str, int]:
    """Take codes out of a pool that their issuer has recalled; what is issued stays as it is."""
    codes = forms.answers("codes")["codes"].split()
    errors, status = forms.tried(lambda: rewards.withdraw_codes(chosen_program().id, offer, codes), {})
    if errors:
        return _pools(errors, {}), status
    program = transact(chosen_program)
    return redirect(url_for("desk.pools", program=program.code, done="codes_withdrawn"), code=303)


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


def _pools(errors: forms.Errors, done: dict[int, rewards.Uploaded], given: dict[str, str] | None = None) -> str:
    def work() -> dict[str, Any]:
        found = all_pools()
        sellers = [(one.code, one.name) for one in suppliers.standings(found["program"].id)]
        return {**found, "sellers": sellers}

    answers = {"supplier": "", "sku": "", "low_at": "10"} | (given or {})
    shown = {"errors": errors, "uploaded": done, "answers": answers}
    return render_template("desk/pools.html", **shown, **page("codes"), **transact(work))
