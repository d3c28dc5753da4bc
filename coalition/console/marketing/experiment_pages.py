"""Experiments: promotions that keep a control group, and what they changed in the members who were treated."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from fractions import Fraction
from typing import Any

from flask import render_template, request

from coalition import insight
from coalition.console.marketing import showing
from coalition.console.marketing.frame import blueprint, choices, chosen_program, names_of, page, voice_of
from coalition.insight import Measured
from coalition.kernel.db import transact
from coalition.kernel.money import round_half_up
from coalition.kernel.web import formats
from coalition.programs import Program
from coalition.promotions import wording

_LEAST_DAY = dt.date(2000, 1, 2)


@blueprint.get("/experiments")
def experiments() -> str:
    """The promotions in force that keep a control group."""
    return render_template("marketing/experiments.html", **page("experiments"), **transact(listed))


@blueprint.get("/experiments/<code>")
def experiment(code: str) -> str:
    """One of them, from `?since=` to `?until=`: its own days, or the last thirty."""

    def work() -> dict[str, Any]:
        program = chosen_program()
        names = names_of(program)
        voice = voice_of(names)
        found = insight.measure(program.id, code, _day("since"), _day("until"))
        return {
            "program": program,
            "found": found,
            "title": showing.title(found.document, code, voice.language),
            "sentence": wording.sentence(found.document, names, voice.language),
            "control": formats.rate(Decimal(found.control_bp) / 100),
            "rows": [_row(program, one) for one in found.measured],
            "gained": None if found.gained is None else _minor(found.gained),
            "cost": _minor(found.cost),
            "spent": found.measured[0].uplift,
        }

    return render_template("marketing/experiment.html", **page("experiments"), **transact(work))


def listed() -> dict[str, Any]:
    """The promotions in force that keep a control group, with their sentences."""
    program = chosen_program()
    names = names_of(program)
    voice = voice_of(names)
    found = [
        {
            "code": one["id"],
            "title": showing.title(one, one["id"], voice.language),
            "sentence": wording.sentence_text(one, names, voice.language),
        }
        for one in insight.experiments(program.id)
    ]
    return {**choices(program), "experiments": found}


def _row(program: Program, one: Measured) -> dict[str, Any]:
    """A figure of both groups on average, and the difference with its interval, as the reader writes them."""
    told = one.uplift
    means = [_told(program, one.figure, group.mean if group.count else None) for group in (one.treated, one.control)]
    return {
        "figure": one.figure,
        "treated": means[0],
        "control": means[1],
        "difference": _told(program, one.figure, told.difference, signed=True) if told else None,
        "low": _told(program, one.figure, told.low, signed=True) if told else None,
        "high": _told(program, one.figure, told.high, signed=True) if told else None,
        "detectable": _told(program, one.figure, told.detectable) if told else None,
        "proven": bool(told and told.proven),
    }


def _told(program: Program, figure: str, value: Decimal | Fraction | None, *, signed: bool = False) -> str:
    if value is None:
        return "—"
    exact = value if isinstance(value, Decimal) else Decimal(value.numerator) / Decimal(value.denominator)
    if figure == "spent":
        write = formats.signed_money if signed else formats.money
        return write(_minor(exact), program.currency, program.currency_decimals)
    hundredths = int(round_half_up(exact * 100))
    return formats.signed(hundredths, 2) if signed else formats.points(hundredths, 2)


def _minor(value: Decimal) -> int:
    return int(round_half_up(value))


def _day(name: str) -> dt.date | None:
    """A day of the address; one that is none counts as not given."""
    try:
        found = dt.date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None
    return found if _LEAST_DAY < found < dt.date(9999, 1, 1) else None
