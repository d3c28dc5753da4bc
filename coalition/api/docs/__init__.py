"""The API's documentation on the running server: quick start, reference, error catalogue, changelog.

All of it is drawn from what the program itself knows, or from files that tests execute; nothing is written twice and
nothing is loaded from elsewhere.
"""

from __future__ import annotations

from flask import Flask

from coalition.access import MEMBER_SCOPES, SCOPES


def init_app(app: Flask) -> None:
    """Add the pages, and name our scopes in the OpenAPI document."""
    from coalition.api.docs import error_pages, pages  # noqa: F401 - they fill the blueprint
    from coalition.api.docs.blueprint import blueprint

    schemes = app.extensions["coalition.api"].spec.components.security_schemes
    flows = schemes["oauth2"]["flows"]
    flows["clientCredentials"]["scopes"], flows["authorizationCode"]["scopes"] = dict(SCOPES), dict(MEMBER_SCOPES)
    app.register_blueprint(blueprint)
