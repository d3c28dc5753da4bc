"""What people decide about a promotion: send it to a second person, approve or refuse, pause, resume, end, put away."""

from __future__ import annotations

from collections.abc import Callable

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from coalition import promotions
from coalition.console import forms
from coalition.console.marketing import showing
from coalition.console.marketing.frame import blueprint, chosen_program, names_of, page, voice_of
from coalition.console.marketing.promotion_page import shown
from coalition.kernel.db import transact
from coalition.kernel.errors import NotFound, Refusal
from coalition.promotions import wording
from coalition.promotions.wording import Money, sheet_of

Answer = Response | tuple[str, int]
_STEPS: dict[str, Callable[[int, str, str], object]] = {
    "pause": lambda program, code, note: promotions.pause(program, code, note),
    "resume": lambda program, code, note: promotions.resume(program, code, note),
    "end": lambda program, code, note: promotions.end(program, code, note),
    "archive": lambda program, code, note: promotions.archive(program, code),
    "discard": lambda program, code, note: promotions.discard(program, code),
}


@blueprint.get("/promotions/<code>/send")
def send(code: str) -> str:
    """What will be asked of a second person, and why."""
    return _send_page(code, [], {})


@blueprint.post("/promotions/<code>/send")
def sent(code: str) -> Answer:
    """Ask that a second person publish the draft, exactly as it was shown."""
    given, seen = forms.answers("note"), forms.whole(request.form.get("seen", ""))
    if not given["note"]:
        return _send_page(code, [forms.error("note", "say_why")], given), 422
    refusal = _refused(lambda: promotions.submit(chosen_program().id, code, given["note"], seen=seen))
    if refusal:
        return _send_page(code, _said(refusal), given), refusal.status
    return _back(code, "promotion_sent")


@blueprint.post("/promotions/<code>/approve")
def approve_promotion(code: str) -> Answer:
    """Approve what was shown and publish it at once: both, or neither."""
    seen = forms.seen()
    refusal = _refused(lambda: promotions.approve(chosen_program().id, code, seen=seen))
    return (shown(code, _said(refusal), {}), refusal.status) if refusal else _back(code, "promotion_published")


@blueprint.post("/promotions/<code>/reject")
def reject_promotion(code: str) -> Answer:
    """Send it back to its draft, with a reason; or take back one's own request."""
    given = forms.answers("rejection")
    if not given["rejection"]:
        return shown(code, [forms.error("rejection", "say_why")], given), 422
    refusal = _refused(lambda: promotions.reject(chosen_program().id, code, given["rejection"]))
    return (shown(code, _said(refusal), given), refusal.status) if refusal else _back(code, "promotion_sent_back")


@blueprint.post("/promotions/<code>/<any(pause, resume, end, archive, discard):step>")
def step(code: str, step: str) -> Answer:
    """Another step of its life; what is in force changes with a new ruleset."""
    note = forms.answers("note")["note"][:200]
    refusal = _refused(lambda: _STEPS[step](chosen_program().id, code, note))
    return (shown(code, _said(refusal), {}), refusal.status) if refusal else _back(code, f"promotion_{step}")


def _send_page(code: str, errors: forms.Errors, given: dict[str, str]) -> str:
    def work() -> dict[str, object]:
        program = chosen_program()
        draft = promotions.draft(program.id, code)
        names = names_of(program)
        voice = voice_of(names)
        sheet = sheet_of(draft.document, program.zone, Money(program.currency_decimals, {}))
        return {
            **page("promotions"),
            "program": program,
            "draft": draft,
            "title": showing.title(draft.document, code, voice.language),
            "sentence": wording.sentence(draft.document, names, voice.language),
            "problems": [
                forms.error(showing.field_at(one.pointer, sheet), one.code, one.detail) for one in draft.problems
            ],
            "warnings": [one.said(voice.language) for one in draft.warnings],
            "tests": _tests(program.id, draft),
        }

    return render_template("marketing/send.html", errors=errors, answers=given, **transact(work))


def _tests(program_id: int, draft: promotions.Draft) -> list[tuple[str, bool]]:
    """How the tests that the draft carries go, by name; none where it cannot be understood."""
    if draft.problems or not draft.document.get("tests"):
        return []
    try:
        return [(one.name, one.passed) for one in promotions.try_tests(program_id, draft.document)]
    except Refusal:
        return []


def _refused(work: Callable[[], object]) -> Refusal | None:
    try:
        transact(work)
    except NotFound:
        raise
    except Refusal as refusal:
        return refusal
    return None


def _said(refusal: Refusal) -> forms.Errors:
    return [forms.error("", one.code, one.detail) for one in refusal.errors] or [
        forms.error("", refusal.code, refusal.detail)
    ]


def _back(code: str, done: str) -> Response:
    return redirect(url_for("marketing.promotion", code=code, done=done), code=303)
