"""Coupons in the console: batches and how far they are, ordering one, its codes as a file, and what a code is worth."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, redirect, render_template, request, stream_with_context, url_for
from werkzeug.wrappers import Response as BaseResponse

from coalition import access, programs
from coalition.console import forms
from coalition.console.frame import choices, chosen_program
from coalition.kernel import clock
from coalition.kernel.db import transact
from coalition.kernel.errors import Conflict, NotFound
from coalition.promotions import coupons
from coalition.site.viewer import require_role

blueprint = Blueprint("coupons", __name__, url_prefix="/console/coupons")
ROLES = ("marketer",)
_REFRESH_S = 3
_TEXTS = ("code", "name_en", "name_ru", "kind", "opens", "wanted", "prefix", "word", "uses_max", "member_uses_max")
_DAYS = ("valid_from", "valid_until")
_FIELDS = {f"/{name}": name for name in (*_TEXTS, *_DAYS, "valid_days", "reason")}
_DEFAULTS = {"kind": "printed", "uses_max": "1"}


@blueprint.before_request
def _marketers_only() -> None:
    require_role(*ROLES)


@blueprint.get("")
def index() -> str:
    """Every batch of the program, the latest first."""
    found = transact(listed)
    waits = any(batch.state == "making" for batch in found["batches"])
    return render_template("console/coupons.html", nav="coupons", refresh_s=_REFRESH_S if waits else 0, **found)


@blueprint.get("/new")
def new() -> str:
    """The form of a batch."""
    return _form([], _DEFAULTS)


@blueprint.post("/new")
def order() -> BaseResponse | tuple[str, int]:
    """Order a batch; printed codes are made in the background."""
    given = forms.answers(*_TEXTS, *_DAYS, "valid_days")
    program = transact(chosen_program)
    errors, wanted = _read(given, ZoneInfo(program.zone))
    status = 422
    if wanted is not None:
        errors, status = forms.tried(lambda: coupons.order(program.id, wanted), _FIELDS)
        errors = [forms.error("code", "code_in_use") if one["code"] == "code_in_use" else one for one in errors]
        errors = [forms.error("word", "code_in_use") if one["code"] == "coupon_in_use" else one for one in errors]
    if errors:
        return _form(errors, given), status
    batch = transact(lambda: coupons.by_code(program.id, given["code"]))
    return _to(program, batch, "batch_ordered")


@blueprint.get("/<int:number>")
def batch(number: int) -> str:
    """A batch: its terms, how far it is, what became of its codes; and one code, if one is asked for."""
    return _batch(number, [])


@blueprint.post("/<int:number>/cancel")
def cancel(number: int) -> BaseResponse:
    """Make no more of it; one that is made already stays as it is."""
    return _ended(number, coupons.cancel, "batch_cancelled")


@blueprint.post("/<int:number>/void")
def void(number: int) -> BaseResponse:
    """Let none of its codes open anything any more."""
    return _ended(number, coupons.void, "batch_voided")


@blueprint.post("/<int:number>/codes/void")
def void_code(number: int) -> BaseResponse | tuple[str, int]:
    """Let one code open nothing any more."""
    given = forms.answers("void", "reason")
    program = transact(chosen_program)
    errors = [] if given["reason"] else [forms.error("reason", "say_why")]
    status = 422
    if not errors:
        try:
            reason, code = given["reason"], given["void"]
            errors, status = forms.tried(lambda: coupons.void_code(program.id, code, reason=reason), _FIELDS)
        except NotFound:
            errors = [forms.error("void", "coupon_unknown")]
    if errors:
        return _batch(number, errors, given), status
    return _to(program, transact(lambda: coupons.get(program.id, number)), "coupon_voided")


@blueprint.get("/<int:number>/codes.csv")
def export(number: int) -> Response:
    """Every code of a batch as CSV, streamed; it leaves a trail."""

    def work() -> coupons.Batch:
        found = coupons.get(chosen_program().id, number)
        coupons.note_export(found)
        return found

    found = transact(work)
    answer = Response(stream_with_context(_lines(found.id)), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="coupons-{found.code}.csv"'
    return answer


def listed() -> dict[str, Any]:
    """Every batch of the chosen program."""
    program = chosen_program()
    return {**choices(program), "batches": coupons.listed(program.id)}


def _lines(batch_id: int) -> Iterator[str]:
    yield coupons.HEADER
    after = 0
    while rows := transact(partial(coupons.part_after, batch_id, after)):
        yield "".join(coupons.lines(rows))
        after = rows[-1].id


def _read(given: dict[str, str], zone: ZoneInfo) -> tuple[forms.Errors, coupons.Order | None]:
    """What was ordered, or what is wrong with the answers. Days are the program's, the last one counts in full."""
    numbers = {name: forms.whole(given[name]) for name in ("wanted", "uses_max", "member_uses_max", "valid_days")}
    days = {name: _day(given[name]) for name in _DAYS}
    errors = [forms.error(name, "invalid") for name, value in numbers.items() if given[name] and value is None]
    errors += [forms.error(name, "day") for name, value in days.items() if given[name] and value is None]
    if errors:
        return errors, None
    begins, last = days["valid_from"], days["valid_until"]
    texts = {name: given[name] for name in ("code", "name_en", "name_ru", "kind", "prefix", "word")}
    return [], coupons.Order(
        **texts,
        opens=given["opens"] or None,
        wanted=numbers["wanted"] or 0,
        uses_max=numbers["uses_max"] or (0 if given["uses_max"] else 1),
        member_uses_max=numbers["member_uses_max"],
        valid_days=numbers["valid_days"],
        valid_from=clock.start_of_day(begins, zone.key) if begins else None,
        valid_until=clock.end_of_last_day(last, zone.key) if last else None,
    )


def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError:
        return None


def _ended(number: int, end: Callable[[int, int], None], done: str) -> BaseResponse:
    program = transact(chosen_program)
    found = transact(lambda: coupons.get(program.id, number))
    try:
        transact(lambda: end(program.id, number))
    except Conflict:
        return _to(program, found)
    return _to(program, found, done)


def _to(program: programs.Program, found: coupons.Batch, done: str | None = None) -> BaseResponse:
    return redirect(url_for("coupons.batch", number=found.id, program=program.code, done=done), code=303)


def _form(errors: forms.Errors, given: dict[str, str]) -> str:
    found = transact(lambda: choices(chosen_program()))
    return render_template("console/coupon_new.html", nav="coupons", errors=errors, answers=given, **found)


def _batch(number: int, errors: forms.Errors, given: dict[str, str] | None = None) -> str:
    asked = request.args.get("code", "").strip()[:100]

    def work() -> dict[str, Any]:
        program = chosen_program()
        found = coupons.get(program.id, number)
        seen = coupons.look(program.id, [coupons.Ask(None, clock.now(), (asked,))])[0] if asked else ()
        return {
            **choices(program),
            "batch": found,
            "counts": coupons.counts(found),
            "by": access.names({found.actor}).get(found.actor, found.actor),
            "seen": seen[0] if seen else None,
        }

    found = transact(work)
    refresh_s = _REFRESH_S if found["batch"].state == "making" else 0
    more = {"errors": errors, "answers": given or {}, "asked": asked, "refresh_s": refresh_s}
    return render_template("console/coupon_batch.html", nav="coupons", **found, **more)
