"""Rules of personal prices: who pays less, for what, by how much, until when, and what of a budget is left.

A rule is never rewritten: saving other terms makes its next version, and quotes keep the version that priced them.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from catalog import pricing, rewards, suppliers
from catalog.console.frame import blueprint, choices, chosen_program, page
from coalition.console import forms
from coalition.kernel import ids
from coalition.kernel.db import transact
from coalition.kernel.errors import NotFound
from coalition.kernel.web.pages import language
from coalition.programs import Program

PAGE = 50
_TEXTS = ("code", "name_en", "name_ru", "effect", "value", "scope", "about", "segment", "floor", "priority")
_MORE = ("stackable", "valid_from", "valid_to", "points_budget", "uses_budget")
_FIELDS = {
    "/code": "code",
    "/name_en": "name_en",
    "/scope": "scope",
    "/scope_id": "about",
    "/effect": "effect",
    "/value": "value",
    "/stackable": "stackable",
    "/priority": "priority",
    "/floor_points": "floor",
    "/segment": "segment",
    "/valid_to": "valid_to",
    "/points_budget": "points_budget",
    "/uses_budget": "uses_budget",
}
_GRANTED = "granted"
_DEFAULTS = {"effect": "percent", "scope": "all", "segment": "everyone", "floor": "1", "priority": "100"}


@blueprint.get("/prices")
def rule_list() -> str:
    """The program's rules, the oldest first."""
    return render_template(
        "desk/rules.html", **page("prices"), **transact(lambda: listed(request.args.get("after"), PAGE))
    )


@blueprint.get("/prices/new")
def new_rule() -> str:
    """The form of a rule."""
    return _page(None, [], {})


@blueprint.post("/prices/new")
def create_rule() -> Response | tuple[str, int]:
    """Put a rule in force."""
    return _save(None)


@blueprint.get("/prices/<code>")
def rule(code: str) -> str:
    """A rule with its versions, and the form of its next one."""
    return _page(code, [], {})


@blueprint.post("/prices/<code>")
def revise_rule(code: str) -> Response | tuple[str, int]:
    """Give a rule other terms."""
    return _save(code)


@blueprint.post("/prices/<code>/<any(stop, resume):deed>")
def switch_rule(code: str, deed: str) -> Response:
    """Stop a rule, or let it make prices again."""
    switch = pricing.stop_rule if deed == "stop" else pricing.resume_rule
    program = transact(chosen_program)
    transact(lambda: switch(program.id, code))
    return redirect(url_for("desk.rule", code=code, program=program.code, done=f"rule_{deed}"), code=303)


def listed(cursor: str | None, limit: int) -> dict[str, Any]:
    """A page of the rules behind the id `cursor`, of the state in the address."""
    program, state, after = chosen_program(), request.args.get("state", ""), cursor or "0"
    state = state if state in ("active", "stopped") else ""
    found = pricing.list_rules(
        program.id, state=state or None, after_id=int(after) if after.isdecimal() else 0, limit=limit + 1
    )
    more = found[limit - 1].id if len(found) > limit else None
    names = _targets(program)
    told = [_told(one, names) for one in found[:limit]]
    return {**choices(program), "state": state, "rules": told, "more": more, "next_cursor": more and str(more)}


def _told(found: pricing.Rule, names: dict[tuple[str, int], str]) -> dict[str, Any]:
    terms = found.terms
    return {
        "code": found.code,
        "name": terms.name_ru if language() == "ru" else terms.name_en,
        "state": found.state,
        "version": found.version,
        "about": names.get((terms.scope, terms.scope_id or 0)),
        "points_spent": found.points_spent,
        "uses_spent": found.uses_spent,
        **asdict(terms),
    }


def _targets(program: Program) -> dict[tuple[str, int], str]:
    """The names of what rules can be about, but single rewards."""
    found = {("category", one.id): one.name(language()) for one in rewards.all_categories(program.id)}
    return found | {("supplier", one.id): one.name for one in suppliers.standings(program.id)}


def _save(code: str | None) -> Response | tuple[str, int]:
    given = forms.answers(*_TEXTS, *_MORE)
    program = transact(chosen_program)
    terms, errors = transact(lambda: _read(program, given))
    if terms is None:
        return _page(code, errors, given), 422
    name = code or given["code"]
    save = pricing.revise_rule if code else pricing.create_rule
    errors, status = forms.tried(lambda: save(program.id, name, terms), _FIELDS)
    if errors:
        errors = [forms.error("code", "code_in_use") if one["code"] == "rule_exists" else one for one in errors]
        return _page(code, errors, given), status
    return redirect(url_for("desk.rule", code=name, program=program.code, done="rule_saved"), code=303)


def _read(program: Program, given: dict[str, str]) -> tuple[pricing.Terms | None, forms.Errors]:
    """The terms that were typed, or what is wrong with them."""
    zone = ZoneInfo(program.zone)
    numbers = {
        "value": forms.units(given["value"], 0 if given["effect"] == "fixed" else 2),
        "floor": forms.whole(given["floor"] or "1"),
        "priority": forms.whole(given["priority"] or "100"),
        "points_budget": forms.whole(given["points_budget"]) if given["points_budget"] else 0,
        "uses_budget": forms.whole(given["uses_budget"]) if given["uses_budget"] else 0,
    }
    days = {name: _instant(given[name], zone) for name in ("valid_from", "valid_to")}
    about = _about(program, given["scope"], given["about"])
    errors = [forms.error(name, "required") for name in ("name_en", "name_ru") if not given[name]]
    errors += [forms.error(name, "invalid") for name, number in numbers.items() if number is None]
    errors += [forms.error(name, "day") for name, day in days.items() if given[name] and day is None]
    if about is None and given["scope"] not in ("all", "delivery"):
        errors.append(forms.error("about", "choose"))
    if errors:
        return None, errors
    terms = pricing.Terms(
        name_en=given["name_en"],
        name_ru=given["name_ru"],
        effect=given["effect"],
        value=numbers["value"] or 0,
        scope=given["scope"],
        scope_id=about,
        priority=numbers["priority"] or 0,
        stackable=bool(given["stackable"]),
        floor_points=numbers["floor"] or 0,
        segment=None if given["segment"] == _GRANTED else given["segment"] or "everyone",
        valid_from=days["valid_from"],
        valid_to=days["valid_to"],
        points_budget=numbers["points_budget"] or None,
        uses_budget=numbers["uses_budget"] or None,
    )
    return terms, []


def _about(program: Program, scope: str, text: str) -> int | None:
    """The id of what a rule is about: a category or supplier by its code, a reward by its number."""
    if scope == "category":
        return next((one.id for one in rewards.all_categories(program.id) if one.code == text), None)
    if scope == "supplier":
        return next((one.id for one in suppliers.standings(program.id) if one.code == text), None)
    try:
        return rewards.get(program.id, ids.parse("rew", text)).id if scope == "reward" else None
    except NotFound:
        return None


def _instant(text: str, zone: ZoneInfo) -> dt.datetime | None:
    try:
        return dt.datetime.combine(dt.date.fromisoformat(text), dt.time.min, zone) if text else None
    except ValueError:
        return None


def _page(code: str | None, errors: forms.Errors, given: dict[str, str]) -> str:
    def work() -> dict[str, Any]:
        program = chosen_program()
        found = pricing.rule(program.id, code) if code else None
        known = _typed(found, program) if found else _DEFAULTS
        return {
            **choices(program),
            "rule": _told(found, _targets(program)) if found else None,
            "versions": pricing.versions(found.id) if found else [],
            "answers": {**dict.fromkeys((*_TEXTS, *_MORE), ""), **known, **given},
            "categories": [(one.code, one.name(language())) for one in rewards.all_categories(program.id)],
            "suppliers": [(one.code, one.name) for one in suppliers.standings(program.id)],
        }

    return render_template("desk/rule.html", errors=errors, **page("prices"), **transact(work))


def _typed(found: pricing.Rule, program: Program) -> dict[str, str]:
    """A rule's terms as its form shows them."""
    terms = found.terms
    zone = ZoneInfo(program.zone)
    about = {one.id: one.code for one in rewards.all_categories(program.id)}
    if terms.scope == "supplier":
        about = {one.id: one.code for one in suppliers.standings(program.id)}
    target = ids.public("rew", terms.scope_id) if terms.scope == "reward" and terms.scope_id else ""
    return {
        "code": found.code,
        "name_en": terms.name_en,
        "name_ru": terms.name_ru,
        "effect": terms.effect,
        "value": str(terms.value) if terms.effect == "fixed" else f"{Decimal(terms.value) / 100}",
        "scope": terms.scope,
        "about": target or about.get(terms.scope_id or 0, ""),
        "segment": terms.segment or _GRANTED,
        "floor": str(terms.floor_points),
        "priority": str(terms.priority),
        "stackable": "yes" if terms.stackable else "",
        "valid_from": terms.valid_from.astimezone(zone).date().isoformat() if terms.valid_from else "",
        "valid_to": terms.valid_to.astimezone(zone).date().isoformat() if terms.valid_to else "",
        "points_budget": str(terms.points_budget or ""),
        "uses_budget": str(terms.uses_budget or ""),
    }
