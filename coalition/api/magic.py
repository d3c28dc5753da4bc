"""Magic values of test mode: a number that begins with `magic.` makes the API refuse, fail, wait or lose its answer.

They stand where a partner's own number stands (`external_id`, an identifier's value, a part of the path, a query's
value, the Idempotency-Key) and work for clients of test mode alone; to all others they are numbers like any.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from threading import Lock
from typing import Any, NoReturn

from flask import Flask, Response, abort, g, request

from coalition import access, sandbox
from coalition.api.docs import origins
from coalition.api.error_codes import CODES
from coalition.kernel.db import transact
from coalition.kernel.errors import BadRequest, Invalid, TooMany, Unavailable
from coalition.kernel.idempotency import REPLAYED
from coalition.kernel.web import api, problem
from coalition.kernel.web.api import Caller
from coalition.kernel.web.json_body import parse_object

PREFIX = "magic."
_WORD = re.compile(r"magic\.([a-z0-9_]+)(?:\..*)?", re.DOTALL)
_DELAY = re.compile(r"delay_([1-5])s")
_FAILING = re.compile(r"fail_([1-9])x")
_LOST = "lost_answer"
_AGAIN_S = 1
_FACTS: Mapping[str, Mapping[str, Any]] = {
    "insufficient_points": {"available": 0}
}  # what the real refusal adds, as a client reads it
_waiting = Lock()  # one request of a process waits at a time: its threads are for everybody, live ones above all


def init_app(app: Flask) -> None:
    """Look at what clients of test mode send, and lose the answers that they ask us to lose."""
    api.look_first(app, obey)
    app.after_request(_lose)


def obey(caller: Caller) -> None:
    """Do what a magic value of a test client asks for; nothing for others, and for requests without one."""
    if not caller.client_id.startswith(access.TEST_CLIENT):
        return
    for value in _values():
        if found := _WORD.fullmatch(value):
            _do(caller, found[1], value)
            return


def _do(caller: Caller, word: str, value: str) -> None:
    if delay := _DELAY.fullmatch(word):
        _wait(int(delay[1]))
    elif failing := _FAILING.fullmatch(word):
        if transact(lambda: sandbox.attempt(caller.id, value)) <= int(failing[1]):
            raise Unavailable("unavailable", "Test mode fails here as it was asked to.", retry_after_s=_AGAIN_S)
    elif word == _LOST:
        g.answer_is_lost = True
    elif word in CODES:
        _refuse(word)
    else:
        raise Invalid("unknown_magic", f"Test mode knows no {PREFIX}{word}; see /api/docs/testing.")


def _wait(seconds: int) -> None:
    if not _waiting.acquire(blocking=False):
        raise Unavailable("unavailable", "Another request waits in test mode already.", retry_after_s=_AGAIN_S)
    try:
        time.sleep(seconds)
    finally:
        _waiting.release()


def _refuse(code: str) -> NoReturn:
    """The refusal that the product itself makes with this code; of the facts that it would add those that clients read.

    One that may be tried again says when.
    """
    status, found = origins.statuses(code)[0], origins.kinds(code)
    kind = found[0] if found else TooMany if status == TooMany.status else None
    if kind:
        if kind.retryable:
            raise kind(code, CODES[code], retry_after_s=_AGAIN_S)
        raise kind(code, CODES[code], **_FACTS.get(code, {}))
    abort(problem.answer(status, code, "Provoked in test mode", CODES[code], retryable=status >= 500))


def _lose(response: Response) -> Response:
    """The work is done, and its answer does not come; who asks again gets it, for then it is a replay."""
    if not g.pop("answer_is_lost", False) or response.status_code >= 300 or REPLAYED in response.headers:
        return response
    lost = problem.answer(503, "unavailable", Unavailable.title, "Test mode has lost the answer.", retryable=True)
    lost.headers["Retry-After"] = str(_AGAIN_S)
    return lost


def _values() -> Iterator[str]:
    """Where a number of the partner's may stand, in the order in which we look."""
    yield from (value for value in (request.view_args or {}).values() if isinstance(value, str))
    yield from request.args.values()
    yield request.headers.get("Idempotency-Key", "")
    if request.is_json and b'"magic.' in (body := request.get_data(cache=True)):
        yield from _of_body(body)


def _of_body(body: bytes) -> Iterator[str]:
    try:
        content = parse_object(body)
    except (BadRequest, Invalid):
        return  # the view says what is wrong with it
    member = content.get("member")
    presented = member.get("value") if isinstance(member, dict) else None
    named = [content.get("external_id"), content.get("value"), presented]
    yield from (value for value in named if isinstance(value, str))
