"""The API's own reference: the OpenAPI document as a page, and what every error code means.

Both are drawn from what the program itself knows; nothing is written twice and nothing is loaded from elsewhere.
"""

from __future__ import annotations

from flask import Blueprint, Flask, current_app, render_template, url_for

from coalition.access import SCOPES
from coalition.api.error_codes import CODES, FEED_CODES, FIELD_CODES, FILE_CODES, ROW_CODES

blueprint = Blueprint("docs", __name__, url_prefix="/api/docs")


def init_app(app: Flask) -> None:
    """Add the pages, and name our scopes in the OpenAPI document."""
    schemes = app.extensions["coalition.api"].spec.components.security_schemes
    schemes["oauth2"]["flows"]["clientCredentials"]["scopes"] = dict(SCOPES)
    app.register_blueprint(blueprint)


@blueprint.get("")
def reference() -> str:
    """Every operation of the API."""
    spec = current_app.extensions["coalition.api"].spec.to_dict()
    return render_template("docs/api.html", spec=spec, spec_url=url_for("api-docs.openapi_json"))


@blueprint.get("/errors")
def errors() -> str:
    """Every error code; the `type` of a problem leads to its line here."""
    return render_template(
        "docs/errors.html",
        codes=CODES,
        field_codes=FIELD_CODES,
        file_codes=FILE_CODES,
        feed_codes=FEED_CODES,
        row_codes=ROW_CODES,
    )
