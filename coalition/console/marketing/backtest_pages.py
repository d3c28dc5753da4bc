"""Back-tests: a draft tried on stored receipts, followed while it is made, and read as money of those who pay."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from flask import Response, redirect, render_template, request, stream_with_context, url_for
from werkzeug.wrappers import Response as BaseResponse

from coalition import access, insight, programs, promotions
from coalition.console import forms
from coalition.console.marketing import backtest_view, showing
from coalition.console.marketing.frame import blueprint, choices, chosen_program, names_of, page, voice_of
from coalition.insight import Backtest
from coalition.kernel import clock, ids
from coalition.kernel.db import transact
from coalition.kernel.errors import Conflict, NotFound
from coalition.kernel.web import sheets
from coalition.kernel.web.pages import language, use_zone
from coalition.programs import Program
from coalition.promotions import wording

_REFRESH_S = 4
_DAYS = 30
_SHOWN = 20
_CHUNK = 2_000
_FIELDS = {"/since": "since", "/until": "until", "/margin_bp": "margin", "/redeemed_bp": "redeemed", "/title": "title"}


@blueprint.get("/backtests")
def backtests() -> str:
    """The back-tests of a program, the latest first."""
    return render_template("marketing/backtests.html", **page("backtests"), **transact(listed))


@blueprint.get("/backtests/new")
def new_backtest() -> str:
    """The form: which promotion, on which days, with which assumptions."""
    return _form([], {"promotion": request.args.get("promotion", "")})


@blueprint.post("/backtests/new")
def ask_backtest() -> BaseResponse | tuple[str, int]:
    """Have it made."""
    given = forms.answers("promotion", "since", "until", "margin", "redeemed", "quoted", "standing")
    since, until = _day(given["since"]), _day(given["until"])
    margin, redeemed = forms.units(given["margin"], 2), forms.units(given["redeemed"], 2)
    errors = [
        forms.error(name, code)
        for name, code, value in (
            ("since", "day", since),
            ("until", "day", until),
            ("margin", "percent", margin),
            ("redeemed", "percent", redeemed),
        )
        if value is None
    ]
    if since and until and until < since:
        errors.append(forms.error("until", "bad_days"))
    document = transact(lambda: _document(chosen_program(), given["promotion"]))
    if document is None:
        errors.append(forms.error("promotion", "choose"))
    if errors or since is None or until is None or margin is None or redeemed is None or document is None:
        return _form(errors, given), 422
    asked: list[int] = []
    errors, status = forms.tried(
        lambda: asked.append(
            insight.ask(
                chosen_program().id,
                [document],
                since=since,
                until=until,
                margin_bp=margin,
                redeemed_bp=redeemed,
                title=showing.title(document, given["promotion"], language()),
                quoted=bool(given["quoted"]),
                standing=bool(given["standing"]),
            )
        ),
        _FIELDS,
    )
    if errors:
        return _form(errors, given), status
    return redirect(url_for("marketing.backtest", number=asked[-1]), code=303)


@blueprint.get("/backtests/<int:number>")
def backtest(number: int) -> str:
    """One back-test: how far it is, or its figures."""
    return render_template("marketing/backtest.html", **page("backtests"), **transact(lambda: _one(number)))


@blueprint.post("/backtests/<int:number>/cancel")
def cancel_backtest(number: int) -> BaseResponse:
    """Have it no more; one that is over stays as it is."""
    with suppress(Conflict):
        transact(lambda: insight.cancel(_found(number).id))
    return redirect(url_for("marketing.backtest", number=number), code=303)


@blueprint.get("/backtests/<int:number>/differences.csv")
def backtest_differences(number: int) -> Response:
    """Every receipt that gets something else, the largest difference first."""
    transact(lambda: _found(number))
    return sheets.download(stream_with_context(_rows(number)), f"backtest-{number}.csv")


def listed() -> dict[str, Any]:
    """The back-tests of the chosen program, and who asked for each."""
    program = chosen_program()
    found = insight.listed(program.id)
    people = access.names({one.asked_by for one in found})
    rows = [{"backtest": one, "by": people.get(one.asked_by, one.asked_by)} for one in found]
    waits = any(not one.over for one in found)
    return {**choices(program), "rows": rows, "refresh_s": _REFRESH_S if waits else 0}


def _one(number: int) -> dict[str, Any]:
    found = _found(number)
    program = programs.get(found.program_id)
    names = names_of(program)
    voice = voice_of(names)
    candidate = insight.candidate(number)
    tried = [one for one in candidate["promotions"] if one["id"] in found.watched]
    told: dict[str, Any] = {
        "program": program,
        "backtest": found,
        "by": access.names({found.asked_by}).get(found.asked_by, found.asked_by),
        "tried": [
            (showing.title(one, one["id"], voice.language), wording.sentence(one, names, voice.language))
            for one in tried
        ],
        "refresh_s": 0 if found.over else _REFRESH_S,
    }
    stored = insight.figures(number)
    if stored is None:
        return told
    figures = insight.read(stored)
    different = insight.differences(number, None, _SHOWN).items
    return {
        **told,
        "figures": figures,
        "different": [{"purchase": ids.public("pur", one.purchase_id), "difference": one} for one in different],
        "decimals": backtest_view.decimals_of(program),
        **backtest_view.context(program, found, figures, names, voice.language),
    }


def _found(number: int) -> Backtest:
    found = insight.get(number)
    use_zone(programs.get(found.program_id).zone)
    return found


def _form(errors: forms.Errors, given: dict[str, str]) -> str:
    def work() -> dict[str, Any]:
        program = chosen_program()
        known = [
            (one.code, showing.title(one.draft or one.document, one.code, language()))
            for one in promotions.listed(program.id)
        ]
        today = clock.local_date(clock.now(), program.zone)
        usual = {
            "since": (today - dt.timedelta(days=_DAYS)).isoformat(),
            "until": (today - dt.timedelta(days=1)).isoformat(),
            "margin": str(insight.MARGIN_BP // 100),
            "redeemed": "100",
        }
        return {"program": program, "known": known, "answers": usual | {k: v for k, v in given.items() if v}}

    return render_template("marketing/backtest_new.html", errors=errors, **page("backtests"), **transact(work))


def _document(program: Program, code: str) -> Any:
    """What is tried: the draft of a promotion, or what of it is published."""
    if not code:
        return None
    try:
        found = promotions.one(program.id, code)
    except NotFound:
        return None
    return {**(found.draft or found.document), "id": code}


def _rows(number: int) -> Iterator[str]:
    yield sheets.BOM + sheets.line(["purchase", "member", "currency", "active", "draft"])
    cursor: str | None = None
    while True:
        found = transact(lambda at=cursor: insight.differences(number, at, _CHUNK))  # type: ignore[misc]
        yield "".join(
            sheets.line(
                [
                    ids.public("pur", one.purchase_id),
                    ids.public("mbr", one.member_id),
                    one.currency,
                    str(one.active),
                    str(one.draft),
                ]
            )
            for one in found.items
        )
        cursor = found.next_cursor
        if cursor is None:
            return


def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None
