"""A program's tiers: how members climb, what each takes and brings. Support looks, an administrator defines them.

A tier that exists keeps its code for ever; a form without script has a few empty places for new ones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from coalition import members, programs
from coalition.console import forms
from coalition.console.frame import blueprint, currency_name
from coalition.console.policy_pages import locked
from coalition.kernel.db import transact
from coalition.kernel.money import format_minor
from coalition.kernel.web.pages import use_zone
from coalition.members import Benefits, Tier
from coalition.programs import Currency, Program
from coalition.site.viewer import require_role

_EMPTY_PLACES = 2
_LEAST_PLACES = 3
_PLACES_MAX = 100
_PARTS = ("rank", "code", "name_en", "name_ru", "threshold", "times", "delivery")
_TOLD = ("code", "name_en", "name_ru", "threshold")


@dataclass(slots=True)
class Answered:
    """What the form says, place by place, and what is wrong with it."""

    currency: Currency | None
    months: int | None
    tiers: list[Tier]
    errors: forms.Errors = field(default_factory=list)


@blueprint.get("/programs/<code>/tiers")
def tiers(code: str) -> str:
    """The tiers of a program and its subscription plans."""
    return render_template("console/tiers.html", nav="programs", **transact(lambda: listed(code)))


@blueprint.get("/programs/<code>/tiers/edit")
def edit_tiers(code: str) -> str:
    """The form of a program's tiers."""
    require_role("admin")
    return _page(code, [], None)


@blueprint.post("/programs/<code>/tiers/edit")
def save_tiers(code: str) -> Response | tuple[str, int]:
    """Give a program its tiers."""
    require_role("admin")
    places = min(forms.whole(request.form.get("places", "")) or 0, _PLACES_MAX)
    names = [f"{part}-{at}" for at in range(places) for part in _PARTS]
    given = forms.answers("currency", "months", *names) | {"places": str(places)}
    read = transact(lambda: _read(programs.by_code(code), given))
    errors, status = read.errors, 422
    if not errors and read.currency is not None:
        currency_id = read.currency.id
        fields = {"/currency": "currency", "/months": "months", "/tiers": "code-0", "/tiers/threshold": "threshold-0"}

        def work() -> None:
            found = locked(code)
            forms.demand_unchanged(_now(found, members.ladder(found.id)))
            members.set_tiers(found.id, currency_id, read.tiers, months=read.months)

        errors, status = forms.tried(work, fields)
    if errors:
        return _page(code, errors, given), status
    return redirect(url_for("console.tiers", code=code, done="tiers_set"), code=303)


def listed(code: str) -> dict[str, Any]:
    """The tiers of a program, what they count, and its plans."""
    program = programs.by_code(code)
    use_zone(program.zone)
    ladder = members.ladder(program.id)
    counted = programs.currency_by_id(ladder.currency_id) if ladder.currency_id else None
    return {
        "program": program,
        "ladder": ladder,
        "currency": counted,
        "counted_name": currency_name(counted) if counted else "",
        "plans": members.plans(program.id),
    }


def _read(program: Program, given: Mapping[str, str]) -> Answered:
    """The tiers as they were answered, the lowest first."""
    known = {tier.code for tier in members.ladder(program.id).tiers}
    counted = {one.code: one for one in _counted(program)}
    found = Answered(counted.get(given["currency"]), forms.whole(given["months"]) if given["months"] else None, [])
    if found.currency is None:
        found.errors.append(forms.error("currency", "choose"))
    if given["months"] and found.months is None:
        found.errors.append(forms.error("months", "invalid"))
    answered = [at for at in range(int(given["places"])) if any(given[f"{part}-{at}"] for part in _TOLD)]
    decimals = found.currency.decimals if found.currency else 0
    read = [_tier(given, at, decimals, found.errors) for at in answered]
    ordered = sorted(zip(read, answered, strict=True), key=lambda pair: pair[0].rank)
    found.tiers = [tier for tier, _ in ordered]
    if not found.tiers:
        found.errors.append(forms.error("code-0", "no_tiers"))
    found.errors += _torn(ordered, known)
    return found


def _tier(given: Mapping[str, str], at: int, decimals: int, errors: forms.Errors) -> Tier:
    """One place of the form; what is wrong with it goes into `errors`."""
    code, threshold, times = given[f"code-{at}"], given[f"threshold-{at}"], given[f"times-{at}"] or "1"
    points, rank = forms.units(threshold, decimals) if threshold else None, forms.whole(given[f"rank-{at}"] or str(at))
    factor = forms.units(times, 4)
    wrong = {
        "rank": None if rank is not None and 0 <= rank <= _PLACES_MAX else "invalid",
        "code": None if forms.is_code(code) and code != "base" else "code",
        "name_en": None if given[f"name_en-{at}"] else "required",
        "name_ru": None if given[f"name_ru-{at}"] else "required",
        "threshold": None if not threshold or (points or 0) > 0 else "amount",
        "times": None if factor is not None and 10_000 <= factor <= 100_000 else "times",
    }
    errors += [forms.error(f"{name}-{at}", why) for name, why in wrong.items() if why]
    brings = Benefits(factor or 10_000, bool(given[f"delivery-{at}"]))
    return Tier(code, given[f"name_en-{at}"], given[f"name_ru-{at}"], points, brings, rank or 0)


def _torn(ordered: Sequence[tuple[Tier, int]], known: set[str]) -> forms.Errors:
    """What does not fit together: a code twice, one that is gone, a tier that takes no more than the one below."""
    errors: forms.Errors = []
    codes: set[str] = set()
    least = 0
    for tier, at in ordered:
        if tier.code in codes:
            errors.append(forms.error(f"code-{at}", "twice"))
        if tier.threshold is not None and tier.threshold <= least:
            errors.append(forms.error(f"threshold-{at}", "tiers_rising"))
        codes.add(tier.code)
        least = max(least, tier.threshold or 0)
    return errors + [forms.error("code-0", "tier_gone") | {"lines": code} for code in sorted(known - codes)]


def _counted(program: Program) -> list[Currency]:
    return [one for one in programs.currencies(program.id) if one.kind == "tier"]


def _page(code: str, errors: forms.Errors, given: dict[str, str] | None) -> str:
    def work() -> dict[str, Any]:
        program = programs.by_code(code)
        use_zone(program.zone)
        ladder = members.ladder(program.id)
        options = [(one.code, f"{currency_name(one).capitalize()} ({one.code})") for one in _counted(program)]
        kept = {tier.code for tier in ladder.tiers}
        shown = forms.shown(_now(program, ladder), given)
        return {"program": program, "currencies": options, "kept": kept, **shown}

    context = transact(work)
    return render_template("console/tiers_edit.html", nav="programs", errors=errors, **context)


def _now(program: Program, ladder: members.Ladder) -> dict[str, str]:
    """The tiers as they are, as answers, with empty places after them."""
    counted = programs.currency_by_id(ladder.currency_id) if ladder.currency_id else None
    places = max(len(ladder.tiers) + _EMPTY_PLACES, _LEAST_PLACES)
    found = {"currency": counted.code if counted else "", "months": str(ladder.months or ""), "places": str(places)}
    for at in range(places):
        found |= {f"{part}-{at}": "" for part in _PARTS} | {f"rank-{at}": str(at + 1), f"times-{at}": "1"}
    for at, tier in enumerate(ladder.tiers):
        threshold = "" if tier.threshold is None else format_minor(tier.threshold, counted.decimals if counted else 0)
        found |= {f"code-{at}": tier.code, f"name_en-{at}": tier.name_en, f"name_ru-{at}": tier.name_ru}
        found |= {f"threshold-{at}": threshold, f"times-{at}": times(tier.benefits)}
        found[f"delivery-{at}"] = "yes" if tier.benefits.delivery_free else ""
    return found


def times(benefits: Benefits) -> str:
    """By how much base awards are multiplied, as people write it: 12,500 is "1.25"."""
    return f"{Decimal(benefits.earn_x_bp).scaleb(-4).normalize():f}"
