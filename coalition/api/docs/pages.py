"""Quick start, reference, webhooks and changelog as pages."""

from __future__ import annotations

from flask import Response, current_app, jsonify, render_template, url_for

from coalition import sandbox
from coalition.api.docs import changelog, examples, quickstart, told_webhooks
from coalition.api.docs.blueprint import blueprint
from coalition.kernel.errors import NotFound
from coalition.partners.webhooks import envelope, event_type, event_types


@blueprint.get("")
def reference() -> str:
    """Every operation of the API."""
    spec = current_app.extensions["coalition.api"].spec.to_dict()
    where = {"spec_url": url_for("api-docs.openapi_json"), "examples": examples.shown()}
    return render_template("docs/api.html", spec=spec, **where)


@blueprint.get("/quickstart")
def quick_start() -> str:
    """From credentials to the first points in three commands."""
    return render_template("docs/quickstart.html", setting=quickstart.setting(), commands=quickstart.commands())


@blueprint.get("/webhooks")
def webhooks() -> str:
    """How a partner is told what happens: verifying, order, retries, and every type of event with its schema."""
    told = [told_webhooks.sample(one) for one in event_types()]
    how = {"verifying": told_webhooks.VERIFYING, "following": told_webhooks.FOLLOWING}
    return render_template("docs/webhooks.html", types=told, around=told_webhooks.around(), **how)


@blueprint.get("/webhooks/<name>.json")
def webhook_schema(name: str) -> Response:
    """The JSON schema of the body of one type of events. NotFound for no type."""
    known = event_type(name)
    if known is None:
        raise NotFound()
    return jsonify(envelope(known.schema))


@blueprint.get("/testing")
def testing() -> str:
    """Test mode: how it is switched on, its cards, and its magic values."""
    return render_template("docs/testing.html", cards=sandbox.CARDS, outlet=sandbox.OUTLET)


@blueprint.get("/changelog")
def changes() -> str:
    """What has been added to the API, the latest first."""
    return render_template("docs/changelog.html", entries=changelog.ENTRIES)
