"""`Idempotency-Key` for any API POST: the same key and body gets the stored answer, whatever happened in between.

The key's row is written in the transaction of the effect, so there is no state "half done": a second request with the
same key waits for the first, at most two seconds. Refusals are not stored; nothing was changed by them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import psycopg
from flask import Response, request

from coalition.kernel import clock, crash
from coalition.kernel.db import at_end, hot, raw, transact
from coalition.kernel.errors import FieldError, Invalid, NotNow
from coalition.kernel.web.api import caller

_MAX_KEY = 255
REPLAYED = "Idempotency-Replayed"
# Whoever else has the key is waited for two seconds; so is every lock of this transaction from here on.
_CLAIM = """
    INSERT INTO idempotency (client_id, key, request_hash)
    SELECT %(client)s, %(key)s, %(hash)s FROM set_config('lock_timeout', '2s', true) ON CONFLICT DO NOTHING"""
# An answer is kept as a text within JSON: what is said again is then the same to the byte.
_FINISH = (
    "UPDATE idempotency SET status = %(status)s, body = to_jsonb(%(body)s::text)"
    " WHERE client_id = %(client)s AND key = %(key)s"
)
_NOBODY = 0  # of all clients the id that none has
_KEEP = (
    "INSERT INTO idempotency (client_id, key, request_hash, status, body)"
    " VALUES (%(client)s, %(key)s, %(hash)s, %(status)s, to_jsonb(%(body)s::text)) ON CONFLICT DO NOTHING"
)
_READ = "SELECT request_hash, status, body #>> '{}' FROM idempotency WHERE client_id = %(client)s AND key = %(key)s"


@dataclass(frozen=True)
class Answer:
    """What a POST answers (instants as they are); `replayed` says that its business key had already been used.

    `kept` is what a replay answers instead, where the body holds a secret that is shown once. `written` is a body that
    was written before and is said again as it was.
    """

    body: dict[str, Any]
    status: int = 201
    replayed: bool = False
    kept: dict[str, Any] | None = None
    written: str | None = None

    @cached_property
    def text(self) -> str:
        """The body as JSON."""
        if self.written is not None:
            return self.written
        return json.dumps(self.body, ensure_ascii=False, default=clock.written)


def transact_once(work: Callable[[], Answer], *, content: bytes | None = None) -> Response:
    """Run a POST's `work` in one transaction, once per Idempotency-Key if the request carries one.

    `content` stands for a body that was streamed away. Raises Invalid for a key that came with another request,
    NotNow while the first request has not ended.
    """
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return _response(transact(work))
    if not 1 <= len(key) <= _MAX_KEY:
        problem = FieldError("", "bad_idempotency_key", f"Idempotency-Key has 1 to {_MAX_KEY} characters.")
        raise Invalid("invalid", "The Idempotency-Key cannot be used.", [problem])
    return _response(transact(lambda: _once(key, work, content)))


def first_told(key: str, body: dict[str, Any], *, replayed: bool) -> dict[str, Any]:
    """What was first answered under a business key, for who sends the same again later, when it has gone on since.

    `body` is what is so now: it is kept if this is the first time, and answered once the first answer is forgotten.
    """
    params = {"client": _NOBODY, "key": key, "hash": b"", "status": 201}
    if not replayed:
        raw().execute(_KEEP, {**params, "body": json.dumps(body, ensure_ascii=False)})
        return body
    row = raw().execute(_READ, params).fetchone()
    return body if row is None else dict(json.loads(row[2]))


def forget(client_ids: Collection[int]) -> int:
    """Forget every key of these clients, because the world that it answered from is gone; how many there were."""
    sql = "DELETE FROM idempotency WHERE client_id = ANY(%(clients)s)"
    return raw().execute(sql, {"clients": list(client_ids)}).rowcount


def request_hash(content: Any) -> bytes:
    """SHA-256 of a canonical form of a request's content: equal for equal bodies, whatever their spelling."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).digest()


def _once(key: str, work: Callable[[], Answer], content: bytes | None) -> Answer:
    params = {"client": caller().id, "key": _own(key), "hash": _fingerprint(content)}
    if not _claim(params):
        return _stored(params)
    crash.point("after_idem_insert")
    answer = work()
    kept = answer.text if answer.kept is None else json.dumps(answer.kept, ensure_ascii=False)
    at_end(_FINISH, params | {"status": answer.status, "body": kept})
    return answer


def _own(key: str) -> str:
    """The key as it is kept: an app has one client for all members, and one member's key is no other's."""
    subject = caller().subject
    return f"{subject} {key}" if subject else key


def _claim(params: dict[str, Any]) -> bool:
    """Whether the key is new. Raises NotNow while a request that has it is still running."""
    try:
        return hot(_CLAIM, params).rowcount == 1
    except psycopg.errors.LockNotAvailable as error:
        raise NotNow("idempotency_key_in_flight", "The first request with this key is still running.") from error


def _stored(params: dict[str, Any]) -> Answer:
    request_hash, status, written = raw().execute(_READ, params).fetchone() or (b"", 0, "{}")
    if bytes(request_hash) != params["hash"]:
        raise Invalid("idempotency_key_reused", "This Idempotency-Key was used with another request.")
    return Answer({}, status, replayed=True, written=written)


def _fingerprint(content: bytes | None) -> bytes:
    body = request.get_data(cache=True) if content is None else content
    return hashlib.sha256(f"{request.method} {request.full_path}\n".encode() + body).digest()


def _response(answer: Answer) -> Response:
    response = Response(answer.text, answer.status, content_type="application/json")
    if answer.replayed:
        response.headers[REPLAYED] = "true"
    return response
