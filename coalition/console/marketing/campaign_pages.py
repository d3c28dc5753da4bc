"""Campaigns: what several promotions have in common. One that is in force is changed by two people."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from coalition import partners, promotions
from coalition.console import forms
from coalition.console.marketing import showing
from coalition.console.marketing.frame import blueprint, choices, chosen_program, names_of, page, voice_of
from coalition.kernel.db import transact
from coalition.kernel.web.pages import language
from coalition.programs import Program
from coalition.promotions import wording
from coalition.promotions.wording import Misread

_TEXTS = ("code", "name_en", "name_ru", "starts", "ends", "control", "budget", "note")
_SEGMENTS = ("segments_any", "segments_none")
_FIELDS = {f"/{name}": name for name in ("code", "name_en", "name_ru", "segments_any", "segments_none")}
_FIELDS |= {"/ends_at": "ends", "/starts_at": "starts", "/control_bp": "control", "/budget/value": "budget"}


@blueprint.get("/campaigns")
def campaigns() -> str:
    """The campaigns of a program with the promotions of each."""
    return render_template("marketing/campaigns.html", **page("campaigns"), **transact(listed))


@blueprint.get("/campaigns/edit")
def edit_campaign() -> str:
    """The form of a campaign: of `?code=`, or of a new one."""
    return _page([], None)


@blueprint.post("/campaigns/edit")
def save_campaign() -> Response | tuple[str, int]:
    """Keep it, or ask for a second person where published promotions belong to it."""
    given = forms.answers(*_TEXTS) | {name: ", ".join(forms.picked(name)) for name in _SEGMENTS}
    payers = [(request.form.get(f"payer-{at}", ""), request.form.get(f"share-{at}", "").strip()) for at in range(3)]
    campaign, errors = transact(lambda: _read(chosen_program(), given, payers))
    asked: list[object] = []
    status = 422
    if campaign is not None and not errors:
        errors, status = forms.tried(
            lambda: asked.append(promotions.save_campaign(chosen_program().id, campaign, given["note"])), _FIELDS
        )
    if errors:
        return _page(errors, given | dict(_payer_fields(payers))), status
    done = "change_asked" if asked and asked[0] is not None else "campaign_saved"
    return redirect(url_for("marketing.campaigns", done=done), code=303)


def listed() -> dict[str, Any]:
    """The campaigns, and by the code of each its promotions."""
    program = chosen_program()
    found = promotions.list_campaigns(program.id)
    members: dict[str, list[tuple[str, str]]] = {one.code: [] for one in found}
    for one in promotions.listed(program.id):
        name = one.document.get("campaign")
        if isinstance(name, str) and name in members:
            members[name].append((one.code, showing.title(one.document, one.code, language())))
    voice = voice_of(names_of(program))
    days = {one.code: _days(one, voice) for one in found}
    return {**choices(program), "campaigns": found, "members": members, "days": days}


def _days(one: promotions.Campaign, voice: wording.Voice) -> str:
    """The first and the last day of a campaign; nothing where it has neither."""
    begins = voice.moment(one.starts_at.isoformat()) if one.starts_at else ""
    ends = f"– {voice.last(one.ends_at.isoformat())}" if one.ends_at else ""
    return f"{begins} {ends}".strip()


def _read(
    program: Program, given: dict[str, str], payers: list[tuple[str, str]]
) -> tuple[promotions.Campaign | None, forms.Errors]:
    """The campaign that was answered, and what cannot be read."""
    errors: forms.Errors = []
    was = next((one for one in promotions.list_campaigns(program.id) if one.code == given["code"]), None)

    def tried(name: str, read: Any) -> Any:
        try:
            return read() if given[name] else None
        except Misread as misread:
            errors.append(forms.error(name, str(misread)))
            return None

    starts = tried("starts", lambda: wording.midnight(given["starts"], program.zone))
    ends = tried("ends", lambda: wording.midnight(given["ends"], program.zone, last=True))
    control = tried("control", lambda: wording.number(given["control"], 2)) or 0
    budget = tried("budget", lambda: wording.number(given["budget"], program.currency_decimals))
    wrong: list[tuple[str, str]] = []
    sponsor = wording.sponsor_of(payers, was.sponsor if was else None, wrong)
    errors += [forms.error(name, code) for name, code in wrong]
    segments = {name: tuple(wording.parted(given[name])) for name in _SEGMENTS}
    errors += _unknown(program, segments, was)
    if errors:
        return None, errors
    return promotions.Campaign(
        given["code"],
        given["name_en"],
        given["name_ru"],
        starts,
        ends,
        **segments,
        control_bp=control,
        communication=was.communication if was else None,
        budget={"metric": "money", "value": budget} if budget else None,
        sponsor=sponsor,
    ), []


def _unknown(program: Program, named: dict[str, tuple[str, ...]], was: promotions.Campaign | None) -> forms.Errors:
    """The segments that there are not, with the ones that may have been meant; what the campaign had may stay."""
    if not any(named.values()):
        return []
    had = {name: getattr(was, name) if was else () for name in named}
    new = {name: [one for one in codes if one not in had[name]] for name, codes in named.items()}
    missing = promotions.missing_segments(program.id, [one for codes in new.values() for one in codes])
    return [
        forms.error(name, "unknown_segment", one.detail)
        for name, codes in new.items()
        for one in promotions.unknown(codes, missing, f"/{name}")
    ]


def _now(program: Program, one: promotions.Campaign) -> dict[str, str]:
    """A campaign as answers."""
    budget = (one.budget or {}).get("value") if (one.budget or {}).get("metric") == "money" else None
    answers = {"code": one.code, "name_en": one.name_en, "name_ru": one.name_ru}
    answers["starts"] = wording.day_of(one.starts_at, program.zone) if one.starts_at else ""
    answers["ends"] = wording.day_of(one.ends_at, program.zone, last=True) if one.ends_at else ""
    answers |= {name: wording.joined(getattr(one, name)) for name in _SEGMENTS}
    answers["control"] = wording.plain_number(one.control_bp, 2).removesuffix(".00") if one.control_bp else ""
    answers["budget"] = "" if budget is None else wording.plain_number(budget, program.currency_decimals)
    return answers | dict(_payer_fields(wording.payers_of(one.sponsor)))


def _payer_fields(payers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [
        (f"{part}-{at}", value)
        for at, pair in enumerate(payers[:3])
        for part, value in zip(("payer", "share"), pair, strict=True)
    ]


def _page(errors: forms.Errors, given: dict[str, str] | None) -> str:
    def work() -> dict[str, Any]:
        program = chosen_program()
        code = request.args.get("code", "")
        known = promotions.campaign(program.id, code) if code else None
        operator = ("operator", "Оператор" if language() == "ru" else "The operator")
        payers = [
            operator,
            *((one.code, one.name) for one in partners.list_partners(program.id) if one.kind != "operator"),
        ]
        answers = given if given is not None else _now(program, known) if known else {}
        segments = promotions.segments(program.id)
        return {
            "program": program,
            "payers": payers,
            "answers": answers,
            "known": known,
            **{name: showing.segment_choices(answers.get(name, ""), segments) for name in _SEGMENTS},
        }

    context = {**page("campaigns"), **transact(work)}
    return render_template("marketing/campaign.html", errors=errors, **context)
