"""Payments on which the provider and we do not agree: read, and closed with a reason once they are dealt with."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, url_for
from werkzeug.wrappers import Response

from catalog import payments
from catalog.console.frame import blueprint, choices, chosen_program, page
from coalition.console import forms
from coalition.kernel.db import transact
from coalition.kernel.errors import NotFound

_MOST = 100
_REASON_MAX = 500


@blueprint.get("/payments")
def payment_cases() -> str:
    """What waits for people, oldest first."""
    return _page([], {})


@blueprint.post("/payments/<int:number>/close")
def close_payment_case(number: int) -> Response | tuple[str, int]:
    """Close a case with a reason; nothing is done at the provider's."""
    name = f"reason_{number}"
    reason = forms.answers(name)[name]
    if not 1 <= len(reason) <= _REASON_MAX:
        return _page([forms.error(name, "say_why")], {number: reason}), 422

    def work() -> None:
        program = chosen_program()
        if number not in {one.id for one in payments.cases(program.id, _MOST)}:
            raise NotFound()
        payments.close_case(number, reason)

    transact(work)
    return redirect(url_for("desk.payment_cases", done="payment_case_closed"), code=303)


def _page(errors: forms.Errors, given: dict[int, str]) -> str:
    return render_template("desk/payments.html", errors=errors, given=given, **page("payments"), **transact(listed))


def listed() -> dict[str, Any]:
    """What waits, oldest first."""
    program = chosen_program()
    return {**choices(program), "cases": payments.cases(program.id, _MOST), "most": _MOST}
