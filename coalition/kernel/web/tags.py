"""ETags: what one resource of the API looks like now, in one word, so that a caller need not read it twice.

Every JSON answer to a GET whose address names a thing carries its tag; `If-None-Match` gets 304 while nothing has
changed, and `If-Match` on a change gets 412 once somebody else has changed it. A PATCH answers what a GET would, with
the new tag, so that a caller goes on without reading again; a PUT, which we may spell otherwise than it was sent, must
not (RFC 9110, 9.3.4). A tag is a hash of the answer, so two
callers who may see different parts of a thing have different tags for it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from flask import Flask, Response, request

from coalition.kernel.errors import PreconditionFailed

IF_MATCH = {
    "in": "header",
    "name": "If-Match",
    "required": False,
    "schema": {"type": "string"},
    "description": "The ETag of a GET of this thing: the change is only made while it is still so, else 412"
    " changed_meanwhile.",
}  # for the document of every PATCH and PUT of a thing that can be read
TAGGED = {
    "ETag": {
        "schema": {"type": "string"},
        "description": "What the thing looks like now, as a GET of it would say; for If-Match on the next change.",
    }
}  # for the document of every answer to a PATCH
_LENGTH = 32
_READING = ("GET", "HEAD")
_COMPRESSED = ":gzip"  # Flask-Compress marks the tag of an answer that it has compressed


def init_app(app: Flask, prefix: str) -> None:
    """Tag the answers of the addresses under `prefix`. To be called after compression is set up: we come before it."""

    def tag(response: Response) -> Response:
        tagged = request.method in (*_READING, "PATCH") and request.view_args and request.path.startswith(prefix)
        if tagged and response.status_code == 200 and response.mimetype == "application/json":
            _tag(response)
        return response

    app.after_request(tag)


def is_conditional() -> bool:
    """Whether this change is wanted only while the thing is as the caller saw it (`If-Match`)."""
    return bool(request.if_match)


def demand(told: Mapping[str, Any]) -> None:
    """Raise PreconditionFailed `changed_meanwhile` where `If-Match` names another state than `told`, the answer as a
    GET would give it now. The caller has locked what it is about to change."""
    wanted = request.if_match
    if wanted and not wanted.star_tag and tag_of(told) not in _bare(wanted.as_set()):
        raise PreconditionFailed("changed_meanwhile", "Somebody has changed it since; read it again.")


def tag_of(told: Mapping[str, Any]) -> str:
    """The tag of an answer's content: equal for equal contents, in whatever order they are spelt."""
    text = json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:_LENGTH]


def _tag(response: Response) -> None:
    response.cache_control.private = True
    response.cache_control.no_cache = True  # to be kept, but to be asked about
    response.vary.add("Authorization")
    if not response.get_etag()[0]:
        response.set_etag(tag_of(response.get_json()))
    known = request.if_none_match
    if (
        request.method in _READING
        and known
        and (known.star_tag or response.get_etag()[0] in _bare(known.as_set(include_weak=True)))
    ):
        response.status_code = 304
        response.set_data(b"")
        for name in ("Content-Type", "Content-Length"):
            response.headers.pop(name, None)


def _bare(tags: set[str]) -> set[str]:
    return {tag.removesuffix(_COMPRESSED) for tag in tags}
