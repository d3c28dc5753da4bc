"""Authlib's authorization server over the room `access`: the token, revocation and introspection endpoints.

Authlib runs the protocol, the room claims. Where Authlib as documented would give one code several tokens (it saves
before it deletes) or take PKCE's `plain`, the classes here decide otherwise: a code or refresh token is claimed by the
first query, in the transaction in which its tokens are saved.
"""

from __future__ import annotations

from typing import Any

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.integrations.flask_oauth2.requests import FlaskOAuth2Payload
from authlib.oauth2 import OAuth2Error, OAuth2Request
from authlib.oauth2.rfc6749 import (
    AuthorizationCodeGrant,
    ClientCredentialsGrant,
    InvalidGrantError,
    InvalidScopeError,
    RefreshTokenGrant,
)
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oauth2.rfc7662 import IntrospectionEndpoint
from flask import request

from coalition import access
from coalition.access import oauth
from coalition.kernel import audit, config, ids

TOKEN_PATH = "/oauth/token"  # noqa: S105 - an address
CONFIDENTIAL = ["client_secret_basic", "client_secret_post", "private_key_jwt"]
METHODS = [*CONFIDENTIAL, "none"]


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
    """client_credentials: a client acts for its partner."""

    TOKEN_ENDPOINT_AUTH_METHODS = CONFIDENTIAL


class Taken:
    """A claimed code in the shape that Authlib asks."""

    code_challenge_method = oauth.METHOD

    def __init__(self, allowance: oauth.Allowance) -> None:
        self.allowance = allowance
        self.code_challenge = allowance.challenge

    def get_redirect_uri(self) -> str:
        """The address that the code was sent to; the same must be named again."""
        return self.allowance.redirect_uri

    def get_scope(self) -> str:
        """What the member allowed."""
        return " ".join(sorted(self.allowance.scopes))

    def check_client(self, client: access.Client) -> bool:
        """Nobody else's is ever found."""
        return True


class CodeGrant(AuthorizationCodeGrant):  # type: ignore[misc]
    """authorization_code at the token endpoint: claimed at once, so a wrong proof uses the code up as well."""

    TOKEN_ENDPOINT_AUTH_METHODS = METHODS

    def query_authorization_code(self, code: str, client: access.Client) -> Taken | None:
        """Claim the code."""
        allowance = oauth.claim_code(client, code)
        return Taken(allowance) if allowance else None

    def delete_authorization_code(self, authorization_code: Taken) -> None:
        """It is used up already; it stays, so that its second use is seen."""

    def authenticate_user(self, authorization_code: Taken) -> oauth.Allowance:
        """For whom: the allowance stands for the member."""
        return authorization_code.allowance


class FreshGrant(RefreshTokenGrant):  # type: ignore[misc]
    """refresh_token: looked at first, so that a wrong scope costs nothing, then claimed."""

    TOKEN_ENDPOINT_AUTH_METHODS = METHODS

    def authenticate_refresh_token(self, refresh_token: str) -> Taken | None:
        """What may be asked for with it."""
        allowance = oauth.refreshable(self.request.client, refresh_token)
        return Taken(allowance) if allowance else None

    def authenticate_user(self, refresh_token: Taken) -> oauth.Allowance:
        """Claim it; a used one ends its allowance."""
        allowance = oauth.claim_refresh(self.request.client, self.request.form["refresh_token"])
        if allowance is None:
            raise InvalidGrantError()
        return allowance

    def revoke_old_credential(self, refresh_token: Taken) -> None:
        """It is used up already."""


class S256(CodeChallenge):  # type: ignore[misc]
    """PKCE for every client, by S256 alone; the room keeps no code without a challenge."""

    SUPPORTED_CODE_CHALLENGE_METHOD = (oauth.METHOD,)
    CODE_CHALLENGE_METHODS = {oauth.METHOD: CodeChallenge.CODE_CHALLENGE_METHODS[oauth.METHOD]}  # noqa: RUF012


class UnknownHint(OAuth2Error):  # type: ignore[misc]
    """RFC 7009 2.2.1. (Authlib's own answers 401, as if the client were not proven.)"""

    error = "unsupported_token_type"


class Revocation(RevocationEndpoint):  # type: ignore[misc]
    """RFC 7009; a token of somebody else is answered like one that never was."""

    CLIENT_AUTH_METHODS = METHODS

    def authenticate_token(self, asked: OAuth2Request, client: access.Client) -> str:
        """The value, once the parameters are sound."""
        _check_hint(asked)
        return str(asked.form["token"])

    def revoke_token(self, token: str, asked: OAuth2Request) -> None:
        """End it, if it is the client's."""
        oauth.end(asked.client, token)


class Introspection(IntrospectionEndpoint):  # type: ignore[misc]
    """RFC 7662, for clients that prove themselves."""

    CLIENT_AUTH_METHODS = CONFIDENTIAL

    def authenticate_token(self, asked: OAuth2Request, client: access.Client) -> tuple[access.Client, str]:
        """The value, once the parameters are sound."""
        _check_hint(asked)
        return client, str(asked.form["token"])

    def create_introspection_payload(self, token: tuple[access.Client, str]) -> dict[str, Any]:
        """What the client may know of its token."""
        client, value = token
        found = oauth.known(client, value)
        if found is None or not found.active:
            return {"active": False}
        told = {
            "active": True,
            "token_type": "Bearer" if found.kind == "access_token" else "refresh_token",
            "scope": " ".join(sorted(found.scopes)),
            "client_id": client.client_id,
            "iss": config.current().base_url,
            "iat": int(found.issued_at.timestamp()),
            "exp": int(found.expires_at.timestamp()),
        }
        return told | ({"sub": _subject(found.subject)} if found.subject else {})


class Server(AuthorizationServer):  # type: ignore[misc]
    """The server of the three endpoints."""

    def create_oauth2_request(self, request: Any) -> TokenRequest:
        """The running request."""
        return TokenRequest()

    def query_client(self, client_id: str) -> None:
        """Nobody is a client by name alone; see the ways to prove it below."""

    def authenticate_client(self, request: Any, methods: list[str], endpoint: str = "token") -> access.Client:
        """The client that proves itself; from here on it is the origin of what happens."""
        client: access.Client = super().authenticate_client(request, methods, endpoint)
        origin = audit.origin()
        audit.set_origin(audit.Origin(f"client:{client.id}", origin.ip, origin.request_id))
        request.client = client
        return client

    def save_token(self, token: dict[str, Any], request: Any) -> None:
        """`_bearer` has kept it already."""


def _check_hint(asked: OAuth2Request) -> None:
    """A hint that we know, or none."""
    if asked.form.get("token_type_hint", "access_token") not in RevocationEndpoint.SUPPORTED_TOKEN_TYPES:
        raise UnknownHint()


def _subject(owner_ref: str) -> str:
    return ids.public("mbr", int(owner_ref.partition(":")[2]))


def _basic(_: Any, asked: TokenRequest) -> access.Client | None:
    given = request.authorization
    if given is None or given.type != "basic" or not given.username or not given.password:
        return None
    return access.verify_client(given.username, given.password)


def _post(_: Any, asked: TokenRequest) -> access.Client | None:
    if "client_secret" not in asked.form:
        return None
    return access.verify_client(asked.form.get("client_id", ""), asked.form["client_secret"])


def _assertion(_: Any, asked: TokenRequest) -> access.Client | None:
    if asked.form.get("client_assertion_type") != oauth.ASSERTION_TYPE:
        return None
    base_url = config.current().base_url
    client = oauth.verify_assertion(asked.form.get("client_assertion", ""), (base_url, base_url + TOKEN_PATH))
    named = asked.form.get("client_id", client.client_id if client else "")
    return client if client and client.client_id == named else None


def _none(_: Any, asked: TokenRequest) -> access.Client | None:
    """A public client says its name and nothing that would be a proof."""
    if request.authorization is not None or {"client_secret", "client_assertion"} & set(asked.form):
        return None
    return access.named_client(asked.form.get("client_id", ""))


def _bearer(
    grant_type: str, client: access.Client, user: oauth.Allowance | None = None, scope: str | None = None, **_: Any
) -> dict[str, Any]:
    if user is not None:
        pair = oauth.issue_pair(client, user, frozenset((scope or "").split()))
        return _told(pair.access) | {"refresh_token": pair.refresh}
    allowed = client.get_allowed_scope(scope)
    if allowed is None:
        raise InvalidScopeError()
    return _told(access.issue(client, allowed.split()))


def _told(token: access.Token) -> dict[str, Any]:
    scopes = " ".join(sorted(token.scopes))
    return {"token_type": "Bearer", "access_token": token.value, "expires_in": token.expires_in_s, "scope": scopes}


def a_server() -> Server:
    """The server with all that it can do."""
    server = Server()
    server.register_token_generator("default", _bearer)
    ways = {"client_secret_basic": _basic, "client_secret_post": _post, "private_key_jwt": _assertion, "none": _none}
    for method, way in ways.items():
        server.register_client_auth_method(method, way)
    server.register_grant(PartnerGrant)
    server.register_grant(CodeGrant, [S256(required=True)])
    server.register_grant(FreshGrant)
    server.register_endpoint(Revocation)
    server.register_endpoint(Introspection)
    return server
