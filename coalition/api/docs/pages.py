"""Quick start, reference and changelog as pages."""

from __future__ import annotations

from flask import current_app, render_template, url_for

from coalition import sandbox
from coalition.api.docs import changelog, quickstart
from coalition.api.docs.blueprint import blueprint


@blueprint.get("")
def reference() -> str:
    """Every operation of the API."""
    spec = current_app.extensions["coalition.api"].spec.to_dict()
    return render_template("docs/api.html", spec=spec, spec_url=url_for("api-docs.openapi_json"))


@blueprint.get("/quickstart")
def quick_start() -> str:
    """From credentials to the first points in three commands."""
    return render_template("docs/quickstart.html", setting=quickstart.setting(), commands=quickstart.commands())


@blueprint.get("/testing")
def testing() -> str:
    """Test mode: how it is switched on, its cards, and its magic values."""
    return render_template("docs/testing.html", cards=sandbox.CARDS, outlet=sandbox.OUTLET)


@blueprint.get("/changelog")
def changes() -> str:
    """What has been added to the API, the latest first."""
    return render_template("docs/changelog.html", entries=changelog.ENTRIES)
