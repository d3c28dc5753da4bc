"""The OAuth endpoints of programs: tokens, giving them back, asking about them, and what this server can do.

Authlib runs the protocol (`oauth_server`); the room `access` proves clients, claims and issues. Answers are OAuth's
own JSON, never problem+json. What could leak a secret (a query string) or be read in two ways (a parameter twice) is
refused. Members say yes at `/oauth/authorize`, which is a page (`site/consenting`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import InvalidRequestError, UnsupportedGrantTypeError
from flask import Blueprint, Response, jsonify, request
from werkzeug.exceptions import RequestEntityTooLarge

from coalition import access
from coalition.access import oauth
from coalition.api.oauth_server import CONFIDENTIAL, METHODS, TOKEN_PATH, a_server
from coalition.kernel import config
from coalition.kernel.db import transact

blueprint = Blueprint("oauth", __name__)
_MAX_BODY = 16 * 1024
_GRANTS = ("client_credentials", "authorization_code", "refresh_token")
_NO_SUCH_GRANT = f"There is no such grant_type. There are {', '.join(_GRANTS)}; /api/docs says when to use which."
server = a_server()


@blueprint.post(TOKEN_PATH)
def token() -> Response:
    """Issue tokens, or refuse as RFC 6749 5.2 says."""
    return _answer("grant_type", _issue)


@blueprint.post("/oauth/revoke")
def revoke() -> Response:
    """End a token of the client's (RFC 7009): an access token alone, a refresh token with all of its allowance."""
    return _answer("token", lambda: server.create_endpoint_response("revocation"))


@blueprint.post("/oauth/introspect")
def introspect() -> Response:
    """What a token of the client's is still good for (RFC 7662)."""
    return _answer("token", lambda: server.create_endpoint_response("introspection"))


@blueprint.get("/.well-known/oauth-authorization-server")
def metadata() -> Response:
    """What this server can do (RFC 8414, RFC 9207); only what exists is told."""
    base_url = config.current().base_url
    return jsonify(
        issuer=base_url,
        authorization_endpoint=base_url + "/oauth/authorize",
        token_endpoint=base_url + TOKEN_PATH,
        revocation_endpoint=base_url + "/oauth/revoke",
        introspection_endpoint=base_url + "/oauth/introspect",
        token_endpoint_auth_methods_supported=METHODS,
        revocation_endpoint_auth_methods_supported=METHODS,
        introspection_endpoint_auth_methods_supported=CONFIDENTIAL,
        token_endpoint_auth_signing_alg_values_supported=list(oauth.ALGORITHMS),
        grant_types_supported=list(_GRANTS),
        response_types_supported=["code"],
        response_modes_supported=["query"],
        code_challenge_methods_supported=[oauth.METHOD],
        authorization_response_iss_parameter_supported=True,
        scopes_supported=sorted(access.ALL_SCOPES),
        service_documentation=base_url + "/api/docs",
    )


def _answer(needed: str, work: Callable[[], Response]) -> Response:
    """One transaction: what an error leaves behind (a used code, an ended allowance) is committed with it."""
    request.max_content_length = _MAX_BODY
    try:
        _check_form(needed)
        answer = transact(work)
    except OAuth2Error as error:
        answer = server.handle_response(*error())
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _issue() -> Response:
    if request.form["grant_type"] not in _GRANTS:
        error = UnsupportedGrantTypeError(None)
        error.description = _NO_SUCH_GRANT
        raise error
    return cast(Response, server.create_token_response())


def _check_form(needed: str) -> None:
    if request.query_string:
        raise InvalidRequestError("Send every parameter in the body, none in the address.")
    try:
        form = request.form
    except RequestEntityTooLarge as error:
        raise InvalidRequestError("The body is too large.", status_code=413) from error
    if request.mimetype != "application/x-www-form-urlencoded":
        raise InvalidRequestError("Send the body as application/x-www-form-urlencoded.")
    if any(len(values) > 1 for _, values in form.lists()):
        raise InvalidRequestError("A parameter was sent twice.")
    if not form.get(needed):
        raise InvalidRequestError(f"The parameter {needed} is missing.")
    proofs = ["Authorization" in request.headers, "client_secret" in form, "client_assertion" in form]
    if sum(proofs) > 1:
        raise InvalidRequestError("Prove the client in one way, not in two.")
