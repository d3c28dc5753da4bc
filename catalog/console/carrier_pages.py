"""Carriers: who brings parcels, whose words their callbacks use, and the secret that signs these, shown once."""

from __future__ import annotations

from typing import Any

from flask import Response, render_template, url_for
from flask_babel import gettext

from catalog import shipments, suppliers
from catalog.console.frame import blueprint, choices, chosen_program, page, secret_page
from coalition.console import forms
from coalition.kernel import config
from coalition.kernel.db import transact

_TEXTS = ("code", "name", "vocabulary", "secret", "tracking_url", "quiet_days")
_FIELDS = {f"/{name}": name for name in (*_TEXTS, "number_forms")}
Answer = Response | tuple[str, int]


@blueprint.get("/carriers")
def carrier_list() -> str:
    """Every carrier, and the form of another."""
    return _page([], {})


@blueprint.post("/carriers")
def add_carrier() -> Answer:
    """Add a carrier; without a secret of its own one is made and shown this once."""
    given = forms.answers(*_TEXTS)
    quiet, secret = forms.whole(given["quiet_days"] or "30"), _secret(given)
    if quiet is None or secret is None:
        return _page([forms.error("quiet_days" if quiet is None else "secret", "invalid")], given), 422

    def work() -> None:
        shipments.add_carrier(
            given["code"],
            given["name"],
            secret,
            tracking_url=given["tracking_url"] or None,
            vocabulary=given["vocabulary"],
            quiet_days=quiet,
            number_forms=forms.picked("number_forms"),
            replace=False,
        )

    errors, status = forms.tried(work, _FIELDS)
    if errors:
        return _page(errors, given), status
    return _shown_once(given["code"], secret if secret != given["secret"] else None)


@blueprint.post("/carriers/<code>/secret")
def rekey_carrier(code: str) -> Answer:
    """Another secret for a carrier's callbacks."""
    known = transact(lambda: shipments.carrier(code))
    given = forms.answers("secret") | {"vocabulary": known.vocabulary}
    secret = _secret(given)
    if secret is None:
        return _page([forms.error("", "invalid")], {}), 422
    errors, status = forms.tried(lambda: shipments.rekey_carrier(code, secret), {})
    if errors:
        return _page(errors, {}), status
    return _shown_once(code, secret if secret != given["secret"] else None)


def listed() -> dict[str, Any]:
    """Every carrier, by name."""
    return {**choices(chosen_program()), "carriers": shipments.carriers()}


def _secret(given: dict[str, str]) -> str | None:
    """The secret that was typed, or one that we make where the carrier speaks as we do; None for what can be none."""
    if given["vocabulary"] != shipments.OURS:
        return given["secret"] or None
    if not given["secret"]:
        return suppliers.new_secret()
    return given["secret"] if suppliers.is_secret(given["secret"]) else None


def _shown_once(code: str, secret: str | None) -> Response:
    known, program = transact(lambda: shipments.carrier(code)), transact(chosen_program)
    back = url_for("desk.carrier_list", program=program.code)
    callbacks = f"{config.current().base_url}/api/v1/carriers/{code}/callbacks"
    return secret_page("delivery", known.name, secret, callbacks, (back, gettext("Carriers")), back)


def _page(errors: forms.Errors, given: dict[str, str]) -> str:
    answers = dict.fromkeys(_TEXTS, "") | {"vocabulary": shipments.OURS, "quiet_days": "30"} | given
    chosen = {"vocabularies": shipments.VOCABULARIES, "number_forms": sorted(shipments.NUMBER_FORMS)}
    picked = forms.picked("number_forms")
    shown = {"errors": errors, "answers": answers, "picked": picked, **chosen}
    return render_template("desk/carriers.html", **shown, **page("delivery"), **transact(listed))
