"""Refusals: the one way a room says no.

A room knows nothing of HTTP; a refusal has a stable `code`, a sentence, pointers to every wrong field and, where a
program can act on them, extra facts. The doors turn a refusal into problem+json or a page; `status` is the number
they use.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class FieldError:
    """One wrong field: a JSON pointer into the request, a stable code and a sentence."""

    pointer: str
    code: str
    detail: str


class Refusal(Exception):
    """The request cannot be granted and nothing was changed.

    `code` never changes once published; `extra` are facts for programs (for example what is available). `aftermath`,
    if a room sets it, is what the refusal itself leaves behind (a wrong guess is counted): `transact` runs it in a
    transaction of its own once it has rolled back.
    """

    status: ClassVar[int] = 400
    title: ClassVar[str] = "The request was refused"
    retryable: ClassVar[bool] = False
    aftermath: Callable[[], object] | None = None

    def __init__(self, code: str, detail: str, errors: Sequence[FieldError] = (), **extra: Any) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail
        self.errors = tuple(errors)
        self.extra = extra


class BadRequest(Refusal):
    """The request could not be read at all."""

    status = 400
    title = "The request could not be read"


class Unauthorized(Refusal):
    """Nobody, or nobody any more, is signed in."""

    status = 401
    title = "Authentication is needed"


class Forbidden(Refusal):
    """Known, but not allowed to do this."""

    status = 403
    title = "Not allowed"


class NotFound(Refusal):
    """There is no such thing, or it belongs to somebody else; the two are never told apart."""

    status = 404
    title = "Not found"

    def __init__(self, code: str = "not_found", detail: str = "There is no such thing here.") -> None:
        super().__init__(code, detail)


class NotYet(NotFound):
    """It is being made, and will be here without anybody doing anything."""

    retryable = True
    _COME_AGAIN_S = 30

    def __init__(self, code: str, detail: str, **extra: Any) -> None:
        super().__init__(code, detail)
        self.extra = {"retry_after_s": self._COME_AGAIN_S, **extra}


class Conflict(Refusal):
    """The state of the world forbids it now: too few points, sold out, the same key with another body."""

    status = 409
    title = "Conflict"


class NotNow(Conflict):
    """Something that is under way forbids it; the same request goes on as soon as that is over."""

    retryable = True


class Gone(Refusal):
    """It was here and is kept no longer; who asks has to begin anew."""

    status = 410
    title = "No longer kept"


class PreconditionFailed(Refusal):
    """The caller wanted a change only while the thing was as it had seen it, and it no longer is."""

    status = 412
    title = "Changed in between"


class Invalid(Refusal):
    """The request was read, but its content is wrong; `errors` names every field."""

    status = 422
    title = "The content is not valid"


class TooMany(Refusal):
    """Too many requests; `extra["retry_after_s"]` says when to come again."""

    status = 429
    title = "Too many requests"
    retryable = True


class Unavailable(Refusal):
    """Something we depend on does not answer now."""

    status = 503
    title = "Temporarily unavailable"
    retryable = True
