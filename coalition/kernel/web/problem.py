"""RFC 9457: every refusal of the API is `application/problem+json` with a stable code; a page gets a page."""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, json, request
from marshmallow import INCLUDE, Schema, fields
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as BaseResponse

from coalition.kernel import audit
from coalition.kernel.db import db
from coalition.kernel.errors import FieldError, Refusal
from coalition.kernel.logs import logger
from coalition.kernel.web.pages import error_page

CONTENT_TYPE = "application/problem+json"
CODES = {
    400: "bad_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "body_too_large",
    415: "unsupported_media_type",
    422: "invalid",
    429: "too_many_requests",
    503: "unavailable",
}
_FOR_PROGRAMS = ("/api/", "/oauth/", "/healthz", "/readyz")
_FOR_PEOPLE = ("/oauth/authorize",)  # among them, but a page
_PASSED_ON = ("Allow", "Retry-After", "WWW-Authenticate")
_TITLES = {kind.status: kind.title for kind in Refusal.__subclasses__()}  # one title for each type of problem
_SAID = {404: "There is nothing at this address. Every address of the API stands in /api/docs."}
_ERRORS_MOST = 1_000  # an answer is never much larger than what it answers
log = logger(__name__)


class FieldErrorSchema(Schema):
    """One wrong field."""

    pointer = fields.String(required=True, metadata={"description": "JSON pointer into the request"})
    code = fields.String(required=True)
    detail = fields.String(required=True)


class ProblemSchema(Schema):
    """A problem as RFC 9457 describes it, with our stable `code`; some codes add facts of their own."""

    class Meta:
        unknown = INCLUDE

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True)
    code = fields.String(required=True)
    errors = fields.List(fields.Nested(FieldErrorSchema), required=True)
    request_id = fields.String(required=True, allow_none=True)
    retryable = fields.Boolean(required=True)


def init_app(app: Flask) -> None:
    """Answer every refusal and every error in the form the caller reads."""
    app.register_error_handler(Refusal, _refusal)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unexpected)


def is_for_programs() -> bool:
    """Whether the caller of this request is a program, which reads problem+json, not pages."""
    return request.path.startswith(_FOR_PROGRAMS) and request.path not in _FOR_PEOPLE


def answer(
    status: int,
    code: str,
    title: str,
    detail: str,
    *,
    errors: tuple[FieldError, ...] = (),
    retryable: bool = False,
    **extra: Any,
) -> Response:
    """A problem+json response, with the first thousand errors; `extra` members stand beside the standard ones."""
    body = {
        "type": f"/api/docs/errors/{code}",
        "title": title,
        "status": status,
        "detail": detail,
        "code": code,
        "errors": [{"pointer": at.pointer, "code": at.code, "detail": at.detail} for at in errors[:_ERRORS_MOST]],
        "request_id": audit.origin().request_id,
        "retryable": retryable,
        **extra,
    }
    return Response(json.dumps(body, ensure_ascii=False), status, content_type=CONTENT_TYPE)


def flatten(messages: Any, pointer: str = "") -> list[FieldError]:
    """Marshmallow's nested messages as a flat list of field errors."""
    if isinstance(messages, dict):
        return [error for key, inner in messages.items() for error in flatten(inner, _join(pointer, key))]
    texts = messages if isinstance(messages, list) else [messages]
    return [FieldError(pointer, _field_code(str(text)), str(text)) for text in texts]


def _refusal(error: Refusal) -> Response:
    if not is_for_programs():
        page, status = error_page(error.status, detail=error.detail, **error.extra)
        return _when(Response(page, status), error)
    response = answer(
        error.status,
        error.code,
        error.title,
        error.detail,
        errors=error.errors,
        retryable=error.retryable,
        **error.extra,
    )
    if error.status == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="coalition"'
    return _when(response, error)


def _when(response: Response, error: Refusal) -> Response:
    """The answer with the second from which on the same request may be sent again, if it may."""
    if error.retryable:
        response.headers["Retry-After"] = str(error.extra.get("retry_after_s", 2))
    return response


def _http(error: HTTPException) -> BaseResponse | tuple[str, int]:
    status = error.code or 500
    if error.response is not None or status < 400:
        return error.get_response()
    if not is_for_programs():
        return error_page(status)
    messages = (getattr(error, "data", None) or {}).get("messages") or {}
    errors = tuple(found for inner in messages.values() for found in flatten(inner)) if messages else ()
    detail = "One or more fields are wrong." if errors else _SAID.get(status) or error.description or error.name
    response = answer(status, CODES.get(status, "error"), _TITLES.get(status, error.name), detail, errors=errors)
    for name, value in error.get_headers():
        if name in _PASSED_ON:
            response.headers[name] = value
    return response


def _unexpected(error: Exception) -> BaseResponse | tuple[str, int]:
    db.session.rollback()
    log.exception("request.failed", path=request.path)
    detail = "Something went wrong on our side; nothing was changed."
    if not is_for_programs():
        return error_page(500)
    return answer(500, "internal_error", "Internal error", detail, retryable=True)


def _join(pointer: str, key: Any) -> str:
    return pointer if key == "_schema" else f"{pointer}/{key}"


def _field_code(text: str) -> str:
    if text.startswith("Missing data"):
        return "required"
    return "unknown_field" if text == "Unknown field." else "invalid"
