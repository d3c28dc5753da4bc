"""The API's frame: flask-smorest with our parser, our problems and our bearer check.

A door declares `@needs("purchases:write")` on a view; who the bearer is, is asked of the function that the access
room's door registers with `check_bearers_with`.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable
from http import HTTPStatus
from threading import RLock
from typing import Any, Protocol, TypeVar, cast

from flask import Flask, current_app, g, request
from flask_smorest import Api, Blueprint
from flask_smorest.utils import prepare_response
from webargs.flaskparser import FlaskParser
from werkzeug.datastructures import MultiDict

from coalition.kernel import audit
from coalition.kernel.errors import BadRequest, FieldError, Forbidden, Invalid, Unauthorized
from coalition.kernel.web import problem
from coalition.kernel.web.json_body import parse_object

View = TypeVar("View", bound=Callable[..., Any])
PREFIX = "/api/v1"
_BEARERS = "coalition.bearers"
_LOOKS = "coalition.looks"
_CONVENTIONS = (
    "Get a token first: POST /oauth/token with the client's id and secret (HTTP Basic) and"
    " grant_type=client_credentials; send it as Authorization: Bearer. It lasts an hour and carries the client's"
    " scopes, or those named in scope.",
    "Points and money are integers in minor units, quantities are thousandths (qty_m: 1500 is 1.5), instants are"
    " RFC 3339 with an offset. Unknown fields are refused.",
    "What moves points is done once under its external_id, for good: the same body again gets the first answer"
    " with the header Idempotency-Replayed: true, another body 409 external_id_conflict. After a time-out simply"
    " send it again, or ask GET /purchases?external_id=. A refusal (4xx) uses up no external_id. Any POST also"
    " takes an Idempotency-Key of 1 to 255 characters, kept for 30 days.",
    "A refusal is application/problem+json: code is stable and explained under /api/docs/errors, errors points at"
    " each wrong field, retryable says whether the same request may succeed later. What belongs to another partner"
    " is nobody's: 404 in an address, 422 in a body.",
    "Lists take limit (at most 200) and cursor; next_cursor is null on the last page, but never in GET /changes, where"
    " one goes on from it. X-Request-Id is taken or made, and comes back with every answer.",
    "A GET of one thing answers an ETag: If-None-Match with it gets 304 while nothing has changed, If-Match on a PATCH"
    " or PUT of that thing gets 412 changed_meanwhile once it has. Without If-Match the last writer wins, and a PATCH"
    " changes only the fields that it names. A PATCH answers the ETag of what it has made.",
)


class Caller(Protocol):
    """The client behind a bearer token: one partner in one program. `subject` is the person who allowed it to act."""

    @property
    def id(self) -> int: ...
    @property
    def client_id(self) -> str: ...
    @property
    def partner_id(self) -> int: ...
    @property
    def program_id(self) -> int: ...
    @property
    def scopes(self) -> frozenset[str]: ...
    @property
    def subject(self) -> str | None: ...


class BodyParser(FlaskParser):
    """webargs with the hardened JSON parser; unknown fields are refused everywhere but in query strings."""

    DEFAULT_UNKNOWN_BY_LOCATION = {**FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION, "json": None, "query": "raise"}  # noqa: RUF012

    def load_json(self, req: Any, schema: Any) -> Any:
        """The body as an object; an empty body is an empty object, so that missing fields are named."""
        body = req.get_data(cache=True)
        if not body:
            return {}
        if not req.is_json:
            raise BadRequest("not_json", "Send the body as application/json.")
        return parse_object(body)

    def load_querystring(self, req: Any, schema: Any) -> Any:
        """The query; a parameter of ours that is empty was left out, as forms send what nobody has filled in.

        Raises Invalid `duplicate` for one that is said twice: of a second value nothing would be heard.
        """
        said = [(name, text) for name, text in req.args.items(multi=True) if text or name not in schema.fields]
        names = Counter(name for name, _ in said)
        if twice := [name for name in schema.fields if names[name] > 1]:
            problems = [FieldError(f"/{name}", "duplicate", "Say it once.") for name in twice]
            raise Invalid("invalid", "The query names a parameter twice.", problems)
        return self._makeproxy(MultiDict(said), schema)


class ApiBlueprint(Blueprint):
    """A group of endpoints under /api/v1."""

    ARGUMENTS_PARSER = BodyParser()

    def __init__(self, name: str, import_name: str, **kwargs: Any) -> None:
        super().__init__(f"api_{name}", import_name, url_prefix=PREFIX, **kwargs)


class ProblemApi(Api):
    """flask-smorest whose errors, in the document as on the wire, are problem+json (pinned below 0.48).

    The document is drawn when it is first asked for: few processes ever are, and it takes as long as all the rest.
    """

    ERROR_SCHEMA = problem.ProblemSchema
    DEFAULT_ERROR_RESPONSE_CONTENT_TYPE = problem.CONTENT_TYPE

    def __init__(self, app: Flask) -> None:
        self._drawing, self._undrawn = RLock(), list[Blueprint]()
        super().__init__(app)

    def register_blueprint(self, blp: Blueprint) -> None:
        """Open the endpoints; the document will say what they are."""
        self._app.extensions["flask-smorest"]["blp_name_to_api"][blp.name] = self
        self._app.register_blueprint(blp)
        self._undrawn.append(blp)

    @property
    def spec(self) -> Any:
        """The document of all endpoints that have been registered."""
        with self._drawing:
            while self._undrawn:
                blp = self._undrawn.pop(0)
                blp.register_views_in_doc(self, self._app, self._spec, name=blp.name, parameters=None)
                self._spec.tag({"name": blp.name, "description": blp.description})
            return self._spec

    @spec.setter
    def spec(self, empty: Any) -> None:
        self._spec = empty

    def _register_error_handlers(self) -> None:
        """The application-wide handlers of `problem` answer for the API too."""

    def _register_responses(self) -> None:
        schema = self.ERROR_SCHEMA()
        for status in HTTPStatus:
            response: dict[str, Any] = {"description": status.phrase}
            if status >= 400:
                response["schema"] = schema
            prepare_response(response, self.spec, problem.CONTENT_TYPE)
            self.spec.components.response(status.name, response, lazy=True)
        fallback = {"description": "Problem (RFC 9457)", "schema": schema}
        prepare_response(fallback, self.spec, problem.CONTENT_TYPE)
        self.spec.components.response("DEFAULT_ERROR", fallback, lazy=True)


def init_app(app: Flask) -> ProblemApi:
    """Create the API and its OpenAPI 3.1 document at /api/v1/openapi.json."""
    app.config.update(
        API_TITLE="Coalition partner API",
        API_VERSION="1",
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX=PREFIX,
        OPENAPI_JSON_PATH="openapi.json",
        API_SPEC_OPTIONS={"info": {"description": "\n\n".join(_CONVENTIONS)}},
        MAX_CONTENT_LENGTH=2_000_000,
    )
    api = ProblemApi(app)
    flows = {
        "clientCredentials": {"tokenUrl": "/oauth/token", "scopes": {}},
        "authorizationCode": {"authorizationUrl": "/oauth/authorize", "tokenUrl": "/oauth/token", "scopes": {}},
    }
    api.spec.components.security_scheme("oauth2", {"type": "oauth2", "flows": flows})
    app.extensions["coalition.api"] = api
    return api


def register(app: Flask, *blueprints: Blueprint) -> None:
    """Add endpoints to the application's API."""
    for blueprint in blueprints:
        cast(ProblemApi, app.extensions["coalition.api"]).register_blueprint(blueprint)


def check_bearers_with(app: Flask, check: Callable[[str], Caller]) -> None:
    """Let `check` turn a bearer token into its caller; it raises Unauthorized for any other token."""
    app.extensions[_BEARERS] = check


def look_first(app: Flask, look: Callable[[Caller], None]) -> None:
    """Let `look` see every caller that was let in, before the view does anything; it may refuse."""
    app.extensions.setdefault(_LOOKS, []).append(look)


def needs(scope: str) -> Callable[[View], View]:
    """Demand a bearer token with `scope`; the caller is then `caller()`."""

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            _admit(scope)
            for look in current_app.extensions.get(_LOOKS, ()):
                look(caller())
            return view(*args, **kwargs)

        said = getattr(view, "_apidoc", {})
        doc = {**said.get("manual_doc", {}), "security": [{"oauth2": [scope]}]}
        guarded._apidoc = {**said, "manual_doc": doc}  # type: ignore[attr-defined]
        guarded.scope = scope  # type: ignore[attr-defined]
        return cast(View, guarded)

    return decorate


def caller() -> Caller:
    """The client that sent this request."""
    return cast(Caller, g.caller)


def _admit(scope: str) -> None:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not token:
        raise Unauthorized("token_missing", "Send an access token: Authorization: Bearer ...")
    found: Caller = current_app.extensions[_BEARERS](token.strip())
    if scope not in found.scopes:
        raise Forbidden("insufficient_scope", f"This needs the scope {scope}.", scope=scope)
    g.caller = found
    origin = audit.origin()
    audit.set_origin(audit.Origin(f"client:{found.id}", origin.ip, origin.request_id))
