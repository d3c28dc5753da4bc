"""The token endpoint: a partner's client trades its secret for an access token (RFC 6749, client_credentials).

Authlib runs the protocol; the room `access` proves clients and issues tokens. Answers are OAuth's own JSON, never
problem+json. What could leak a secret (a query string) or be read in two ways (a parameter twice) is refused.
"""

from __future__ import annotations

from typing import Any

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.integrations.flask_oauth2.requests import FlaskOAuth2Payload
from authlib.oauth2 import OAuth2Error, OAuth2Request
from authlib.oauth2.rfc6749 import ClientCredentialsGrant, InvalidRequestError, InvalidScopeError
from flask import Blueprint, Response, jsonify, request
from werkzeug.exceptions import RequestEntityTooLarge

from coalition import access
from coalition.kernel import audit, config
from coalition.kernel.db import transact

blueprint = Blueprint("oauth", __name__)
TOKEN_PATH = "/oauth/token"  # noqa: S105 - an address
_MAX_BODY = 16 * 1024
_AUTH_METHODS = ["client_secret_basic", "client_secret_post"]


class TokenRequest(OAuth2Request):  # type: ignore[misc]
    """The request as Authlib reads it. Its address is the one we are known by: a proxy may end TLS before us."""

    def __init__(self) -> None:
        super().__init__(request.method, config.current().base_url + request.path, headers=request.headers)
        self.payload = FlaskOAuth2Payload(request)

    @property
    def form(self) -> Any:
        """The parameters in the body, the only place where we take them from."""
        return request.form


class PartnerGrant(ClientCredentialsGrant):  # type: ignore[misc]
    """client_credentials, with the secret in the header or in the body."""

    TOKEN_ENDPOINT_AUTH_METHODS = _AUTH_METHODS


class Server(AuthorizationServer):  # type: ignore[misc]
    """Authlib's authorization server over the room `access`."""

    def create_oauth2_request(self, request: Any) -> TokenRequest:
        """The running request."""
        return TokenRequest()

    def query_client(self, client_id: str) -> None:
        """Nobody is a client by name alone; see the two ways to prove it below."""

    def authenticate_client(self, request: Any, methods: list[str], endpoint: str = "token") -> access.Client:
        """The client that proves itself; from here on it is the origin of what happens."""
        client: access.Client = super().authenticate_client(request, methods, endpoint)
        origin = audit.origin()
        audit.set_origin(audit.Origin(f"client:{client.id}", origin.ip, origin.request_id))
        return client

    def save_token(self, token: dict[str, Any], request: Any) -> None:
        """`_bearer` has kept it already."""


def _basic(_: Any, asked: TokenRequest) -> access.Client | None:
    given = request.authorization
    if given is None or given.type != "basic" or not given.username or not given.password:
        return None
    return access.verify_client(given.username, given.password)


def _post(_: Any, asked: TokenRequest) -> access.Client | None:
    return access.verify_client(asked.form.get("client_id", ""), asked.form.get("client_secret", ""))


def _bearer(grant_type: str, client: access.Client, scope: str | None = None, **_: Any) -> dict[str, Any]:
    allowed = client.get_allowed_scope(scope)
    if allowed is None:
        raise InvalidScopeError()
    token = access.issue(client, allowed.split())
    scopes = " ".join(sorted(token.scopes))
    return {"token_type": "Bearer", "access_token": token.value, "expires_in": token.expires_in_s, "scope": scopes}


server = Server()
server.register_token_generator("default", _bearer)
server.register_client_auth_method("client_secret_basic", _basic)
server.register_client_auth_method("client_secret_post", _post)
server.register_grant(PartnerGrant)


@blueprint.post(TOKEN_PATH)
def token() -> Response:
    """Issue an access token, or refuse as RFC 6749 5.2 says."""
    request.max_content_length = _MAX_BODY
    try:
        _check_form()
        answer: Response = transact(server.create_token_response)
    except OAuth2Error as error:
        answer = server.handle_response(*error())
    return answer


@blueprint.get("/.well-known/oauth-authorization-server")
def metadata() -> Response:
    """What this server can do (RFC 8414); only what exists is told."""
    base_url = config.current().base_url
    return jsonify(
        issuer=base_url,
        token_endpoint=base_url + TOKEN_PATH,
        token_endpoint_auth_methods_supported=_AUTH_METHODS,
        grant_types_supported=[PartnerGrant.GRANT_TYPE],
        response_types_supported=[],
        scopes_supported=sorted(access.SCOPES),
        service_documentation=base_url + "/api/docs",
    )


def _check_form() -> None:
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
    if not form.get("grant_type"):
        raise InvalidRequestError("The parameter grant_type is missing.")
    if "Authorization" in request.headers and "client_secret" in form:
        raise InvalidRequestError("Prove the client in the header or in the body, not in both.")
